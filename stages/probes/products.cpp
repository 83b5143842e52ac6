#include "stages/probes/products.hpp"

#include <ATen/Parallel.h>

#include "pipeline/base/repeatable.hpp"

namespace vrp {

void prepare_products(int threads) {
  ask_for_repeatable_products();
  if (at::get_num_threads() != threads) at::set_num_threads(threads);
}

}  // namespace vrp
