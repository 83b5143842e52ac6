#include "kernels/resize_bicubic.hpp"

#include <stdexcept>
#include <string>

#include "kernels/resize_plan.hpp"

namespace vrp {
namespace {

void check(std::size_t bytes, std::int64_t width, std::int64_t height, std::int64_t out_width,
           std::int64_t out_height, const Window& window) {
  const auto show = [](std::int64_t w, std::int64_t h) {
    return std::to_string(w) + " x " + std::to_string(h);
  };
  constexpr std::int64_t kMax = INT32_MAX;
  if (width < 1 || height < 1 || out_width < 1 || out_height < 1 || width > kMax || height > kMax ||
      out_width > kMax || out_height > kMax) {
    throw std::invalid_argument("resize_bicubic: from " + show(width, height) + " to " +
                                show(out_width, out_height) + ", expected sides in 1..2^31-1");
  }
  if (bytes != static_cast<std::size_t>(width * height) * 3) {
    throw std::invalid_argument("resize_bicubic: " + std::to_string(bytes) +
                                " bytes, expected 3 a pixel of " + show(width, height));
  }
  if (window.left < 0 || window.top < 0 || window.width < 1 || window.height < 1 ||
      window.left > out_width - window.width || window.top > out_height - window.height) {
    throw std::invalid_argument("resize_bicubic: window of " + show(window.width, window.height) +
                                " leaves the output of " + show(out_width, out_height));
  }
}

}  // namespace

void resize_bicubic(Device device, std::span<const std::uint8_t> source, std::int64_t width,
                    std::int64_t height, std::int64_t out_width, std::int64_t out_height,
                    const Window& window, std::span<std::uint8_t> pixels) {
  check(source.size(), width, height, out_width, out_height, window);
  require_size("resize_bicubic", "length of the result", static_cast<std::int64_t>(pixels.size()),
               window.width * window.height * 3);
  const ResizePlan plan = plan_resize(width, height, out_width, out_height, window);
  if (device == Device::cpu) return resize_bicubic_cpu(plan, source.data(), pixels.data());
#ifdef VRP_CUDA
  resize_bicubic_cuda(plan, source.data(), pixels.data());
#else
  throw std::invalid_argument("resize_bicubic: device is cuda, but this build has no CUDA");
#endif
}

std::vector<std::uint8_t> resize_bicubic(std::span<const std::uint8_t> source, std::int64_t width,
                                         std::int64_t height, std::int64_t out_width,
                                         std::int64_t out_height, const Window& window) {
  check(source.size(), width, height, out_width, out_height, window);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(window.width * window.height) * 3);
  resize_bicubic(Device::cpu, source, width, height, out_width, out_height, window, pixels);
  return pixels;
}

std::vector<std::uint8_t> resize_bicubic(std::span<const std::uint8_t> source, std::int64_t width,
                                         std::int64_t height, std::int64_t out_width,
                                         std::int64_t out_height) {
  return resize_bicubic(source, width, height, out_width, out_height,
                        {0, 0, out_width, out_height});
}

}  // namespace vrp
