#pragma once
// Runs the threads of a grid on the CPU: blocks one after another, the threads of a block as fibers
// that change places at barriers and warp collectives. What a device would answer with a hang or
// with garbage is an error here.
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>

namespace vrp::emulation {

struct Size3 {
  unsigned x = 1, y = 1, z = 1;
};

/// Runs `thread` for every thread of the grid. Returns "" or what went wrong: a barrier that a
/// thread of the block never reaches; a warp collective whose mask lacks the caller or names a lane
/// that has left, waits elsewhere or does not exist; memory outside of every allocation; undefined
/// behaviour; sizes that no device of compute capability 8.0 takes.
std::string run_grid(Size3 grid, Size3 block, std::size_t dynamic_shared,
                     const std::function<void()>& thread);

/// Which blocks and threads go first. 0: ascending, in turn. 1: the last thread runs as far as it
/// can, then the one before it. From 2 on: drawn at random from this seed; even seeds draw at every
/// barrier and collective, odd ones once for each block.
void set_order(std::uint64_t order);

enum class Collective { sync_warp, shuffle, shuffle_up, shuffle_down, shuffle_xor, ballot };

/// What a thread of the running grid calls. `value` is any 8 bytes; a ballot's is 0 or 1.
std::uint64_t warp_collective(Collective what, unsigned mask, std::uint64_t value, int argument,
                              int width, const std::source_location& where);
/// Returns how many threads of the block came with `vote`.
int block_barrier(bool vote, const std::source_location& where);
/// Before an atomic operation: in even orders from 2 on, other threads may go first, so that
/// whoever read a value finds it changed.
void before_atomic();
/// The block's dynamic shared memory: as many bytes as the launch asked for, then a guard page.
void* dynamic_shared_memory();
[[noreturn]] void fail_thread(std::string text);

}  // namespace vrp::emulation
