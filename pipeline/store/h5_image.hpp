#pragma once
// A file that HDF5 reads from memory. The bytes are read once, by our own reads, which try again
// where a network file system stumbles; the seal is checked on the very bytes that HDF5 then sees;
// and HDF5 neither locks nor touches a file, which fails on many parallel file systems.
#include <filesystem>
#include <vector>

#include "pipeline/store/h5.hpp"

namespace vrp {

/// Keeps the bytes as long as the file is open. Error (bad_input) for a file that is altered or no
/// HDF5 file; FileError for one that cannot be read.
class H5Image {
 public:
  explicit H5Image(const std::filesystem::path& path);
  H5Image(const H5Image&) = delete;
  H5Image& operator=(const H5Image&) = delete;
  hid_t get() const noexcept { return file_.get(); }

 private:
  std::vector<unsigned char> bytes_;
  H5File file_;  // after the bytes it reads: closed first
};

/// A name that no other open file of this process has: HDF5 takes equal names of files in memory
/// for one file.
std::string h5_memory_name();

}  // namespace vrp
