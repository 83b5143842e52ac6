#pragma once
// An item's account for people.
#include <iosfwd>

#include "pipeline/base/json.hpp"

namespace vrp {

/// Prints an account of show_account.hpp. Text from data is escaped, so that it cannot steer the
/// terminal. `unicode`: charts of block elements.
void print_account(std::ostream& out, const Json& account, bool unicode);

}  // namespace vrp
