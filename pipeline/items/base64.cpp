#include "pipeline/items/base64.hpp"

#include <array>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

constexpr std::uint8_t kOutside = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kOutside);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr auto kValues = make_values();

}  // namespace

std::vector<std::uint8_t> decode_base64(std::string_view text, const std::string& where) {
  if (text.empty()) fail(where, ": bad base64: no characters");
  if (text.size() % 4 != 0) {
    fail(where, ": bad base64: ", text.size(), " characters ('", excerpt(text, 30),
         "'), expected a multiple of 4");
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::size_t letters = text.size() - padding;
  std::vector<std::uint8_t> out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < letters; ++i) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(text[i])];
    if (value == kOutside) {
      fail(where, ": bad base64: '", excerpt(text.substr(i, 10)), "' at character ", i + 1);
    }
    bits = (bits << 6) | value;
    if (i % 4 == 3) {
      for (const int shift : {16, 8, 0}) out.push_back(static_cast<std::uint8_t>(bits >> shift));
      bits = 0;
    }
  }
  if (padding == 0) return out;
  // One or two bytes are left in 12 or 18 bits.
  const int spare = padding == 2 ? 4 : 2;
  if ((bits & ((1u << spare) - 1u)) != 0) {
    fail(where, ": bad base64: bits are set behind the last byte, in '",
         excerpt(text.substr(text.size() - 4)), "'");
  }
  bits >>= spare;
  if (padding == 1) out.push_back(static_cast<std::uint8_t>(bits >> 8));
  out.push_back(static_cast<std::uint8_t>(bits));
  return out;
}

}  // namespace vrp
