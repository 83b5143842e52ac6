#include "tests/cuda_emulation/faults.hpp"

#include <csetjmp>
#include <csignal>
#include <vector>

#include "tests/cuda_emulation/include/cuda_runtime.h"
#include "tests/cuda_emulation/memory.hpp"

namespace vrp::emulation {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
sigjmp_buf back;
volatile int fault_signal = 0;
void* volatile fault_address = nullptr;

void on_fault(int signal, siginfo_t* info, void*) {
  fault_signal = signal;
  fault_address = info->si_addr;
  siglongjmp(back, 1);
}

std::string describe(int signal, const void* address) {
  const std::string thread = "thread (" + std::to_string(threadIdx.x) + ", " +
                             std::to_string(threadIdx.y) + ", " + std::to_string(threadIdx.z) +
                             ") of block (" + std::to_string(blockIdx.x) + ", " +
                             std::to_string(blockIdx.y) + ", " + std::to_string(blockIdx.z) + ")";
  if (signal == SIGSEGV || signal == SIGBUS) {
    return thread + ": memory access at " + near_allocation(address);
  }
  return thread + (signal == SIGFPE ? ": division by zero"
                                    : ": undefined behaviour (an index outside of an array, a "
                                      "misaligned access, an overflow)");
}

/// Handlers on a stack of their own, for a fiber that overflowed its stack; put back at the end.
class Handlers {
 public:
  Handlers() : stack_(65536) {
    stack_t own{};
    own.ss_sp = stack_.data();
    own.ss_size = stack_.size();
    sigaltstack(&own, &old_stack_);
    struct sigaction action {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < std::size(kSignals); ++i) {
      sigaction(kSignals[i], &action, &old_[i]);
    }
  }
  Handlers(const Handlers&) = delete;
  Handlers& operator=(const Handlers&) = delete;
  ~Handlers() {
    for (std::size_t i = 0; i < std::size(kSignals); ++i) {
      sigaction(kSignals[i], &old_[i], nullptr);
    }
    sigaltstack(&old_stack_, nullptr);
  }

 private:
  std::vector<char> stack_;
  stack_t old_stack_{};
  struct sigaction old_[std::size(kSignals)]{};
};

}  // namespace

std::string with_faults_caught(const std::function<std::string()>& run) {
  const Handlers handlers;
  if (sigsetjmp(back, 1) != 0) return describe(fault_signal, fault_address);
  return run();
}

}  // namespace vrp::emulation
