#pragma once
// The folder of golden data:
//
//   DIR/FAMILY/checkpoint/   a checkpoint folder     DIR/images/     picture files
//   DIR/FAMILY/golden.h5     numbers of the family   DIR/images.h5   their decoded RGB
#include "pipeline/store/golden_file.hpp"

namespace vrp::golden {

struct Family {
  std::string name;                  ///< the folder's name; spec and golden.h5 say the family
  std::filesystem::path checkpoint;  ///< DIR/NAME/checkpoint
  std::filesystem::path golden;      ///< DIR/NAME/golden.h5
};

/// VRP_GOLDEN_DIR, or the repository's tests/golden/data. Error when it is no folder.
std::filesystem::path golden_folder();
/// Every folder of golden_folder() that holds both checkpoint/ and golden.h5, by name.
std::vector<Family> families();

}  // namespace vrp::golden
