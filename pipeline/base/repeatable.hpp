#pragma once
// Matrix libraries that give the same bits every time.

namespace vrp {

/// Asks MKL and cuBLAS for products that do not depend on where arrays lie or how busy a device is.
/// They read this before their first product of the process, so it has to be called before any.
/// Values of MKL_CBWR and CUBLAS_WORKSPACE_CONFIG that the user has set are kept.
void ask_for_repeatable_products();

}  // namespace vrp
