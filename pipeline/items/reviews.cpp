#include "pipeline/items/reviews.hpp"

#include "pipeline/base/error.hpp"

namespace vrp {

ReviewFile read_reviews(const std::filesystem::path& path, const ItemTable& items) {
  fail(path.string(), ": reviews of '", items.benchmark, "' cannot be read by this build");
}

}  // namespace vrp
