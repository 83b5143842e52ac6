#include "pipeline/items/coco_sax.hpp"

#include <array>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

constexpr int kMaxDepth = 200;

enum Field {
  id,
  image_id,
  category_id,
  width,
  height,
  iscrowd,
  area,
  file_name,
  name,
  bbox,
  segmentation
};
enum class Kind { integer, number, text, numbers, polygons };
struct FieldFacts {
  const char* name;
  Kind kind;
  const char* expected;
};
constexpr std::array<FieldFacts, 11> kFields = {
    {{"id", Kind::integer, "an integer"},
     {"image_id", Kind::integer, "an integer"},
     {"category_id", Kind::integer, "an integer"},
     {"width", Kind::integer, "an integer"},
     {"height", Kind::integer, "an integer"},
     {"iscrowd", Kind::integer, "0 or 1"},
     {"area", Kind::number, "a number"},
     {"file_name", Kind::text, "text"},
     {"name", Kind::text, "text"},
     {"bbox", Kind::numbers, "four numbers"},
     {"segmentation", Kind::polygons, "polygons or a run-length object"}}};

const char* section_name(CocoSection section) {
  constexpr const char* kNames[] = {"", "images", "categories", "annotations"};
  return kNames[static_cast<int>(section)];
}

/// The fields that an element of the section must have.
std::vector<Field> required(CocoSection section) {
  switch (section) {
    case CocoSection::images:
      return {id, file_name, width, height};
    case CocoSection::categories:
      return {id, name};
    case CocoSection::annotations:
      return {id, image_id, category_id, bbox, area, iscrowd};
    case CocoSection::none:
      break;
  }
  return {};
}

bool belongs(CocoSection section, Field field) {
  if (section == CocoSection::annotations && field == segmentation) return true;
  for (const Field known : required(section)) {
    if (known == field) return true;
  }
  return false;
}

}  // namespace

std::string CocoSax::where() const {
  return concat(file_, ": ", section_name(section_), "[", element_.index, "]");
}

void CocoSax::wrong(const std::string& found) const {
  if (field_ < 0) fail(where(), ": found ", excerpt(found), ", expected an object");
  const FieldFacts& facts = kFields[static_cast<std::size_t>(field_)];
  fail(where(), ": field '", facts.name, "' is ", excerpt(found), ", expected ", facts.expected);
}

void CocoSax::enter(const char* what) {
  if (depth_ == 0 && *what != '{') fail(file_, ": found an array, expected an object");
  if (depth_ == 1 && section_ != CocoSection::none && *what != '[') {
    fail(file_, ": '", top_key_, "' is an object, expected an array");
  }
  if (++depth_ > kMaxDepth) fail(file_, ": JSON nested deeper than ", kMaxDepth);
}

bool CocoSax::start_object(std::size_t) {
  enter("{");
  if (section_ == CocoSection::none) return true;
  if (depth_ == 3) {
    element_ = CocoElement{};
    element_.index = next_index_++;
    field_ = -1;
  } else if (depth_ == 4 && field_ == segmentation) {
    run_length_ = true;
  } else if (field_ >= 0 && !run_length_) {
    wrong("an object");
  }
  return true;
}

bool CocoSax::key(string_t& text) {
  if (depth_ == 1) {
    top_key_ = text;
    section_ = CocoSection::none;
    for (const auto section :
         {CocoSection::images, CocoSection::categories, CocoSection::annotations}) {
      if (text == section_name(section)) section_ = section;
    }
    seen_ |= 1u << static_cast<int>(section_);
    next_index_ = 0;
  } else if (in_element()) {
    field_ = -1;
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      if (text == kFields[i].name && belongs(section_, static_cast<Field>(i))) {
        field_ = static_cast<int>(i);
        element_.present |= 1u << i;
      }
    }
  }
  return true;
}

bool CocoSax::end_object() {
  if (in_element()) {
    for (const Field field : required(section_)) {
      if ((element_.present & (1u << field)) == 0) {
        fail(where(), ": field '", kFields[field].name, "' is missing");
      }
    }
    on_element_(section_, element_);
    field_ = -1;
  }
  if (depth_ == 4) run_length_ = false;
  --depth_;
  return true;
}

bool CocoSax::start_array(std::size_t) {
  enter("[");
  if (section_ == CocoSection::none || run_length_) return true;
  if (depth_ == 3) {
    element_.index = next_index_;
    field_ = -1;
    wrong("an array");
  }
  if (field_ < 0 || depth_ < 4) return true;
  const Kind kind = kFields[static_cast<std::size_t>(field_)].kind;
  if (depth_ == 4 && kind == Kind::numbers) {
    element_.bbox.clear();
  } else if (depth_ == 4 && kind == Kind::polygons) {
    element_.polygons.clear();
  } else if (depth_ == 5 && kind == Kind::polygons) {
    if (keep_polygons_) element_.polygons.emplace_back();
  } else {
    wrong("an array");
  }
  return true;
}

bool CocoSax::end_array() {
  --depth_;
  return true;
}

bool CocoSax::number(double value, bool integer, std::int64_t whole, const std::string& text) {
  if (section_ == CocoSection::none || run_length_) return scalar(text);
  if (depth_ < 3 || (depth_ >= 3 && field_ < 0)) return scalar(text);
  const Kind kind = kFields[static_cast<std::size_t>(field_)].kind;
  const int expected_depth = kind == Kind::numbers ? 4 : kind == Kind::polygons ? 5 : 3;
  if (depth_ != expected_depth || kind == Kind::text || (kind == Kind::integer && !integer)) {
    wrong(text);
  }
  switch (static_cast<Field>(field_)) {
    case id:
      element_.id = whole;
      break;
    case image_id:
      element_.image_id = whole;
      break;
    case category_id:
      element_.category_id = whole;
      break;
    case width:
      element_.width = whole;
      break;
    case height:
      element_.height = whole;
      break;
    case iscrowd:
      element_.iscrowd = whole;
      break;
    case area:
      element_.area = value;
      break;
    case bbox:
      element_.bbox.push_back(value);
      break;
    case segmentation:
      if (keep_polygons_) element_.polygons.back().push_back(value);
      break;
    case file_name:
    case name:
      break;
  }
  return true;
}

bool CocoSax::number_integer(number_integer_t value) {
  return number(static_cast<double>(value), true, value, std::to_string(value));
}

bool CocoSax::number_unsigned(number_unsigned_t value) {
  if (value > static_cast<number_unsigned_t>(INT64_MAX)) {
    return number(static_cast<double>(value), false, 0, std::to_string(value));
  }
  return number(static_cast<double>(value), true, static_cast<std::int64_t>(value),
                std::to_string(value));
}

bool CocoSax::number_float(number_float_t value, const string_t& text) {
  return number(value, false, 0, text);
}

bool CocoSax::string(string_t& value) {
  if (in_element() && field_ == file_name) {
    element_.file_name = value;
  } else if (in_element() && field_ == name) {
    element_.name = value;
  } else {
    return scalar("'" + value + "'");
  }
  return true;
}

bool CocoSax::scalar(const std::string& text) {
  if (depth_ == 0) fail(file_, ": found ", excerpt(text), ", expected an object");
  if (section_ == CocoSection::none || run_length_) return true;
  if (depth_ == 1) fail(file_, ": '", top_key_, "' is ", excerpt(text), ", expected an array");
  if (depth_ == 2) {
    element_.index = next_index_;
    field_ = -1;
    wrong(text);
  }
  if (field_ >= 0) wrong(text);
  return true;
}

bool CocoSax::parse_error(std::size_t position, const std::string& token,
                          const nlohmann::json::exception& error) {
  const std::string what = error.what();
  const auto colon = what.rfind("; ");
  fail(file_, ": malformed JSON at byte ", position, " near '", excerpt(token), "'",
       section_ == CocoSection::none ? std::string() : concat(", in ", section_name(section_)),
       colon == std::string::npos ? std::string() : concat(": ", what.substr(colon + 2)));
}

}  // namespace vrp
