#include "tests/cuda_emulation/memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>

#include "tests/cuda_emulation/grid.hpp"
#include "tests/cuda_emulation/shared_variables.hpp"

namespace vrp::emulation {
namespace {

constexpr int kPoison = 0xFF;  // a NaN in every floating type, -1 in every integer
constexpr std::size_t kAlign = 16;

/// Pages with one guard page on either side; the bytes end with the last page, up to alignment.
class Pages {
 public:
  explicit Pages(std::size_t bytes) : bytes_(bytes) {
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    usable_ = (std::max<std::size_t>(bytes, 1) + page_ - 1) / page_ * page_;
    void* at = mmap(nullptr, usable_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    mapping_ = static_cast<unsigned char*>(at);
    open();
    std::memset(mapping_ + page_, kPoison, usable_);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(mapping_, usable_ + 2 * page_); }

  void open() { mprotect(mapping_ + page_, usable_, PROT_READ | PROT_WRITE); }
  void close() { mprotect(mapping_ + page_, usable_, PROT_NONE); }
  unsigned char* begin() const {
    return mapping_ + page_ + usable_ - (bytes_ + kAlign - 1) / kAlign * kAlign;
  }
  std::size_t bytes() const { return bytes_; }
  bool holds(const void* address) const {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    const auto from = reinterpret_cast<std::uintptr_t>(mapping_);
    return at >= from && at < from + usable_ + 2 * page_;
  }
  bool damaged() const {
    const auto bad = [](unsigned char byte) { return byte != kPoison; };
    return std::any_of(mapping_ + page_, begin(), bad) ||
           std::any_of(begin() + bytes_, mapping_ + page_ + usable_, bad);
  }

 private:
  unsigned char* mapping_ = nullptr;
  std::size_t page_ = 0, usable_ = 0, bytes_;
};

std::map<std::uintptr_t, std::unique_ptr<Pages>> allocations;  // by begin()
int open_count = 0;
std::unique_ptr<Pages> dynamic_shared;

std::string describe(const Pages& pages, const void* address) {
  const auto distance =
      reinterpret_cast<std::intptr_t>(address) - reinterpret_cast<std::intptr_t>(pages.begin());
  return "byte " + std::to_string(distance) + " of " + std::to_string(pages.bytes());
}

}  // namespace

DeviceMemoryOpen::DeviceMemoryOpen() {
  if (open_count++ > 0) return;
  for (auto& [at, pages] : allocations) pages->open();
}

DeviceMemoryOpen::~DeviceMemoryOpen() {
  if (--open_count > 0) return;
  for (auto& [at, pages] : allocations) pages->close();
}

void* allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  auto pages = std::make_unique<Pages>(bytes);
  if (open_count == 0) pages->close();
  void* begin = pages->begin();
  allocations.emplace(reinterpret_cast<std::uintptr_t>(begin), std::move(pages));
  return begin;
}

bool release(void* pointer) {
  return pointer == nullptr || allocations.erase(reinterpret_cast<std::uintptr_t>(pointer)) > 0;
}

bool is_device(const void* pointer, std::size_t bytes) {
  const auto at = reinterpret_cast<std::uintptr_t>(pointer);
  auto next = allocations.upper_bound(at);
  if (next == allocations.begin()) return false;
  const auto& [begin, pages] = *std::prev(next);
  return at - begin <= pages->bytes() && bytes <= pages->bytes() - (at - begin);
}

bool touches_device(const void* pointer, std::size_t bytes) {
  const auto at = reinterpret_cast<std::uintptr_t>(pointer);
  const auto next = allocations.lower_bound(at);
  if (next != allocations.end() && next->first < at + bytes) return true;
  if (next == allocations.begin()) return false;
  const auto& [begin, pages] = *std::prev(next);
  return at < begin + pages->bytes() && bytes > 0;
}

std::string damaged_allocation() {
  for (const auto& [at, pages] : allocations) {
    if (pages->damaged()) {
      return "memory just before or behind an allocation of " + std::to_string(pages->bytes()) +
             " bytes was written to";
    }
  }
  if (dynamic_shared && dynamic_shared->damaged()) {
    return "memory just before or behind the dynamic shared memory of " +
           std::to_string(dynamic_shared->bytes()) + " bytes was written to";
  }
  return "";
}

std::string near_allocation(const void* address) {
  for (const auto& [at, pages] : allocations) {
    if (pages->holds(address)) return describe(*pages, address) + " bytes allocated";
  }
  if (dynamic_shared && dynamic_shared->holds(address)) {
    return describe(*dynamic_shared, address) + " bytes of dynamic shared memory";
  }
  return "near no allocation";
}

void resize_dynamic_shared(std::size_t bytes) {
  if (!dynamic_shared || dynamic_shared->bytes() != bytes) {
    dynamic_shared = std::make_unique<Pages>(bytes);
  }
}

void* dynamic_shared_memory() { return dynamic_shared->begin(); }

void poison_shared_memory() {
  std::memset(dynamic_shared->begin(), kPoison, dynamic_shared->bytes());
  for (const SharedVariable& variable : shared_variables()) {
    std::memset(variable.address, kPoison, variable.bytes);
  }
}

}  // namespace vrp::emulation
