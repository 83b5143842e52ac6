#include "pipeline/items/llava_bench_context.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

/// "val2014/COCO_val2014_000000000042.jpg" -> "000000000042".
std::string stem(const std::string& image) {
  std::string out = std::filesystem::path(image).stem().string();
  constexpr std::string_view kPrefix = "COCO_val2014_";
  if (out.starts_with(kPrefix)) out.erase(0, kPrefix.size());
  return out;
}

std::string lines_of(const Json& object, const char* field, const std::string& where) {
  const Json& value = json_at(object, field, where);
  if (value.is_string()) return value.get<std::string>();
  std::vector<std::string> lines;
  for (const Json& line : value) {
    if (value.is_array() && line.is_string()) lines.push_back(line.get<std::string>());
  }
  if (!value.is_array() || value.empty() || lines.size() != value.size()) {
    fail(where, ": field '", field, "' is ", excerpt(value.dump()),
         ", expected text or a list of texts");
  }
  return join(lines, "\n");
}

/// "cup: [0.1, 0.2, 0.3, 0.4]"
std::string box_line(const Json& instance, const std::string& where) {
  const Json& box = json_at(instance, "bbox", where);
  std::vector<std::string> corners;
  for (const Json& corner : box) {
    const bool fraction =
        corner.is_number() && corner.get<double>() >= 0 && corner.get<double>() <= 1;
    if (fraction) corners.push_back(corner.dump());
  }
  if (!box.is_array() || box.size() != 4 || corners.size() != 4) {
    fail(where, ": field 'bbox' is ", excerpt(box.dump()),
         ", expected four corners as fractions 0..1 of width and height");
  }
  return concat(json_text(instance, "category", where), ": [", join(corners, ", "), "]");
}

std::string coco_context(const Json& line, const std::string& where) {
  std::string out = lines_of(line, "captions", where);
  const Json& instances = json_at(line, "instances", where);
  if (!instances.is_array()) {
    fail(where, ": field 'instances' is ", excerpt(instances.dump()), ", expected a list");
  }
  std::vector<std::string> boxes;
  for (const Json& instance : instances) {
    boxes.push_back(box_line(instance, concat(where, ": instances[", boxes.size(), "]")));
  }
  return out + "\n\n" + join(boxes, "\n");
}

}  // namespace

void LlavaBenchContext::read(const std::filesystem::path& path) {
  file_ = path.string();
  for (const JsonRow& row : read_json_rows(path)) {
    const Json& line = row.value;
    const bool coco = line.contains("captions");
    const std::string key = stem(line.contains("image") ? json_text(line, "image", row.where)
                                                        : json_id(line, "id", row.where));
    Json fields = parse_json(other_fields(line, {"id", "image"}), row.where);
    fields["context"] = coco ? coco_context(line, row.where) : lines_of(line, "caption", row.where);
    const auto [entry, fresh] = by_image_.emplace(key, Entry{std::move(fields), row.where});
    if (!fresh) {
      fail(row.where, ": image '", excerpt(key), "' was there before, at ", entry->second.where);
    }
    coco_ |= coco;
  }
}

const Json& LlavaBenchContext::of(const std::string& image, const std::string& where) const {
  const auto found = by_image_.find(stem(image));
  if (found == by_image_.end()) {
    fail(where, ": image '", excerpt(image), "' has no line in ", file_);
  }
  return found->second.fields;
}

void LlavaBenchReferences::read(const std::filesystem::path& path,
                                const RowErrorHandler& on_error) {
  file_ = path.string();
  for (const JsonRow& row : read_json_rows(path, on_error)) {
    try {
      const std::string id = json_id(row.value, "question_id", row.where);
      Entry entry{json_text(row.value, "text", row.where), "", row.where, false};
      if (row.value.contains("category")) {
        entry.category = json_text(row.value, "category", row.where);
      }
      if (trim(entry.text).empty()) fail(row.where, ": field 'text' is empty");
      const auto [before, fresh] = by_id_.emplace(id, std::move(entry));
      if (!fresh) {
        fail(row.where, ": question_id '", excerpt(id), "' was there before, at ",
             before->second.where);
      }
    } catch (const Error& error) {
      if (!on_error) throw;
      on_error(error);
    }
  }
}

const std::string& LlavaBenchReferences::take(const std::string& question_id,
                                              const std::string& category,
                                              const std::string& where) {
  const auto found = by_id_.find(question_id);
  if (found == by_id_.end()) {
    fail(where, ": question_id '", excerpt(question_id), "' has no answer in ", file_);
  }
  Entry& entry = found->second;
  entry.taken = true;
  if (!entry.category.empty() && entry.category != category) {
    fail(where, ": field 'category' is '", excerpt(category), "', but ", entry.where, " has '",
         excerpt(entry.category), "'");
  }
  return entry.text;
}

std::vector<std::string> LlavaBenchReferences::untaken() const {
  std::vector<std::string> out;
  for (const auto& [id, entry] : by_id_) {
    if (!entry.taken) out.push_back(concat(entry.where, ": question_id '", excerpt(id), "'"));
  }
  return out;
}

}  // namespace vrp
