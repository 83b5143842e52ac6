#include "pipeline/model/out_of_memory.hpp"

#include <ATen/DeviceAccelerator.h>

#include <array>
#include <new>
#include <string_view>

#include "pipeline/model/step_graph.hpp"

namespace vrp {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

bool is_about_memory(std::string_view text) {
  constexpr std::array<std::string_view, 5> kTexts = {
      "DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory",
      "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"};
  for (const std::string_view known : kTexts) {
    if (text.find(known) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string out_of_memory_text() {
  try {
    throw;
  } catch (const c10::OutOfMemoryError& error) {
    return first_line(error.what_without_backtrace());
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    return is_about_memory(text) ? first_line(text) : std::string();
  } catch (const std::bad_alloc&) {
    return "the process gets no more memory (std::bad_alloc)";
  } catch (...) {
    return {};
  }
}

void empty_device_cache(at::Device device) {
  if (device.is_cpu()) return;
  forget_recordings();
  at::accelerator::emptyCache();
}

}  // namespace vrp
