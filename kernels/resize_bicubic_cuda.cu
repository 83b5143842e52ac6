// One thread per output pixel across, per output byte down; whole numbers in the CPU's fixed point.
// The weights are the host's: doubles rounded once, for both devices.
#include "kernels/device_scratch_cuda.cuh"
#include "kernels/resize_plan.hpp"

namespace vrp {
namespace {

constexpr const char* kName = "resize_bicubic";
constexpr unsigned kThreads = 256, kMostBlocks = 4096;

struct AxisView {
  const std::int64_t *begin, *size;
  const std::int32_t* weights;
  long long taps;
};

class DeviceAxis {
 public:
  explicit DeviceAxis(const ResampleAxis& axis)
      : taps_(axis.taps),
        begin_(kName, axis.begin),
        size_(kName, axis.size),
        weights_(kName, axis.weights) {}
  AxisView view() { return {begin_.get(), size_.get(), weights_.get(), taps_}; }

 private:
  long long taps_;
  DeviceScratch<std::int64_t> begin_, size_;
  DeviceScratch<std::int32_t> weights_;
};

__device__ std::uint8_t to_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(min(max(sum >> kPrecisionBits, 0), 255));
}

__global__ void across_kernel(const std::uint8_t* source, long long width, long long rows,
                              long long out_width, AxisView axis, std::uint8_t* target) {
  const long long step = static_cast<long long>(gridDim.x) * kThreads;
  for (long long i = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
       i < rows * out_width; i += step) {
    const long long y = i / out_width, x = i % out_width;
    const std::uint8_t* pixel = source + (y * width + axis.begin[x]) * 3;
    const std::int32_t* weight = axis.weights + x * axis.taps;
    std::int32_t red = 1 << (kPrecisionBits - 1), green = red, blue = red;
    for (long long k = 0; k < axis.size[x]; ++k, pixel += 3) {
      red += pixel[0] * weight[k];
      green += pixel[1] * weight[k];
      blue += pixel[2] * weight[k];
    }
    target[i * 3] = to_byte(red);
    target[i * 3 + 1] = to_byte(green);
    target[i * 3 + 2] = to_byte(blue);
  }
}

__global__ void down_kernel(const std::uint8_t* source, long long first_row, long long row_bytes,
                            long long out_height, AxisView axis, std::uint8_t* target) {
  const long long step = static_cast<long long>(gridDim.x) * kThreads;
  for (long long i = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
       i < out_height * row_bytes; i += step) {
    const long long y = i / row_bytes;
    const std::uint8_t* from = source + (axis.begin[y] - first_row) * row_bytes + i % row_bytes;
    const std::int32_t* weight = axis.weights + y * axis.taps;
    std::int32_t sum = 1 << (kPrecisionBits - 1);
    for (long long k = 0; k < axis.size[y]; ++k, from += row_bytes) sum += *from * weight[k];
    target[i] = to_byte(sum);
  }
}

/// The first out_bytes bytes of each row.
__global__ void cut_kernel(const std::uint8_t* source, long long row_bytes, long long rows,
                           long long out_bytes, std::uint8_t* target) {
  const long long step = static_cast<long long>(gridDim.x) * kThreads;
  for (long long i = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
       i < rows * out_bytes; i += step)
    target[i] = source[i / out_bytes * row_bytes + i % out_bytes];
}

unsigned blocks_of(std::int64_t threads) {
  const std::int64_t blocks = (threads + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks);
}

/// Columns of the window from `rows` source rows: resampled, or cut out where the width stays.
void pass_across(const ResizePlan& plan, const std::uint8_t* from, std::int64_t rows,
                 std::uint8_t* to) {
  const Window& window = plan.window;
  if (!plan.across) {
    launch(kName, cut_kernel, blocks_of(rows * window.width * 3), kThreads, 0, nullptr,
           from + window.left * 3, plan.width * 3, rows, window.width * 3, to);
    finish_kernel(kName);
    return;
  }
  DeviceAxis axis(plan.columns);
  launch(kName, across_kernel, blocks_of(rows * window.width), kThreads, 0, nullptr, from,
         plan.width, rows, window.width, axis.view(), to);
  finish_kernel(kName);
}

void pass_down(const ResizePlan& plan, const std::uint8_t* from, std::int64_t first_row,
               std::int64_t row_bytes, std::uint8_t* to) {
  DeviceAxis axis(plan.rows);
  launch(kName, down_kernel, blocks_of(plan.window.height * row_bytes), kThreads, 0, nullptr, from,
         first_row, row_bytes, plan.window.height, axis.view(), to);
  finish_kernel(kName);
}

}  // namespace

void resize_bicubic_cuda(const ResizePlan& plan, const std::uint8_t* source, std::uint8_t* pixels) {
  const Window& window = plan.window;
  const std::int64_t line = plan.width * 3;
  const std::uint8_t* needed = source + plan.first_row * line;
  if (!plan.down) return pass_across(plan, needed, plan.row_count, pixels);
  DeviceScratch<std::uint8_t> between(
      kName, static_cast<std::size_t>(plan.down_first ? window.height * line
                                                      : plan.row_count * window.width * 3));
  if (plan.down_first) {
    pass_down(plan, source, 0, line, between.get());
    pass_across(plan, between.get(), window.height, pixels);
  } else {
    pass_across(plan, needed, plan.row_count, between.get());
    pass_down(plan, between.get(), plan.first_row, window.width * 3, pixels);
  }
}

}  // namespace vrp
