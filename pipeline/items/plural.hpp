#pragma once
#include <string>

namespace vrp {

/// Plural of a category name (methods section 13): +s; +es after s, x, ch, sh; consonant + y ->
/// ies; person -> people, knife -> knives, mouse -> mice, sheep -> sheep. Of a compound the last
/// word changes: wine glass -> wine glasses.
std::string plural(const std::string& name);

}  // namespace vrp
