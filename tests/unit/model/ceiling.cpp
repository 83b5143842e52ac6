#include "tests/unit/model/ceiling.hpp"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace vrp::test {
namespace {

class CeilingAllocator final : public Ceiling, public at::Allocator {
 public:
  std::int64_t live() const override { return live_; }
  std::int64_t peak() const override { return peak_; }
  void reset_peak() override { peak_ = live_.load(); }
  void set_limit(std::int64_t bytes) override { limit_ = bytes; }
  void say_by(Refusal refusal) override { refusal_ = refusal; }

  at::DataPtr allocate(std::size_t bytes) override {
    const auto size = static_cast<std::int64_t>(bytes);
    if (limit_ > 0 && live_ + size > limit_) refuse(size);
    if (bytes == 0) return {nullptr, nullptr, &release, at::kCPU};
    const std::size_t whole = (sizeof(Block) + bytes + 63) / 64 * 64;
    auto* block = static_cast<Block*>(std::aligned_alloc(64, whole));
    if (block == nullptr) throw std::bad_alloc();
    *block = {this, size};
    live_ += size;
    if (live_ > peak_) peak_ = live_.load();
    return {block + 1, block + 1, &release, at::kCPU};
  }
  at::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

 private:
  struct alignas(64) Block {
    CeilingAllocator* owner;
    std::int64_t bytes;
  };
  static void release(void* memory) {
    if (memory == nullptr) return;
    Block* block = static_cast<Block*>(memory) - 1;
    block->owner->live_ -= block->bytes;
    std::free(block);
  }
  void refuse(std::int64_t bytes) const {
    if (refusal_ == Refusal::bad_alloc) throw std::bad_alloc();
    TORCH_CHECK_WITH(OutOfMemoryError, refusal_ != Refusal::device,
                     "CUDA out of memory. Tried to allocate ", bytes);
    TORCH_CHECK(false, "DefaultCPUAllocator: can't allocate memory: you tried to allocate ", bytes,
                " bytes. Error code 12 (Cannot allocate memory)");
  }

  std::atomic<std::int64_t> live_{0}, peak_{0}, limit_{0};
  Refusal refusal_ = Refusal::host;
};

}  // namespace

Ceiling& Ceiling::install() {
  static CeilingAllocator* const ceiling = [] {
    auto* made = new CeilingAllocator;  // tensors may outlive main
    c10::SetCPUAllocator(made, 100);
    return made;
  }();
  return *ceiling;
}

}  // namespace vrp::test
