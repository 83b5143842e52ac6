#include "pipeline/store/h5_error.hpp"

#include <cstdlib>

namespace vrp {
namespace {

herr_t keep_innermost(unsigned, const H5E_error2_t* error, void* data) {
  if (error->desc != nullptr && error->desc[0] != '\0') {
    *static_cast<std::string*>(data) = error->desc;
  }
  return 0;
}

H5Type half_type() {
  H5Type type(h5_check(H5Tcopy(H5T_IEEE_F32LE), "H5Tcopy"));
  h5_check(H5Tset_fields(type.get(), 15, 10, 5, 0, 10), "H5Tset_fields");
  h5_check(H5Tset_size(type.get(), 2), "H5Tset_size");
  h5_check(H5Tset_ebias(type.get(), 15), "H5Tset_ebias");
  return type;
}

}  // namespace

std::string hdf5_version() {
  h5_quiet();
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return concat(major, ".", minor, ".", release);
}

void h5_quiet() {
  static const bool once = [] {
    ::setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
    return true;
  }();
  (void)once;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

std::string h5_error_text() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_innermost, &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? "HDF5 gave no reason" : text;
}

H5Type h5_type_of(const ArrayData& data) {
  switch (data.index()) {
    case 0:
      return H5Type(H5Tcopy(H5T_IEEE_F32LE));
    case 1:
      return H5Type(H5Tcopy(H5T_IEEE_F64LE));
    case 2:
      return H5Type(H5Tcopy(H5T_STD_I64LE));
    case 3:
      return H5Type(H5Tcopy(H5T_STD_I32LE));
    case 4:
      return H5Type(H5Tcopy(H5T_STD_U8LE));
    case 5:
      return half_type();
    default: {
      H5Type type(h5_check(H5Tcopy(H5T_C_S1), "H5Tcopy"));
      h5_check(H5Tset_size(type.get(), H5T_VARIABLE), "H5Tset_size");
      h5_check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "H5Tset_cset");
      return type;
    }
  }
}

}  // namespace vrp
