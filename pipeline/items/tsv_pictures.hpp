#pragma once
// Pictures inside a table: base64, lists of it, or the index of the row that holds it.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace vrp {

/// Decodes a picture or throws Error(bad_input) that names `where`.
using PictureCheck =
    std::function<void(std::span<const std::uint8_t> bytes, const std::string& where)>;

class TsvPictures {
 public:
  TsvPictures(std::filesystem::path folder, PictureCheck check)
      : folder_(std::move(folder)), check_(std::move(check)) {}

  /// Takes the image cell of row `index`: a picture is decoded and stored as the folder's file
  /// `name` (never over another content), the index of another row (64 characters or fewer) is
  /// remembered. Error (with `where`): bad base64, no picture, several pictures, a name that leaves
  /// the folder or is taken.
  void add(const std::string& index, std::string_view cell, const std::string& name,
           const std::string& where);
  /// The name of the file that row `index` shows, after all rows were added. Error: the row that it
  /// refers to is missing, has no usable picture, or is a reference too.
  std::string name_of(const std::string& index, const std::string& where) const;

  std::size_t stored() const { return stored_; }    ///< files written
  std::size_t present() const { return present_; }  ///< found with the same content

 private:
  struct Entry {
    std::string name;       ///< file, if stored
    std::string reference;  ///< index of another row
  };

  void store(const std::string& name, std::span<const std::uint8_t> bytes,
             const std::string& where);

  std::filesystem::path folder_;
  PictureCheck check_;
  std::unordered_map<std::string, Entry> entries_;
  std::size_t stored_ = 0, present_ = 0;
};

/// The text of a cell that may be a list literal of one; Error for several or none.
std::string single_of(std::string_view cell, const char* column, const std::string& where);

}  // namespace vrp
