#pragma once
#include <string>

#include "stages/reduce/paper_cells.hpp"

namespace vrp {

/// Command line, relative to the repository, that computes what a cell prints: the paper's sweep on
/// the cell's model and sets, up to the stages that it needs, with the authors' profile where the
/// print is theirs. Words that a shell would change stand in quotes.
std::string paper_command(const PublishedCell& cell);

}  // namespace vrp
