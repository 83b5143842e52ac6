#pragma once
// Which rows show the same image: what folds and cluster resamples go by.
#include <string>
#include <vector>

namespace vrp {

/// Group of each row so that rows with the same image file or the same group name share one:
/// "a" with hash 1, "b" with hash 1 and "b" with hash 2 are one group. An empty hash says nothing.
std::vector<std::string> image_groups(const std::vector<std::string>& group,
                                      const std::vector<std::string>& image_hash);

}  // namespace vrp
