#include "tests/cuda_emulation/grid.hpp"

#include <algorithm>
#include <bit>
#include <deque>
#include <memory>
#include <queue>
#include <sstream>
#include <vector>

#include "tests/cuda_emulation/faults.hpp"
#include "tests/cuda_emulation/fiber.hpp"
#include "tests/cuda_emulation/include/cuda_runtime.h"
#include "tests/cuda_emulation/memory.hpp"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace vrp::emulation {
namespace {

constexpr unsigned kLanes = 32;
constexpr std::size_t kSharedLimit = 163 * 1024;  // compute capability 8.0, per block

enum class State { ready, in_barrier, in_collective, ended };

struct Thread {
  Fiber fiber;
  uint3 index{};
  State state = State::ready;
  std::source_location where;
  Collective what{};
  unsigned mask = 0;
  int argument = 0, width = 0;
  bool vote = false;
  std::uint64_t value = 0, result = 0;
};

std::uint64_t mix(std::uint64_t x) {  // SplitMix64
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

std::uint64_t order = 0;
std::uint64_t launches = 0;

/// The grid that runs now.
struct Running {
  std::vector<std::unique_ptr<Thread>> threads;  ///< kept from launch to launch
  std::size_t count = 0;                         ///< threads of a block
  std::size_t current = 0;
  std::size_t waiting = 0;  ///< in the barrier
  std::uint64_t block = 0, draws = 0;
  const std::function<void()>* body = nullptr;
  std::string error;
  // Who may run: in turn, by a draw at each step, or by rank.
  std::deque<std::size_t> in_turn;
  std::vector<std::size_t> to_draw;
  using Entry = std::pair<std::uint64_t, std::size_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ranked;
} now;

bool in_turn() { return order == 0; }
bool drawn() { return order >= 2 && order % 2 == 0; }

void make_ready(std::size_t t) {
  now.threads[t]->state = State::ready;
  if (in_turn()) return now.in_turn.push_back(t);
  if (drawn()) return now.to_draw.push_back(t);
  now.ranked.push(
      {order == 1 ? now.count - t : mix(order ^ mix(launches ^ mix(now.block ^ mix(t)))), t});
}

/// The thread that runs next; false when none can.
bool take_ready(std::size_t& t) {
  if (in_turn()) {
    if (now.in_turn.empty()) return false;
    t = now.in_turn.front();
    now.in_turn.pop_front();
  } else if (drawn()) {
    if (now.to_draw.empty()) return false;
    const std::uint64_t draw = mix(order ^ mix(launches ^ mix(now.block ^ mix(++now.draws))));
    std::swap(now.to_draw[draw % now.to_draw.size()], now.to_draw.back());
    t = now.to_draw.back();
    now.to_draw.pop_back();
  } else {
    if (now.ranked.empty()) return false;
    t = now.ranked.top().second;
    now.ranked.pop();
  }
  return true;
}

const char* name_of(Collective what) {
  switch (what) {
    case Collective::sync_warp:
      return "__syncwarp";
    case Collective::ballot:
      return "a vote of the warp";
    default:
      return "a shuffle";
  }
}

std::string name_of(const Thread& thread) {
  std::ostringstream text;
  text << "thread (" << thread.index.x << ", " << thread.index.y << ", " << thread.index.z << ")";
  return text.str();
}

std::string place(const std::source_location& where) {
  const std::string file = where.file_name();
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(where.line());
}

std::string doing(const Thread& thread) {
  if (thread.state == State::ended) return name_of(thread) + " has ended";
  const std::string what =
      thread.state == State::in_barrier ? "__syncthreads" : name_of(thread.what);
  return name_of(thread) + " waits at " + what + " (" + place(thread.where) + ")";
}

bool same_place(const Thread& a, const Thread& b) {
  return a.where.line() == b.where.line() && a.where.column() == b.where.column() &&
         std::string_view(a.where.file_name()) == b.where.file_name();
}

bool joins(const Thread& other, const Thread& thread) {
  return other.state == State::in_collective && other.mask == thread.mask &&
         other.what == thread.what && same_place(other, thread);
}

/// Why nothing can go on: who waits, and who of those it waits for is elsewhere.
std::string deadlock() {
  for (const State kind : {State::in_collective, State::in_barrier}) {
    for (std::size_t t = 0; t < now.count; ++t) {
      const Thread& thread = *now.threads[t];
      if (thread.state != kind) continue;
      const bool warp = kind == State::in_collective;
      for (std::size_t o = warp ? t / kLanes * kLanes : 0;
           o < (warp ? std::min(now.count, (t / kLanes + 1) * kLanes) : now.count); ++o) {
        const Thread& other = *now.threads[o];
        const bool there = warp ? !(thread.mask >> (o % kLanes) & 1u) || joins(other, thread)
                                : other.state == kind && same_place(other, thread);
        if (!there) return doing(thread) + " for all named, but " + doing(other);
      }
    }
  }
  return "the threads wait for each other";
}

/// Sets the results of a collective whose lanes have all come.
void complete(std::size_t first, unsigned mask) {
  std::uint64_t ballot = 0;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if (mask >> lane & 1u && now.threads[first + lane]->value != 0) ballot |= 1u << lane;
  }
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if (!(mask >> lane & 1u)) continue;
    Thread& thread = *now.threads[first + lane];
    if (thread.what == Collective::ballot) thread.result = ballot;
    if (thread.what == Collective::sync_warp || thread.what == Collective::ballot) continue;
    const int own = static_cast<int>(lane), width = thread.width;
    const int begin = own / width * width;
    int from = own;
    if (thread.what == Collective::shuffle) from = begin + (thread.argument & (width - 1));
    if (thread.what == Collective::shuffle_up) from = own - thread.argument;
    if (thread.what == Collective::shuffle_down) from = own + thread.argument;
    if (thread.what == Collective::shuffle_xor) from = own ^ thread.argument;
    // An xor may reach down into an earlier part of the warp, but not up into a later one.
    if (from >= begin + width || from < 0) from = own;
    if (thread.what != Collective::shuffle_xor && from < begin) from = own;
    if (!(mask >> from & 1u)) {
      now.error = doing(thread) + " and reads from lane " + std::to_string(from) +
                  ", which its mask does not name";
      return;
    }
    thread.result = now.threads[first + static_cast<std::size_t>(from)]->value;
  }
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if (mask >> lane & 1u) make_ready(first + lane);
  }
}

Thread& current() { return *now.threads[now.current]; }

void enter() {
  Fiber::entered();
  (*now.body)();
  current().state = State::ended;
  current().fiber.suspend();
}

std::string run_block() {
  now.in_turn.clear();
  now.to_draw.clear();
  now.ranked = {};
  now.waiting = 0;
  for (std::size_t t = 0; t < now.count; ++t) {
    now.threads[t]->fiber.start_at(enter);
    make_ready(t);
  }
  std::size_t ended = 0;
  while (take_ready(now.current)) {
    threadIdx = current().index;
    current().fiber.resume();
    if (!now.error.empty()) return now.error;
    if (current().state == State::ended) ++ended;
  }
  return ended == now.count ? "" : deadlock();
}

std::string check_sizes(Size3 grid, Size3 block, std::size_t dynamic_shared) {
  std::ostringstream text;
  const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
  if (threads < 1 || threads > 1024 || block.z > 64) {
    text << "a block of " << block.x << " x " << block.y << " x " << block.z
         << " threads, expected 1 .. 1024 and at most 64 in z";
  } else if (grid.x < 1 || grid.x > 0x7FFFFFFFu || grid.y < 1 || grid.y > 65535 || grid.z < 1 ||
             grid.z > 65535) {
    text << "a grid of " << grid.x << " x " << grid.y << " x " << grid.z
         << " blocks, expected at least 1 and at most 2^31 - 1, 65535, 65535";
  } else if (dynamic_shared > kSharedLimit) {
    text << dynamic_shared << " bytes of dynamic shared memory, expected at most " << kSharedLimit;
  }
  return text.str();
}

std::string run_blocks(Size3 grid) {
  const std::uint64_t blocks = std::uint64_t{grid.x} * grid.y * grid.z;
  std::vector<std::uint64_t> sequence(blocks);
  for (std::uint64_t b = 0; b < blocks; ++b) sequence[b] = order == 1 ? blocks - 1 - b : b;
  if (order >= 2) {
    for (std::uint64_t b = blocks; b > 1; --b) {
      std::swap(sequence[b - 1], sequence[mix(order ^ mix(launches ^ mix(b))) % b]);
    }
  }
  for (const std::uint64_t b : sequence) {
    now.block = b;
    blockIdx = {static_cast<unsigned>(b % grid.x), static_cast<unsigned>(b / grid.x % grid.y),
                static_cast<unsigned>(b / grid.x / grid.y)};
    poison_shared_memory();
    std::string error = run_block();
    if (!error.empty()) {
      return "block (" + std::to_string(blockIdx.x) + ", " + std::to_string(blockIdx.y) + ", " +
             std::to_string(blockIdx.z) + "): " + error;
    }
  }
  return "";
}

}  // namespace

void set_order(std::uint64_t which) { order = which; }

std::string run_grid(Size3 grid, Size3 block, std::size_t dynamic_shared,
                     const std::function<void()>& thread) {
  std::string error = check_sizes(grid, block, dynamic_shared);
  if (!error.empty()) return error;
  ++launches;
  now.error.clear();
  now.body = &thread;
  now.count = std::size_t{block.x} * block.y * block.z;
  while (now.threads.size() < now.count) now.threads.push_back(std::make_unique<Thread>());
  for (std::size_t t = 0; t < now.count; ++t) {
    const auto i = static_cast<unsigned>(t);
    now.threads[t]->index = {i % block.x, i / block.x % block.y, i / block.x / block.y};
  }
  blockDim = {block.x, block.y, block.z};
  gridDim = {grid.x, grid.y, grid.z};
  const DeviceMemoryOpen open;
  resize_dynamic_shared(dynamic_shared);
  error = with_faults_caught([&] { return run_blocks(grid); });
  if (error.empty()) error = damaged_allocation();
  return error;
}

std::uint64_t warp_collective(Collective what, unsigned mask, std::uint64_t value, int argument,
                              int width, const std::source_location& where) {
  Thread& thread = current();
  const std::size_t first = now.current / kLanes * kLanes;
  const std::size_t lanes = std::min<std::size_t>(kLanes, now.count - first);
  thread.state = State::in_collective;
  thread.what = what;
  thread.mask = mask;
  thread.value = value;
  thread.argument = argument;
  thread.width = width;
  thread.where = where;
  if (!(mask >> (now.current - first) & 1u)) fail_thread(doing(thread) + ": its mask lacks itself");
  if (lanes < kLanes && mask >> lanes != 0) {
    fail_thread(doing(thread) + ": its mask names lanes that the block does not have");
  }
  if (width < 1 || width > 32 || !std::has_single_bit(static_cast<unsigned>(width))) {
    fail_thread(doing(thread) + ": width " + std::to_string(width) + " is no power of 2 up to 32");
  }
  bool all = true;
  for (unsigned lane = 0; lane < lanes && all; ++lane) {
    all = !(mask >> lane & 1u) || joins(*now.threads[first + lane], thread);
  }
  if (all) complete(first, mask);
  thread.fiber.suspend();
  return thread.result;
}

int block_barrier(bool vote, const std::source_location& where) {
  Thread& thread = current();
  thread.state = State::in_barrier;
  thread.where = where;
  thread.vote = vote;
  if (++now.waiting == now.count) {
    bool together = true;
    std::uint64_t votes = 0;
    for (std::size_t t = 0; t < now.count; ++t) {
      together = together && same_place(*now.threads[t], thread);
      votes += now.threads[t]->vote ? 1 : 0;
    }
    if (together) {
      now.waiting = 0;
      for (std::size_t t = 0; t < now.count; ++t) {
        now.threads[t]->result = votes;
        make_ready(t);
      }
    }
  }
  thread.fiber.suspend();
  return static_cast<int>(thread.result);
}

void before_atomic() {
  if (order < 2 || order % 2 != 0) return;
  Thread& thread = current();
  make_ready(now.current);
  thread.fiber.suspend();
}

void fail_thread(std::string text) {
  now.error.swap(text);
  std::string().swap(text);  // nobody unwinds this stack, so nothing may be left on it
  current().fiber.suspend();
  __builtin_unreachable();
}

}  // namespace vrp::emulation
