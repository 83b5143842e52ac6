#pragma once
// What stands beside LLaVA-Bench's questions: descriptions of the pictures and reference answers.
#include <filesystem>
#include <map>
#include <string>

#include "pipeline/items/json_rows.hpp"

namespace vrp {

/// Descriptions of pictures for a judge (benchmarks section 3), by image.
class LlavaBenchContext {
 public:
  /// JSON Lines {"id", "image", "caption": text or list} (in the wild) or {"id", "image",
  /// "captions": list, "instances": [{"category", "bbox": [x1, y1, x2, y2]}]} (COCO). Error on a
  /// malformed line or an image that was there before.
  void read(const std::filesystem::path& path);

  /// Whether the lines are those of the COCO version.
  bool coco() const { return coco_; }
  /// {"context": what a judge reads, and the line's fields but id and image}. The context is the
  /// captions, one a line, and for the COCO version an empty line and "category: [x1, y1, x2, y2]"
  /// lines. Images are compared by name without folder, COCO_val2014_ and ending. Error when there
  /// is none.
  const Json& of(const std::string& image, const std::string& where) const;

 private:
  struct Entry {
    Json fields;
    std::string where;
  };
  std::string file_;
  bool coco_ = false;
  std::map<std::string, Entry> by_image_;
};

/// The reference answers (GPT-4's) by question id.
class LlavaBenchReferences {
 public:
  /// JSON Lines {"question_id", "text", "category"}. Error on a malformed line, an empty text or a
  /// question that was there before; with a handler these go to it.
  void read(const std::filesystem::path& path, const RowErrorHandler& on_error);

  /// The answer to a question, now taken. Error when there is none, or when it names another
  /// category.
  const std::string& take(const std::string& question_id, const std::string& category,
                          const std::string& where);
  /// Place and id of answers to no question.
  std::vector<std::string> untaken() const;

 private:
  struct Entry {
    std::string text, category, where;
    bool taken = false;
  };
  std::string file_;
  std::map<std::string, Entry> by_id_;
};

}  // namespace vrp
