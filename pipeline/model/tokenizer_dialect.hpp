#pragma once
// tokenizer.json holds regular expressions for Oniguruma; here PCRE2 runs them. Only constructs
// that mean the same in both, or can be written so that they do, are let through.
//
// As they are:   literals, | (?:) (?=) (?!) (?<=) (?<!) (?>) (), * + ? {n,m} lazy and possessive,
//                . \A \z, (?i: ) and a leading (?i) around ASCII without Unicode's expansions
// Written anew:  \s \S \d \D \p{..} \P{..} \p{^..} and classes as code point ranges (Unicode 16),
//                \t \n \v \f \r \a \e \xHH \x{H..} \uHHHH as code points, ^ and $ at line borders
// Refused:       \w \b \h \R \X \K \G \1 \k<>, classes in classes, &&, [:alpha:], scripts, (?m)
// (?x),
//                named groups, conditions, {,n} {n}? {n}+, an option in the middle of a group,
//                a repeated anchor or group with one
#include <string>
#include <string_view>

namespace vrp {

/// The pattern for PCRE2 with UTF, UCP and MULTILINE; Error (bad_input) names the construct that is
/// refused and its byte offset. `pattern` is valid UTF-8.
std::string pcre2_pattern(std::string_view pattern, const std::string& where);

}  // namespace vrp
