#pragma once
// The SAX handler behind read_coco_instances and read_coco_polygons.
#include <functional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// The fields of one element of images, categories or annotations; those that the section does
/// not have stay unset.
struct CocoElement {
  std::int64_t index = 0;
  std::uint32_t present = 0;  ///< bit per field, see kCocoFields
  std::int64_t id = 0, image_id = 0, category_id = 0, width = 0, height = 0, iscrowd = 0;
  double area = 0;
  std::string file_name, name;
  std::vector<double> bbox;
  std::vector<std::vector<double>> polygons;
};

enum class CocoSection { none, images, categories, annotations };

/// Calls `on_element` at the end of every element of the three sections. Unknown fields and
/// sections are passed over. Error on a field of the wrong type or missing, malformed JSON,
/// nesting over 200.
class CocoSax : public nlohmann::json_sax<Json> {
 public:
  using OnElement = std::function<void(CocoSection, CocoElement&)>;
  CocoSax(std::string file, bool polygons, OnElement on_element)
      : file_(std::move(file)), keep_polygons_(polygons), on_element_(std::move(on_element)) {}

  bool null() override { return scalar("null"); }
  bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override;
  bool number_unsigned(number_unsigned_t value) override;
  bool number_float(number_float_t value, const string_t& text) override;
  bool string(string_t& value) override;
  bool binary(binary_t&) override { return scalar("binary"); }
  bool start_object(std::size_t) override;
  bool key(string_t& name) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override;

  bool saw(CocoSection section) const { return (seen_ & (1u << static_cast<int>(section))) != 0; }
  std::string where() const;  ///< "FILE: annotations[17]"

 private:
  void enter(const char* what);
  bool number(double value, bool integer, std::int64_t whole, const std::string& text);
  bool scalar(const std::string& text);  ///< a value that no known field can have
  [[noreturn]] void wrong(const std::string& found) const;
  bool in_element() const { return depth_ == 3 && section_ != CocoSection::none; }

  std::string file_;
  bool keep_polygons_;
  OnElement on_element_;
  int depth_ = 0;  ///< open objects and arrays
  CocoSection section_ = CocoSection::none;
  std::string top_key_;
  int field_ = -1;           ///< index into kCocoFields while inside an element
  bool run_length_ = false;  ///< inside a segmentation object
  std::int64_t next_index_ = 0;
  std::uint32_t seen_ = 0;
  CocoElement element_;
};

}  // namespace vrp
