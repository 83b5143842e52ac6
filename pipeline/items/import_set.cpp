#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/image_folder.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/normalise.hpp"
#include "pipeline/items/scorer.hpp"

namespace vrp {
namespace {

/// The counted noun of "How many cups are in the image?", or "other".
std::string counted_noun(const std::string& question) {
  constexpr std::string_view kStart = "How many ";
  const auto end = question.find(" are ");
  if (!question.starts_with(kStart) || end == std::string::npos || end < kStart.size()) {
    return "other";
  }
  return question.substr(kStart.size(), end - kStart.size());
}

/// The relation a spatial question asks for; "left/right" or "above/below" of the open form.
std::string asked_relation(const std::string& question) {
  std::vector<std::string> found;
  for (const auto& word : split_white_space(norm(question))) {
    if (is_reference_of("relation", word) &&
        std::find(found.begin(), found.end(), word) == found.end()) {
      found.push_back(word);
    }
  }
  if (found.size() == 1) return found.front();
  if (found.size() != 2) return "other";
  std::sort(found.begin(), found.end());
  return join(found, "/");
}

double number_in(const Json& value, const std::string& what, const std::string& where) {
  if (!value.is_number()) {
    fail(where, ": ", what, " is ", excerpt(value.dump()), ", expected a number");
  }
  return value.get<double>();
}

const Json& list_in(const Json& object, const char* field, const std::string& where) {
  const Json& list = json_at(object, field, where);
  if (!list.is_array()) {
    fail(where, ": field '", field, "' is ", excerpt(list.dump()), ", expected a list");
  }
  return list;
}

/// objects: [{category, annotation_ids, boxes, polygons?}], one region per annotation.
std::vector<Region> read_objects(const Json& object, const std::string& where) {
  std::vector<Region> out;
  if (!object.contains("objects")) return out;
  const Json& objects = list_in(object, "objects", where);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const std::string here = concat(where, ": objects[", i, "]");
    const std::string category = json_text(objects[i], "category", here);
    const Json& ids = list_in(objects[i], "annotation_ids", here);
    const Json& boxes = list_in(objects[i], "boxes", here);
    const Json none = Json::array();
    const Json& outlines =
        objects[i].contains("polygons") ? list_in(objects[i], "polygons", here) : none;
    if (boxes.size() != ids.size() || (!outlines.empty() && outlines.size() != ids.size())) {
      fail(here, ": ", ids.size(), " annotation_ids, ", boxes.size(), " boxes and ",
           outlines.size(), " polygons, expected as many of each");
    }
    for (std::size_t k = 0; k < ids.size(); ++k) {
      if (!ids[k].is_number_integer() || !boxes[k].is_array() || boxes[k].size() != 4) {
        fail(here, ": annotation ", excerpt(ids[k].dump()), " with box ", excerpt(boxes[k].dump()),
             ", expected an id and x, y, width, height");
      }
      Region region{category, ids[k].get<std::int64_t>(), {}, {}};
      for (std::size_t side = 0; side < 4; ++side) {
        region.box[side] = number_in(boxes[k][side], "a side of a box", here);
      }
      const Json& rings = outlines.empty() ? none : outlines[k];
      for (const Json& ring : rings) {
        region.polygons.emplace_back();
        for (const Json& value : ring) {
          region.polygons.back().push_back(number_in(value, "a polygon's coordinate", here));
        }
      }
      out.push_back(std::move(region));
    }
  }
  return out;
}

class SetImporter {
 public:
  SetImporter(const ImportOptions& options, const std::string& family)
      : options_(options),
        family_(family),
        name_(options.name.empty() ? family : options.name),
        split_(options.split.empty() ? "coco" : options.split),
        builder_(options, name_) {}

  TableBuilder& builder() { return builder_; }

  Imported run(const std::vector<JsonRow>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Json& object = rows[i].value;
      const auto hint = object.find("image_id");
      builder_.add(hint == object.end() ? "" : hint->dump(), [&] { return read_row(rows[i], i); });
    }
    if (builder_.table().size() == 0) fail(options_.annotations.string(), ": no row is left");
    builder_.table().facts["importer"] = family_ + "@1";
    builder_.table().facts["source_rows"] = std::to_string(rows.size());
    return builder_.finish(name_, kind_);
  }

 private:
  SourceRow read_row(const JsonRow& row, std::size_t index) {
    const Json& object = row.value;
    SourceRow out;
    out.where = row.where;
    out.split = split_;
    out.image = set_image_name(object, row.where);
    out.question = json_text(object, "question", row.where);
    out.id = object.contains("question_id") ? json_id(object, "question_id", row.where)
                                            : std::to_string(index + 1);
    const Json& answer = json_at(object, "answer", row.where);
    if (!answer.is_string() && !answer.is_number_integer()) {
      fail(row.where, ": field 'answer' is ", excerpt(answer.dump()),
           ", expected text or an integer");
    }
    out.answer =
        answer.is_string() ? trim(to_lower_ascii(answer.get<std::string>())) : answer.dump();
    check_answer(out.answer, row.where);
    if (object.contains("type")) {
      out.type = json_text(object, "type", row.where);
    } else {
      out.type = family_ == "counting" ? counted_noun(out.question) : asked_relation(out.question);
    }
    out.regions = read_objects(object, row.where);
    out.metadata = other_fields(object, {"image_id", "question", "question_id", "answer", "type",
                                         "objects", "boxes", "annotation_ids"});
    return out;
  }

  /// Counting: integers. Spatial: yes/no, or relation words, one kind in all rows.
  void check_answer(const std::string& answer, const std::string& where) {
    if (family_ == "counting") {
      kind_ = "integer";
    } else if (kind_.empty()) {
      kind_ = is_reference_of("relation", answer) ? "relation" : "yes_no";
    }
    if (is_reference_of(kind_, answer)) return;
    fail(where, ": field 'answer' is '", excerpt(answer), "', expected ",
         kind_ == "integer"    ? "a whole number"
         : kind_ == "relation" ? "left, right, above or below"
                               : "yes or no");
  }

  const ImportOptions& options_;
  std::string family_, name_, split_, kind_;
  TableBuilder builder_;
};

}  // namespace

Imported import_set_rows(const ImportOptions& options, const std::string& family,
                         const std::vector<JsonRow>& rows) {
  return SetImporter(options, family).run(rows);
}

Imported import_set(const ImportOptions& options, const std::string& family) {
  SetImporter importer(options, family);
  const auto rows = read_json_rows(options.annotations, importer.builder().on_error());
  importer.builder().record_source("source", options.annotations);
  return importer.run(rows);
}

}  // namespace vrp
