#include "pipeline/items/table_builder.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {

TableBuilder::TableBuilder(const ImportOptions& options, std::string benchmark)
    : options_(options), benchmark_(std::move(benchmark)), images_(options.images) {
  for (const std::string* part : {&benchmark_, &options_.split}) {
    if (part->find('/') != std::string::npos) {
      fail_usage("'", *part, "' cannot be part of an item key: it has a '/'");
    }
  }
  if (!std::filesystem::is_directory(options_.images)) {
    fail(options_.images.string(), ": is not a folder; --images names the folder of the images");
  }
}

RowErrorHandler TableBuilder::on_error() {
  if (!options_.skip_bad_rows) return {};
  return [this](const Error& error) {
    out_.skipped.emplace_back(error.what());
    skipped_ids_.emplace_back("");
  };
}

void TableBuilder::add(const std::string& id_hint, const std::function<SourceRow()>& make) {
  try {
    append(make());
  } catch (const Error& error) {
    if (!options_.skip_bad_rows || error.code() != ExitCode::bad_input) throw;
    out_.skipped.emplace_back(error.what());
    skipped_ids_.push_back(id_hint);
  }
}

void TableBuilder::append(SourceRow row) {
  if (row.split.find('/') != std::string::npos) {
    fail(row.where, ": split '", excerpt(row.split), "' has a '/'");
  }
  if (trim(row.question).empty()) fail(row.where, ": the question is empty");
  const std::string key = concat(benchmark_, "/", row.split, "/", row.id);
  if (const auto seen = keys_.find(key); seen != keys_.end()) {
    fail(row.where, ": question id '", excerpt(row.id), "' of split '", row.split,
         "' was there before, at ", seen->second);
  }
  const ImageFolder::Found& image = images_.find(row.image, row.where);
  const std::string pair = row.split + '\n' + image.name + '\n' + row.question;
  if (const auto seen = pairs_.find(pair); seen != pairs_.end() && !options_.allow_duplicates) {
    fail(row.where, ": image '", excerpt(row.image), "' with question '", excerpt(row.question),
         "' was there before, at ", seen->second, "; --allow-duplicates accepts that");
  }
  keys_.emplace(key, row.where);
  pairs_.emplace(pair, row.where);
  ItemTable& t = out_.table;
  t.key.push_back(key);
  t.id.push_back(std::move(row.id));
  t.group.push_back(image_group(image.name));
  t.image.push_back(image.name);
  t.image_hash.push_back(image.hash);
  t.question.push_back(std::move(row.question));
  t.answer.push_back(std::move(row.answer));
  t.answers.push_back(std::move(row.answers));
  t.choices.push_back(std::move(row.choices));
  t.hint.push_back(std::move(row.hint));
  t.type.push_back(std::move(row.type));
  t.regions.push_back(std::move(row.regions));
  t.metadata.push_back(std::move(row.metadata));
  splits_.push_back(std::move(row.split));
}

std::string TableBuilder::record_source(const std::string& prefix,
                                        const std::filesystem::path& path) {
  const FileHashes hashes = hash_file_both(path);
  auto& facts = out_.table.facts;
  facts[prefix] = path.filename().string();
  facts[prefix + "_sha256"] = hashes.sha256;
  facts[prefix + "_bytes"] = std::to_string(hashes.bytes);
  return hashes.sha256;
}

Imported TableBuilder::finish(const std::string& name, const std::string& kind) {
  ItemTable& t = out_.table;
  t.benchmark = name;
  t.kind = kind;
  t.scorers = default_scorers(kind);
  t.image_root = options_.images;
  t.facts["rows"] = std::to_string(t.size());
  t.facts["images"] = std::to_string(images_.images());
  t.facts["skipped"] = std::to_string(out_.skipped.size());
  if (!out_.skipped.empty()) {
    t.facts["skipped_ids"] = Json(skipped_ids_).dump();
    t.facts["skipped_reasons"] = Json(out_.skipped).dump();
  }
  check(t, options_.allow_duplicates);
  return std::move(out_);
}

}  // namespace vrp
