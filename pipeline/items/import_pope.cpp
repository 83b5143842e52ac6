#include <algorithm>
#include <map>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/pope_regions.hpp"

namespace vrp {
namespace {

constexpr std::string_view kShortAnswer = "\nAnswer the question using a single word or phrase.";
constexpr std::size_t kPublishedRows = 3000;

/// output/coco/ of https://github.com/AoiDragon/POPE at commit 08d957b.
const std::map<std::string, std::string>& published_sha256() {
  static const std::map<std::string, std::string> kFiles = {
      {"420b3407db1fa9f1187a805dca41cb7b97fd91504e6c2179706188c107fb8ef8", "adversarial"},
      {"72c1a8ad45d0c13514f5f22598261df41d3b533854d29682e924db50ed8aa753", "popular"},
      {"ac25245170b975a5bdf9080b23fd431dfe6be458bc038259c1f4f09a6bef7994", "random"}};
  return kFiles;
}

bool is_split(const std::string& name) {
  return name == "adversarial" || name == "popular" || name == "random";
}

/// Labels of a merged file by (split, image, question).
using Labels = std::map<std::string, std::string>;

std::string label_key(const std::string& split, const std::string& image,
                      const std::string& question) {
  return split + '\n' + image + '\n' + question;
}

std::string yes_or_no(const Json& object, const std::string& where, bool capitals) {
  const std::string label = json_text(object, "label", where);
  const std::string yes = capitals ? "Yes" : "yes", no = capitals ? "No" : "no";
  if (label != yes && label != no) {
    fail(where, ": field 'label' is '", excerpt(label), "', expected ", yes, " or ", no);
  }
  return to_lower_ascii(label);
}

class PopeImporter {
 public:
  PopeImporter(const ImportOptions& options, const PopeOptions& pope)
      : options_(options),
        pope_(pope),
        builder_(options, options.name.empty() ? "pope" : options.name) {}

  Imported run() {
    const auto rows = read_json_rows(options_.annotations, builder_.on_error());
    const auto has = [&](const char* field) {
      return std::any_of(rows.begin(), rows.end(),
                         [&](const JsonRow& row) { return row.value.contains(field); });
    };
    version2_ = has("image_name") && !has("image");
    merged_ = !version2_ && has("category");
    read_labels();
    file_split_ = options_.split.empty() ? pope_split_of(options_.annotations) : options_.split;
    if (file_split_.empty()) file_split_ = "test";
    if (merged_ && !options_.split.empty() && !is_split(options_.split)) {
      fail_usage("--split ", options_.split,
                 ": a merged POPE file has adversarial, popular and random");
    }
    for (std::size_t i = 0; i < rows.size(); ++i) read_row(rows[i], i);
    if (builder_.table().size() == 0) fail(options_.annotations.string(), ": no row is left");
    record_facts(rows.size());
    if (!pope_.instances.empty()) add_pope_regions(builder_, pope_.instances);
    return builder_.finish(table_name(), "yes_no");
  }

 private:
  void read_labels() {
    for (const auto& path : pope_.labels) {
      const std::string split = pope_split_of(path);
      if (split.empty()) {
        fail(path.string(), ": its name says none of adversarial, popular, random");
      }
      for (const JsonRow& row : read_json_rows(path)) {
        const std::string key = label_key(split, json_text(row.value, "image", row.where),
                                          json_text(row.value, "text", row.where));
        labels_[key] = yes_or_no(row.value, row.where, false);
      }
      builder_.record_source("labels_" + split, path);
    }
  }

  void read_row(const JsonRow& row, std::size_t index) {
    const auto hint = row.value.find("question_id");
    const bool elsewhere = merged_ && !options_.split.empty() && row.value.contains("category") &&
                           row.value["category"] != options_.split;
    if (elsewhere) return;
    builder_.add(hint == row.value.end() ? std::to_string(index + 1) : hint->dump(),
                 [&] { return version2_ ? version2_row(row, index) : published_row(row); });
  }

  SourceRow published_row(const JsonRow& row) {
    const Json& object = row.value;
    SourceRow out;
    out.where = row.where;
    out.id = json_id(object, "question_id", row.where);
    out.image = json_text(object, "image", row.where);
    out.question = json_text(object, "text", row.where);
    out.split = file_split_;
    if (merged_) {
      out.split = json_text(object, "category", row.where);
      if (!is_split(out.split)) {
        fail(row.where, ": field 'category' is '", excerpt(out.split),
             "', expected adversarial, popular or random");
      }
      if (const auto [seen, fresh] = merged_ids_.emplace(out.id, row.where); !fresh) {
        fail(row.where, ": question_id '", excerpt(out.id), "' was there before, at ", seen->second,
             "; ids of a merged file are unique over its splits");
      }
    }
    if (out.question.ends_with(kShortAnswer)) {
      out.question.resize(out.question.size() - kShortAnswer.size());
      ++suffixes_;
    }
    out.answer = label_of(row, out);
    describe(out, object, {"question_id", "image", "text", "label", "category"});
    return out;
  }

  std::string label_of(const JsonRow& row, const SourceRow& item) const {
    if (row.value.contains("label") || labels_.empty()) {
      if (merged_ && !row.value.contains("label")) {
        fail(row.where, ": field 'label' is missing; --labels names the split files that have it");
      }
      return yes_or_no(row.value, row.where, false);
    }
    const auto found = labels_.find(label_key(item.split, item.image, item.question));
    if (found == labels_.end()) {
      fail(row.where, ": no label for image '", excerpt(item.image), "' and question '",
           excerpt(item.question), "' in the ", item.split, " file of --labels");
    }
    return found->second;
  }

  /// {"image_id", "image_name": "/images/…", "target_object", "query", "label"}: numbered from 1.
  SourceRow version2_row(const JsonRow& row, std::size_t index) {
    SourceRow out;
    out.where = row.where;
    out.id = std::to_string(index + 1);
    out.split = file_split_;
    out.image = json_text(row.value, "image_name", row.where);
    if (out.image.starts_with("/images/")) out.image.erase(0, 8);
    out.question = json_text(row.value, "query", row.where);
    out.answer = yes_or_no(row.value, row.where, true);
    describe(out, row.value, {"image_name", "query", "label"});
    out.type = json_text(row.value, "target_object", row.where);
    return out;
  }

  void describe(SourceRow& out, const Json& object, const std::vector<std::string>& known) {
    out.type = pope_category(out.question);
    if (out.type.empty()) {
      out.type = "other";
      other_questions_ += version2_ ? 0 : 1;
    }
    if (coco_split(out.image) != "val2014") ++other_images_;
    out.metadata = other_fields(object, known);
  }

  std::string table_name() const {
    if (!options_.name.empty()) return options_.name;
    const std::set<std::string> splits(builder_.splits().begin(), builder_.splits().end());
    return splits.size() == 1 ? "pope_" + *splits.begin() : "pope";
  }

  void record_facts(std::size_t rows) {
    ItemTable& table = builder_.table();
    const std::string sha256 = builder_.record_source("source", options_.annotations);
    table.facts["importer"] = "pope@1";
    table.facts["format"] = version2_ ? "POPEv2" : merged_ ? "POPE, merged" : "POPE";
    table.facts["source_rows"] = std::to_string(rows);
    const auto published = published_sha256().find(sha256);
    table.facts["published"] = published == published_sha256().end()
                                   ? "no"
                                   : "coco_pope_" + published->second + ".json, commit 08d957b";
    if (published == published_sha256().end() && !version2_) {
      builder_.warn(concat("not one of the published COCO POPE files (SHA-256 ", sha256, ")"));
    }
    if (!merged_ && !version2_ && rows != kPublishedRows) {
      builder_.warn(concat(rows, " rows, the published files have ", kPublishedRows,
                           rows == 2910 ? " (an older copy of the random split)" : ""));
    }
    const auto yes = std::count(table.answer.begin(), table.answer.end(), "yes");
    if (2 * yes != static_cast<std::ptrdiff_t>(table.size())) {
      builder_.warn(concat(yes, " of ", table.size(), " labels are yes, not half"));
    }
    if (other_images_ > 0) {
      builder_.warn(concat(other_images_, " image names are not COCO_val2014_<12 digits>.jpg"));
    }
    if (other_questions_ > 0) {
      builder_.warn(concat(other_questions_,
                           " questions are not 'Is there a ... in the image?'; type 'other'"));
    }
    if (suffixes_ > 0) {
      table.facts["short_answer_line_removed"] = std::to_string(suffixes_);
      builder_.warn(concat(suffixes_, " questions ended in the short-answer line, taken off"));
    }
  }

  const ImportOptions& options_;
  const PopeOptions& pope_;
  TableBuilder builder_;
  bool version2_ = false, merged_ = false;
  std::string file_split_;
  Labels labels_;
  std::map<std::string, std::string> merged_ids_;
  std::size_t other_images_ = 0, other_questions_ = 0, suffixes_ = 0;
};

}  // namespace

Imported import_pope(const ImportOptions& options, const PopeOptions& pope) {
  return PopeImporter(options, pope).run();
}

}  // namespace vrp
