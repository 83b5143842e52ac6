#include "tests/cuda_emulation/fiber.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define VRP_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VRP_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef VRP_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

namespace vrp::emulation {
namespace {

constexpr std::size_t kGuard = 65536;  // a multiple of every page size in use
constexpr std::size_t kStack = 262144;
// Stacks begin at different distances from a page, or all would share a few sets of the caches.
constexpr std::size_t kColours = 256, kColour = 64;
std::size_t fibers_made = 0;

#ifdef VRP_ADDRESS_SANITIZER
const void* scheduler_stack = nullptr;
std::size_t scheduler_size = 0;
void before_switch(void** keep, const void* stack, std::size_t size) {
  __sanitizer_start_switch_fiber(keep, stack, size);
}
void after_switch(void* kept, const void** stack, std::size_t* size) {
  __sanitizer_finish_switch_fiber(kept, stack, size);
}
#else
const void* scheduler_stack = nullptr;
std::size_t scheduler_size = 0;
void before_switch(void**, const void*, std::size_t) {}
void after_switch(void*, const void**, std::size_t*) {}
#endif

}  // namespace

#if defined(__x86_64__)
// Saves what a called function must preserve, exchanges the stacks, and returns on the other one.
extern "C" void vrp_switch_stack(void** save, void* load);
asm(R"(
.text
.globl vrp_switch_stack
.hidden vrp_switch_stack
.type vrp_switch_stack, @function
vrp_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size vrp_switch_stack, .-vrp_switch_stack
)");
#endif

Fiber::Fiber() {
  mapping_ = mmap(nullptr, kGuard + kStack, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping_ == MAP_FAILED || mprotect(mapping_, kGuard, PROT_NONE) != 0) throw std::bad_alloc();
  size_ = kStack - fibers_made++ % kColours * kColour;
}

Fiber::~Fiber() { munmap(mapping_, kGuard + kStack); }

bool Fiber::owns(const void* address) const {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const auto begin = reinterpret_cast<std::uintptr_t>(mapping_);
  return at >= begin && at < begin + kGuard + kStack;
}

void Fiber::start_at(void (*entry)()) {
  fake_stack_ = nullptr;
  auto* stack = static_cast<unsigned char*>(mapping_) + kGuard;
#if defined(__x86_64__)
  // What vrp_switch_stack will pop: six registers, the entry's address; above it no return address.
  auto* top = reinterpret_cast<void**>(stack + size_);
  for (int i = 1; i <= 8; ++i) top[-i] = nullptr;
  top[-2] = reinterpret_cast<void*>(entry);
  own_ = top - 8;
#else
  getcontext(&own_);
  own_.uc_stack.ss_sp = stack;
  own_.uc_stack.ss_size = size_;
  own_.uc_link = nullptr;
  makecontext(&own_, entry, 0);
#endif
}

void Fiber::resume() {
  void* fake = nullptr;
  before_switch(&fake, static_cast<unsigned char*>(mapping_) + kGuard, kStack);
#if defined(__x86_64__)
  vrp_switch_stack(&scheduler_, own_);
#else
  swapcontext(&scheduler_, &own_);
#endif
  after_switch(fake, nullptr, nullptr);
}

void Fiber::suspend() {
  before_switch(&fake_stack_, scheduler_stack, scheduler_size);
#if defined(__x86_64__)
  vrp_switch_stack(&own_, scheduler_);
#else
  swapcontext(&own_, &scheduler_);
#endif
  after_switch(fake_stack_, &scheduler_stack, &scheduler_size);
}

void Fiber::entered() { after_switch(nullptr, &scheduler_stack, &scheduler_size); }

}  // namespace vrp::emulation
