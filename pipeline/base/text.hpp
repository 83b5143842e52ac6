#pragma once
// Small text helpers shared by readers and messages.
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

std::string trim(std::string_view text);  ///< ASCII white space off both ends
std::string to_lower_ascii(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);  ///< keeps empty pieces
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
bool valid_utf8(std::string_view text, std::size_t* bad_offset = nullptr);
/// Text for an error message: control characters and bytes that are no UTF-8 escaped; after about
/// `limit` bytes, at the end of a character, "...". Always valid UTF-8.
std::string excerpt(std::string_view text, std::size_t limit = 60);
/// The candidate with the smallest edit distance (at most 3, and less than half the word), or "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace vrp
