// Decode attention on the device against its specification.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "kernels/decode_attention.hpp"
#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/orders.hpp"
#include "tests/kernels/stored_values.hpp"

using namespace vrp;

namespace {

struct PromptSize {
  std::int64_t length, capacity;
};
struct Sizes {
  std::int64_t paths, heads, kv_heads, width;
  std::vector<PromptSize> prompts;
  std::int64_t own_capacity;
  std::vector<std::int32_t> own, slots, wanted, columns;  ///< columns [wanted, n]
  std::int64_t query_gap = 0;                             ///< numbers between the paths' queries
};

template <class T>
struct Result {
  std::vector<T> out;
  std::vector<float> weights;
};

template <class T>
struct Setting {
  explicit Setting(const Sizes& sizes) : s(sizes) {
    const std::int64_t slots = s.slots.empty() ? s.paths : 2 * s.paths;
    query = stored_noise<T>(1, s.paths * (s.heads * s.width + s.query_gap));
    own_key = stored_noise<T>(4, slots * s.kv_heads * s.own_capacity * s.width);
    own_value = stored_noise<T>(5, slots * s.kv_heads * s.own_capacity * s.width);
    for (const PromptSize& prompt : s.prompts) {
      const std::int64_t numbers = s.kv_heads * prompt.capacity * s.width;
      const auto seed = static_cast<std::uint32_t>(prompt_key.size());
      prompt_key.push_back(stored_noise<T>(2 + 10 * seed, numbers));
      prompt_value.push_back(stored_noise<T>(3 + 10 * seed, numbers));
    }
  }

  DecodeAttention<T> sizes() const {
    DecodeAttention<T> what;
    what.paths = s.paths;
    what.heads = s.heads;
    what.kv_heads = s.kv_heads;
    what.width = s.width;
    what.prompt_count = std::ssize(s.prompts);
    for (std::size_t p = 0; p < std::min<std::size_t>(kMostPrompts, s.prompts.size()); ++p) {
      what.prompts[p].length = s.prompts[p].length;
      what.prompts[p].capacity = s.prompts[p].capacity;
    }
    what.own_capacity = s.own_capacity;
    what.query_stride = s.query_gap == 0 ? 0 : s.heads * s.width + s.query_gap;
    what.scale = 1.0f / std::sqrt(static_cast<float>(s.width));
    what.wanted_paths = std::ssize(s.wanted);
    what.columns = s.wanted.empty() ? 0 : std::ssize(s.columns) / std::ssize(s.wanted);
    return what;
  }
  std::size_t out_size() const { return static_cast<std::size_t>(s.paths * s.heads * s.width); }
  std::size_t weights_size() const { return s.columns.size() * static_cast<std::size_t>(s.heads); }

  Result<T> on_cpu() const {
    Result<T> result{std::vector<T>(out_size()), std::vector<float>(weights_size())};
    DecodeAttention<T> what = sizes();
    what.query = query.data();
    for (std::size_t p = 0; p < prompt_key.size(); ++p) {
      what.prompts[p].key = prompt_key[p].data();
      what.prompts[p].value = prompt_value[p].data();
    }
    what.own_key = own_key.data();
    what.own_value = own_value.data();
    what.own = s.own.data();
    what.slots = s.slots.empty() ? nullptr : s.slots.data();
    what.out = result.out.data();
    what.wanted = s.wanted.data();
    what.column = s.columns.data();
    what.weights = result.weights.data();
    decode_attention(Device::cpu, what);
    return result;
  }

  Result<T> on_device() const {
    const DeviceArray<T> q(query), ok(own_key), ov(own_value);
    const DeviceArray<std::int32_t> own(s.own), slots(s.slots), wanted(s.wanted), column(s.columns);
    DeviceArray<T> out(out_size());
    DeviceArray<float> weights(weights_size());
    std::int64_t longest = 0;
    for (const PromptSize& prompt : s.prompts) longest = std::max(longest, prompt.length);
    DeviceArray<float> workspace(static_cast<std::size_t>(
        decode_attention_workspace(s.paths, s.heads, s.width, longest, s.own_capacity)));
    DecodeAttention<T> what = sizes();
    std::vector<std::unique_ptr<DeviceArray<T>>> prompts;
    for (std::size_t p = 0; p < prompt_key.size(); ++p) {
      prompts.push_back(std::make_unique<DeviceArray<T>>(prompt_key[p]));
      what.prompts[p].key = prompts.back()->get();
      prompts.push_back(std::make_unique<DeviceArray<T>>(prompt_value[p]));
      what.prompts[p].value = prompts.back()->get();
    }
    what.query = q.get();
    what.own_key = ok.get();
    what.own_value = ov.get();
    what.own = own.get();
    what.slots = s.slots.empty() ? nullptr : slots.get();
    what.out = out.get();
    what.workspace = workspace.get();
    what.wanted = wanted.get();
    what.column = column.get();
    what.weights = weights.get();
    decode_attention(Device::cuda, what);
    return {out.read(), weights.read()};
  }

  Sizes s;
  std::vector<T> query, own_key, own_value;
  std::vector<std::vector<T>> prompt_key, prompt_value;
};

void compare(const char* what, std::size_t i, double got, double want, double tolerance) {
  if (!(std::abs(got - want) <= tolerance)) {
    FAIL_CHECK(what << " " << i << ": device " << got << ", specification " << want);
  }
}

template <class T>
void test(const Sizes& sizes, int orders) {
  INFO(stored_name<T>() << ": " << sizes.paths << " paths, " << sizes.heads << " heads over "
                        << sizes.kv_heads << " of " << sizes.width << ", " << sizes.prompts.size()
                        << " prompts, the first of " << sizes.prompts.front().length);
  const Setting<T> setting(sizes);
  const Result<T> want = setting.on_cpu();
  Result<T> first;
  in_every_order(
      [&] {
        const Result<T> got = setting.on_device();
        for (std::size_t i = 0; i < want.out.size(); ++i) {
          const double value = load(want.out[i]);
          compare("output", i, load(got.out[i]), value,
                  1e-5 + 2 * stored_rounding<T>() * std::abs(value));
        }
        for (std::size_t i = 0; i < want.weights.size(); ++i) {
          compare("weight", i, got.weights[i], want.weights[i], 1e-5 * want.weights[i]);
        }
        if (first.out.empty()) first = got;
        CHECK(std::memcmp(first.out.data(), got.out.data(), got.out.size() * sizeof(T)) == 0);
        CHECK(first.weights == got.weights);
      },
      orders);
}

std::vector<std::int32_t> range(std::int32_t begin, std::int32_t end, std::int32_t step = 1) {
  std::vector<std::int32_t> values;
  for (std::int32_t i = begin; i < end; i += step) values.push_back(i);
  return values;
}

std::vector<std::int32_t> joined(std::vector<std::int32_t> a, const std::vector<std::int32_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Groups of all sizes, widths of all families, splits full, broken and missing; prompts alone,
/// beside longer, shorter and empty ones.
const std::vector<Sizes>& all_sizes() {
  static const std::vector<Sizes> sizes = {
      {1, 1, 1, 64, {{64, 64}}, 1, {1}, {}, {0}, {0, 63}},
      {3, 4, 2, 80, {{65, 70}}, 5, {1, 5, 3}, {}, {0, 2}, joined(range(3, 60), range(8, 65)), 12},
      {11,
       2,
       2,
       128,
       {{130, 130}},
       70,
       {1, 2, 3, 64, 65, 66, 70, 8, 9, 10, 63},
       {},
       {0},
       range(1, 130)},
      {4, 8, 1, 256, {{40, 48}}, 3, {3, 2, 1, 3}, {7, 0, 2, 5}, {3, 0}, {39, 0, 7, 1, 1, 39}},
      {64, 2, 1, 96, {{1, 1}}, 2, std::vector<std::int32_t>(64, 2), {}, {63}, {0}},
      {2, 34, 1, 16, {{30, 30}}, 4, {4, 1}, {1, 3}, {1}, range(0, 30, 7)},
      {2, 2, 2, 64, {{0, 0}}, 130, {129, 64}, {}, {}, {}},
      {2, 2, 1, 64, {{129, 200}}, 4, {0, 1}, {}, {0}, range(120, 129)},
      {6,
       4,
       2,
       64,
       {{70, 80}, {0, 0}, {200, 200}},
       3,
       {1, 2, 3, 1, 2, 0},
       {5, 4, 3, 2, 1, 0},
       {0, 4, 5},
       joined(range(0, 70), joined(range(130, 200), range(0, 70))),
       8},
      {40, 2, 2, 32, {{64, 64}, {65, 66}}, 2, std::vector<std::int32_t>(40, 1), {}, {39}, {64}},
  };
  return sizes;
}

}  // namespace

TEST_CASE("decode attention on the device is the specification's, with the same bits every time",
          "[kernels][cuda]") {
  for (const Sizes& sizes : all_sizes()) {
    test<float>(sizes, 6);
    test<HalfFloat>(sizes, 2);
    test<BrainFloat>(sizes, 2);
  }
}

TEST_CASE("a path has the same bits alone, in another slot, with other capacities and prompts",
          "[kernels][cuda]") {
  Sizes together{40, 4,    2,  64, {{300, 300}, {100, 110}, {0, 4}, {64, 64}}, 70, range(1, 41),
                 {}, {19}, {}, 4};
  together.own[19] = 66;
  together.columns = range(10, 90);
  const Sizes alone{1, 4, 2, 64, {{100, 100}}, 130, {66}, {1}, {0}, range(10, 90)};
  const Setting<float> many(together);
  Setting<float> one(alone);
  const auto block = [](std::int64_t n) { return static_cast<std::ptrdiff_t>(n); };
  std::copy_n(many.query.begin() + block(19 * (4 * 64 + 4)), 4 * 64, one.query.begin());
  for (std::int64_t g = 0; g < 2; ++g) {
    const auto prompt = block(g * 110 * 64), here = block(g * 100 * 64);
    std::copy_n(many.prompt_key[1].begin() + prompt, 100 * 64, one.prompt_key[0].begin() + here);
    std::copy_n(many.prompt_value[1].begin() + prompt, 100 * 64,
                one.prompt_value[0].begin() + here);
    const auto from = block((19 * 2 + g) * 70 * 64), to = block((2 + g) * 130 * 64);
    std::copy_n(many.own_key.begin() + from, 66 * 64, one.own_key.begin() + to);
    std::copy_n(many.own_value.begin() + from, 66 * 64, one.own_value.begin() + to);
  }
  const Result<float> a = many.on_device(), b = one.on_device();
  CHECK(std::equal(b.out.begin(), b.out.end(), a.out.begin() + block(19 * 4 * 64)));
  CHECK(a.weights == b.weights);
}

TEST_CASE("as many prompts as a call takes, each seen by its own path", "[kernels][cuda]") {
  Sizes sizes{kMostPrompts, 1,  1, 16, {}, 1, std::vector<std::int32_t>(kMostPrompts, 1),
              {},           {}, {}};
  for (int p = 0; p < kMostPrompts; ++p) sizes.prompts.push_back({p, p + 1});
  test<float>(sizes, 2);
}

TEST_CASE("a path without positions and scores that are no numbers give NaN", "[kernels][cuda]") {
  const Setting<float> empty({2, 2, 1, 64, {{0, 0}}, 4, {0, 2}, {}, {}, {}});
  const Result<float> got = empty.on_device(), want = empty.on_cpu();
  CHECK(std::isnan(got.out[0]));
  CHECK(std::isnan(want.out[0]));
  CHECK(std::isfinite(got.out[128]));
  Setting<float> bad({2, 2, 1, 64, {{100, 100}}, 4, {1, 2}, {}, {0, 1}, {0, 99, 0, 99}});
  bad.query[128] = std::numeric_limits<float>::quiet_NaN();  // path 1, head 0
  const Result<float> result = bad.on_device();
  CHECK(std::isnan(result.out[128]));
  CHECK(std::isnan(result.weights[4]));
  CHECK(std::isfinite(result.out[0]));
  CHECK(std::isfinite(result.out[192]));
}

TEST_CASE("decode attention names what does not fit", "[kernels][cuda]") {
  const auto message = [](auto change) -> std::string {
    Setting<float> setting({1, 2, 1, 64, {{4, 4}}, 1, {1}, {}, {}, {}});
    change(setting.s);
    try {
      setting.on_cpu();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "nothing thrown";
  };
  CHECK(message([](Sizes&) {}) == "nothing thrown");
  CHECK(message([](Sizes& s) { s.kv_heads = 3; }).find("number of heads is 2") !=
        std::string::npos);
  CHECK(message([](Sizes& s) { s.width = 40; }).find("width of a head is 40") != std::string::npos);
  CHECK(message([](Sizes& s) { s.width = 272; }).find("width of a head") != std::string::npos);
  CHECK(message([](Sizes& s) { s.prompts[0].length = 5; }).find("prompt positions is 5") !=
        std::string::npos);
  CHECK(message([](Sizes& s) { s.own_capacity = 0; }).find("capacity") != std::string::npos);
  CHECK(message([](Sizes& s) { s.prompts.clear(); }).find("number of prompts is 0") !=
        std::string::npos);
  CHECK(message([](Sizes& s) { s.prompts.resize(33); }).find("number of prompts is 33") !=
        std::string::npos);
  CHECK(message([](Sizes& s) { s.prompts.resize(2); }).find("number of paths is 1") !=
        std::string::npos);
  CHECK(message([](Sizes& s) { s.query_gap = 2; }).find("distance of the paths' queries is 130") !=
        std::string::npos);
}
