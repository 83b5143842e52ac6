#pragma once
// tokenizer.json as read: the two long lists packed, the rest as JSON. A Gemma file has 257
// thousand tokens and 580 thousand merges; as Json values they would take some 200 MB.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

/// Texts one behind the other in one block.
class TextList {
 public:
  void add(std::string_view text);  ///< Error when the block passes 4 GiB
  void clear();
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
    return std::string_view(bytes_).substr(begin, ends_[row] - begin);
  }

 private:
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
};

/// model.vocab and model.merges in the file's order.
struct ModelLists {
  TextList tokens;                ///< not yet checked for repeats
  std::vector<std::int32_t> ids;  ///< of `tokens`, 0..2^31-1
  TextList merges;                ///< left, right, left, right ... by rank
  bool has_vocabulary = false, has_merges = false;
};

struct TokenizerFile {
  Json json;  ///< an object without what is in `lists`
  ModelLists lists;
};

/// Error (bad_input) with file and position, or with the token or merge that is not as it should
/// be.
TokenizerFile read_tokenizer_file(const std::filesystem::path& path);

}  // namespace vrp
