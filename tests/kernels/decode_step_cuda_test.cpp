// A decoder block's own part of a step (rotate, append, attend) recorded once and replayed, with
// nothing but what lies on the device changing in between.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "kernels/append_rows.hpp"
#include "kernels/decode_attention.hpp"
#include "kernels/rotary.hpp"
#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/recorded.hpp"
#include "tests/kernels/stored_values.hpp"

using namespace vrp;

namespace {

constexpr std::int64_t kRows = 6, kHeads = 4, kKvHeads = 2, kWidth = 32, kCapacity = 70;
constexpr std::int64_t kAll = kHeads + 2 * kKvHeads, kStride = kAll * kWidth;
constexpr std::int64_t kLengths[] = {70, 5}, kColumns = 5;

/// The step's arrays on one side.
template <class T>
struct Arrays {
  T *qkv, *keys, *values, *out;  ///< projection [R, all heads, d], stores, result
  const T* prompts[4];           ///< key and value of each
  const float *cos, *sin;        ///< [R, d / 2]
  const std::int32_t *own, *wanted, *column;
  float *workspace, *weights;
};

template <class T>
void step(Device device, const Arrays<T>& a, void* stream) {
  rotary<T>(device, {.x = a.qkv,
                     .rows = kRows,
                     .heads = kHeads + kKvHeads,
                     .width = kWidth,
                     .stride = kStride,
                     .cos = a.cos,
                     .sin = a.sin,
                     .stream = stream});
  append_rows<T>(device, {.key = a.qkv + kHeads * kWidth,
                          .value = a.qkv + (kHeads + kKvHeads) * kWidth,
                          .rows = kRows,
                          .heads = kKvHeads,
                          .width = kWidth,
                          .stride = kStride,
                          .key_store = a.keys,
                          .value_store = a.values,
                          .capacity = kCapacity,
                          .at = a.own,
                          .first = 1,
                          .stream = stream});
  DecodeAttention<T> what;
  what.paths = kRows;
  what.heads = kHeads;
  what.kv_heads = kKvHeads;
  what.width = kWidth;
  what.prompt_count = 2;
  for (int p = 0; p < 2; ++p) {
    what.prompts[p] = {a.prompts[2 * p], a.prompts[2 * p + 1], kLengths[p], kLengths[p]};
  }
  what.own_capacity = kCapacity;
  what.query = a.qkv;
  what.query_stride = kStride;
  what.own_key = a.keys;
  what.own_value = a.values;
  what.own = a.own;
  what.scale = 1.0f / std::sqrt(static_cast<float>(kWidth));
  what.out = a.out;
  what.workspace = a.workspace;
  what.wanted_paths = 2;
  what.columns = kColumns;
  what.wanted = a.wanted;
  what.column = a.column;
  what.weights = a.weights;
  what.stream = stream;
  decode_attention(device, what);
}

template <class T>
void compare(const std::vector<T>& got, const std::vector<T>& want, double tolerance) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double value = load(want[i]);
    const double bound = tolerance + 2 * stored_rounding<T>() * std::abs(value);
    if (!(std::abs(load(got[i]) - value) <= bound)) {
      FAIL_CHECK(i << ": device " << load(got[i]) << ", specification " << value);
    }
  }
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::memcmp(a.data(), b.data(), b.size() * sizeof(T)) == 0;
}

template <class T>
void test() {
  INFO(stored_name<T>());
  const std::int64_t stored = kRows * kKvHeads * kCapacity * kWidth;
  std::vector<T> qkv = stored_noise<T>(1, kRows * kStride), keys = stored_noise<T>(2, stored),
                 values = stored_noise<T>(3, stored), out(kRows * kHeads * kWidth);
  std::vector<T> prompts[4];
  for (std::uint32_t p = 0; p < 4; ++p) {
    prompts[p] = stored_noise<T>(4 + p, kKvHeads * kLengths[p / 2] * kWidth);
  }
  std::vector<float> cos(kRows * kWidth / 2, 1), sin(cos.size(), 0), weights(2 * kHeads * kColumns);
  std::vector<std::int32_t> own(kRows, 1);
  const std::vector<std::int32_t> wanted = {2, 3}, column = {0, 69, 7, 8, 64, 4, 0, 3, 0, 0};

  DeviceArray<T> d_qkv(qkv), d_keys(keys), d_values(values), d_out(out.size());
  const DeviceArray<T> d0(prompts[0]), d1(prompts[1]), d2(prompts[2]), d3(prompts[3]);
  DeviceArray<float> d_cos(cos), d_sin(sin), d_weights(weights.size());
  DeviceArray<std::int32_t> d_own(own);
  const DeviceArray<std::int32_t> d_wanted(wanted), d_column(column);
  DeviceArray<float> workspace(static_cast<std::size_t>(
      decode_attention_workspace(kRows, kHeads, kWidth, kLengths[0], kCapacity)));
  const Arrays<T> there{d_qkv.get(),
                        d_keys.get(),
                        d_values.get(),
                        d_out.get(),
                        {d0.get(), d1.get(), d2.get(), d3.get()},
                        d_cos.get(),
                        d_sin.get(),
                        d_own.get(),
                        d_wanted.get(),
                        d_column.get(),
                        workspace.get(),
                        d_weights.get()};
  Recorded recorded([&](cudaStream_t stream) { step(Device::cuda, there, stream); });

  for (const std::int32_t length : {1, 2, 63, 65, 70}) {
    INFO("own positions " << length);
    const auto seed = static_cast<std::uint32_t>(100 + length);
    qkv = stored_noise<T>(seed, kRows * kStride);
    const std::vector<float> angles = stored_noise<float>(seed + 1, kRows * kWidth / 2, 100);
    for (std::size_t i = 0; i < angles.size(); ++i) {
      cos[i] = std::cos(angles[i]);
      sin[i] = std::sin(angles[i]);
    }
    own.assign(kRows, length);
    own[4] = kCapacity + 1 - length;  // rows need not be in step
    // Entries that were not appended are noise, the same on both sides.
    d_qkv.write(qkv);
    d_cos.write(cos);
    d_sin.write(sin);
    d_own.write(own);
    keys = d_keys.read();
    values = d_values.read();
    recorded.replay();
    step(Device::cpu,
         Arrays<T>{qkv.data(),
                   keys.data(),
                   values.data(),
                   out.data(),
                   {prompts[0].data(), prompts[1].data(), prompts[2].data(), prompts[3].data()},
                   cos.data(),
                   sin.data(),
                   own.data(),
                   wanted.data(),
                   column.data(),
                   nullptr,
                   weights.data()},
         nullptr);
    CHECK(same(d_qkv.read(), qkv));
    CHECK(same(d_keys.read(), keys));
    CHECK(same(d_values.read(), values));
    compare(d_out.read(), out, 1e-5);
    compare(d_weights.read(), weights, 1e-6);
  }
}

}  // namespace

TEST_CASE("a step that is recorded once reads lengths, angles and rows as they are at each replay",
          "[kernels][cuda]") {
  test<float>();
  test<HalfFloat>();
  test<BrainFloat>();
}
