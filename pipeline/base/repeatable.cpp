#include "pipeline/base/repeatable.hpp"

#include <cstdlib>

namespace vrp {

void ask_for_repeatable_products() {
  static const bool once = [] {
    setenv("MKL_CBWR", "AUTO", 0);
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    return true;
  }();
  (void)once;
}

}  // namespace vrp
