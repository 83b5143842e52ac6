#pragma once
// Device memory on the host: every allocation ends at a guard page, is full of NaNs at first, and
// is out of the host's reach but for copies, as on a device.
#include <cstddef>
#include <string>

namespace vrp::emulation {

/// While one lives, allocations can be read and written.
class DeviceMemoryOpen {
 public:
  DeviceMemoryOpen();
  DeviceMemoryOpen(const DeviceMemoryOpen&) = delete;
  DeviceMemoryOpen& operator=(const DeviceMemoryOpen&) = delete;
  ~DeviceMemoryOpen();
};

void* allocate(std::size_t bytes);  ///< 16-byte aligned; nullptr for 0 bytes
bool release(void* pointer);        ///< false when it was not allocated
/// Whether all of [pointer, pointer + bytes) lies in one allocation / any of it in some allocation.
bool is_device(const void* pointer, std::size_t bytes);
bool touches_device(const void* pointer, std::size_t bytes);
/// "" or which allocation was written to just before its begin or just behind its end.
std::string damaged_allocation();
/// What lies at an address that could not be touched, for a message.
std::string near_allocation(const void* address);

void resize_dynamic_shared(std::size_t bytes);
/// Fills the dynamic shared memory and every __shared__ variable of the program with NaNs.
void poison_shared_memory();

}  // namespace vrp::emulation
