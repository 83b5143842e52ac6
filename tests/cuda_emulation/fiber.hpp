#pragma once
// A stack of its own for each emulated thread, and the switch between them: some twenty
// instructions on x86-64, ucontext elsewhere.
#include <cstddef>
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace vrp::emulation {

/// Runs `entry` on its own stack, which ends below in a page that must not be touched. Not copied
/// or moved. `entry` never returns: its last act is suspend().
class Fiber {
 public:
  Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  void start_at(void (*entry)());  ///< forgets whatever it was doing
  void resume();                   ///< from the scheduler: runs until the fiber suspends
  void suspend();                  ///< from the fiber: back to the scheduler
  static void entered();           ///< first act of `entry` (what the address sanitizer must know)
  bool owns(const void* address) const;  ///< within the stack or its guard page

 private:
  void* mapping_ = nullptr;
  std::size_t size_ = 0;  ///< of the stack above the guard
#if defined(__x86_64__)
  void* own_ = nullptr;  ///< stack pointers while the other side runs
  void* scheduler_ = nullptr;
#else
  ucontext_t own_{}, scheduler_{};
#endif
  void* fake_stack_ = nullptr;  ///< the sanitizer's
};

}  // namespace vrp::emulation
