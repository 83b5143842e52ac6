#pragma once
// Private to pipeline/dist: codes of MPI become messages.
#include <mpi.h>

#include <array>

#include "pipeline/base/error.hpp"

namespace vrp {

inline void mpi_check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Error(ExitCode::internal, concat(call, " failed: ", text.data()));
}

}  // namespace vrp
