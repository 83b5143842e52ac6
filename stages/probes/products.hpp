#pragma once
// Private to this folder: what every fit asks of the matrix library first.

namespace vrp {

/// The same bits whatever the process did before: products repeat, and take so many threads. To be
/// called before the first product of a unit, by each function that this folder offers.
void prepare_products(int threads);

}  // namespace vrp
