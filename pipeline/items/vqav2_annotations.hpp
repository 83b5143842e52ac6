#pragma once
// VQAv2's annotations file, held in little memory while the questions are read.
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/items/json_rows.hpp"

namespace vrp {

/// What of an annotation an item needs.
struct Vqav2Annotation {
  std::string image_id;        ///< decimal text
  std::string question_type;   ///< one of 65 texts
  std::string answer_type;     ///< yes/no | number | other
  std::string answer;          ///< multiple_choice_answer
  std::string packed_answers;  ///< ten, see pack() of vqa_answers.hpp
  std::string metadata;        ///< JSON object text: the two types and further fields
  std::string error;           ///< why the annotation cannot be used; "" = it can
};

class Vqav2Annotations {
 public:
  /// Reads the file. Errors of single annotations go to `on_error`, or, where the question id could
  /// be read, wait for their question (error()); without a handler they stop the import.
  void read(const std::filesystem::path& path, const RowErrorHandler& on_error);

  const std::string& data_subtype() const { return data_subtype_; }  ///< "" = not said
  std::size_t size() const { return by_id_.size(); }
  /// The annotation of a question, now taken. Error when there is none, or it was malformed.
  const Vqav2Annotation& take(const std::string& question_id, const std::string& where);
  /// Place and id of annotations that no question took, in file order.
  std::vector<std::string> untaken() const;

 private:
  struct Entry {
    Vqav2Annotation annotation;
    std::size_t index = 0;
    bool taken = false;
  };

  std::string file_, data_subtype_;
  std::unordered_map<std::string, Entry> by_id_;
};

}  // namespace vrp
