#pragma once
// What every benchmark program needs: a stopwatch, a median, and numbers to work on.
#include <cstdint>
#include <functional>
#include <vector>

namespace vrp::speed {

/// Seconds by the clock that the call took.
double seconds_once(const std::function<void()>& call);

/// Error for no values.
double median(std::vector<double> values);

/// Uniform in [-1, 1), the same at every run.
std::vector<float> numbers(std::int64_t count, std::uint64_t seed);

}  // namespace vrp::speed
