#pragma once
// One test body for the emulator and for a device: runs it in several orders of threads and blocks
// where orders can be chosen, and twice where they cannot.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#ifdef VRP_CUDA_EMULATED
#include "tests/cuda_emulation/grid.hpp"
#endif

namespace vrp {

/// body(); VRP_EMULATION_ORDERS in the environment says how many orders the emulator tries.
template <class Body>
void in_every_order(Body body, int orders = 6) {
#ifdef VRP_CUDA_EMULATED
  if (const char* asked = std::getenv("VRP_EMULATION_ORDERS")) orders = std::stoi(asked);
  for (int order = 0; order < orders; ++order) {
    INFO("order of threads " << order);
    emulation::set_order(static_cast<std::uint64_t>(order));
    body();
  }
  emulation::set_order(0);
#else
  (void)orders;
  for (int repeat = 0; repeat < 2; ++repeat) body();
#endif
}

}  // namespace vrp
