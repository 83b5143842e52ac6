#pragma once
// Whether the ranks of a job find each other, for `vrp doctor`.
#include "pipeline/base/json.hpp"
#include "pipeline/dist/mpi_session.hpp"

namespace vrp {

/// Collective. On rank 0 {"ranks", "hosts": [host of each], "library", "standard", "threads"},
/// after every rank sent rank 0 a message and got one back; null on the others.
Json hello(MpiSession& mpi);

}  // namespace vrp
