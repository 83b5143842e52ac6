#pragma once
// Base64 (RFC 4648) as strictly as files should be written.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

/// The bytes of `text`. Error (naming `where`, the position and the offending text) for a character
/// outside of the alphabet (white space too), a length that is no multiple of 4, padding anywhere
/// but at the end, bits set behind the last byte, an empty text.
std::vector<std::uint8_t> decode_base64(std::string_view text, const std::string& where);

}  // namespace vrp
