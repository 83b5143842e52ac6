"""Writes pipeline/model/tokenizer_unicode_table.cpp, what the `tokenizers` library knows of Unicode:
the general category of every code point as its regular expressions see it (Oniguruma, Unicode 16),
and the characters that its NFC, which is older (Unicode 9), leaves where they are."""
import unicodedata
from pathlib import Path

from tokenizers import Regex, normalizers, pre_tokenizers

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split()
SURROGATES = range(0xD800, 0xE000)
CODES = [code for code in range(0x110000) if code not in SURROGATES]
# Compositions of Unicode 13 and 16 whose parts are no marks: Dives Akuru, Todhri, Tulu-Tigalari,
# Kirat Rai.
COMPOSED = [0x11930, 0x11938, 0x105C9, 0x105D2, 0x105DA, 0x105E4, 0x11383, 0x11385, 0x1138E, 0x11391,
            0x16D63, 0x16D67, 0x16D68, 0x16D69, 0x16D6A]
TARGET = Path(__file__).parents[2] / "pipeline/model/tokenizer_unicode_table.cpp"


def members(category, step=4096):
    """The code points that \\p{category} removes from a text that holds them all."""
    split = pre_tokenizers.Split(Regex(r"\p{%s}" % category), "removed")
    kept = set()
    for begin in range(0, len(CODES), step):
        for piece, _ in split.pre_tokenize_str("".join(map(chr, CODES[begin:begin + step]))):
            kept.update(map(ord, piece))
    return [code for code in CODES if code not in kept]


def categories():
    table = ["Cn"] * 0x110000
    for code in SURROGATES:
        table[code] = "Cs"
    for category in CATEGORIES:
        for code in members(category):
            assert table[code] == "Cn", f"U+{code:04X} is {table[code]} and {category}"
            table[code] = category
    return table


def runs(table):
    out, begin = [], 0
    for code in range(1, 0x110001):
        if code == 0x110000 or table[code] != table[begin]:
            out.append(f"{code - begin}{table[begin]}")
            begin = code
    return out


def unknown_to_nfc(table):
    """Ranges of marks that Python's Unicode or Oniguruma's has and that NFC neither moves nor joins."""
    nfc = normalizers.NFC().normalize_str

    def inert(mark):  # it has class 0 if no mark of classes 220 and 230 passes it
        return all(nfc(text) == text for text in ("a" + mark + "\u0301", "a" + mark + "\u0316"))

    codes = [code for code in CODES if inert(chr(code)) and (
        unicodedata.combining(chr(code)) or
        table[code][0] == "M" and unicodedata.category(chr(code)) == "Cn")]
    assert all(inert(chr(code)) and nfc(chr(code)) == chr(code) for code in COMPOSED)
    ranges = []
    for code in sorted({*codes, *COMPOSED}):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return [f"{{0x{first:X}, 0x{last:X}}}" for first, last in ranges]


def wrapped(pieces, separator, width):
    lines, line = [], ""
    for piece in pieces:
        if line and len(line) + len(piece) + len(separator) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece + separator
    return lines + [line.rstrip()]


def main():
    table = categories()
    category_lines = "\n".join(f'    "{line}"' for line in wrapped(runs(table), "", 92))
    mark_lines = "\n".join("    " + line for line in wrapped(unknown_to_nfc(table), ", ", 94))
    TARGET.write_text(f"""\
// Written by tools/reference/make_unicode_tables.py.
#include "pipeline/model/tokenizer_unicode.hpp"

// clang-format off
namespace vrp {{
namespace {{

constexpr CodeRange kUnknownToNfc[] = {{
{mark_lines}
}};

}}  // namespace

std::span<const CodeRange> unknown_to_nfc() {{ return kUnknownToNfc; }}

const char* const kCategoryRuns =
{category_lines};

}}  // namespace vrp
""")


if __name__ == "__main__":
    main()
