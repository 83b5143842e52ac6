#include "pipeline/store/h5_image.hpp"

#include <atomic>
#include <cstring>

#include "pipeline/store/h5_error.hpp"
#include "pipeline/store/seal.hpp"

namespace vrp {
namespace {

// HDF5 asks for memory and copies whenever it passes an image on. These callbacks hand it the one
// buffer there is instead: a capture unit would otherwise be held three times.
void* give(std::size_t, H5FD_file_image_op_t, void* udata) { return udata; }
void* no_copy(void* to, const void*, std::size_t, H5FD_file_image_op_t, void*) { return to; }
void* no_growth(void*, std::size_t, H5FD_file_image_op_t, void*) { return nullptr; }
herr_t no_free(void*, H5FD_file_image_op_t, void*) { return 0; }
void* same_udata(void* udata) { return udata; }
herr_t keep_udata(void*) { return 0; }

}  // namespace

std::string h5_memory_name() {
  static std::atomic<unsigned long> count{0};
  return "vrp-record-in-memory-" + std::to_string(count++);
}

H5Image::H5Image(const std::filesystem::path& path) : bytes_(read_sealed(path)) {
  h5_quiet();
  const H5Properties access(h5_check(H5Pcreate(H5P_FILE_ACCESS), "H5Pcreate"));
  h5_check(H5Pset_fapl_core(access.get(), 1 << 20, /*backing_store=*/0), "H5Pset_fapl_core");
  H5FD_file_image_callbacks_t callbacks{give,       no_copy,    no_growth,    no_free,
                                        same_udata, keep_udata, bytes_.data()};
  h5_check(H5Pset_file_image_callbacks(access.get(), &callbacks), "H5Pset_file_image_callbacks");
  h5_check(H5Pset_file_image(access.get(), bytes_.data(), bytes_.size()), "H5Pset_file_image");
  file_ = H5File(H5Fopen(h5_memory_name().c_str(), H5F_ACC_RDONLY, access.get()));
  if (!file_) fail(path.string(), ": is no readable HDF5 file: ", h5_error_text());
}

}  // namespace vrp
