#pragma once
// One job, from options to exit code.
#include "pipeline/dist/mpi_session.hpp"
#include "pipeline/run_options.hpp"
#include "stages/catalog.hpp"

namespace vrp {

/// Collective; the same exit code on every rank. An Error thrown here is one rank's alone: the
/// caller ends the job.
int run_job(MpiSession& mpi, const RunOptions& options);

}  // namespace vrp
