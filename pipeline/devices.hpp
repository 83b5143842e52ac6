#pragma once

namespace vrp {

int cuda_devices();  ///< GPUs visible to this process; 0 in a CPU build or without a driver

}  // namespace vrp
