#pragma once
// HDF5's return codes as Errors with HDF5's own text, and the types of array elements.
#include <hdf5.h>

#include <string>

#include "pipeline/base/error.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {

inline constexpr const char* kFormatVersion = "1";

/// Turns HDF5's automatic printing of errors off (per thread) and its file locks off: locks fail
/// on many cluster file systems, and unit files have one writer each.
void h5_quiet();

/// The innermost message of HDF5's error stack, with the system's text where there is one.
std::string h5_error_text();

template <class Code>
Code h5_check(Code code, const char* call) {
  if (code < 0) fail(call, " failed: ", h5_error_text());
  return code;
}

H5Type h5_type_of(const ArrayData& data);

}  // namespace vrp
