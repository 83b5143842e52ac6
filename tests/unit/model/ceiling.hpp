#pragma once
// libtorch's CPU memory with a ceiling, for tests of what happens when it is reached. No torch
// here, whose CHECK is not Catch2's.
#include <cstdint>

namespace vrp::test {

/// How it is said that there is no more: libtorch's error of a device, its CPU allocator's, C++'s.
enum class Refusal { device, host, bad_alloc };

class Ceiling {
 public:
  /// In place of libtorch's own allocator from the first call on, which has to come before the
  /// first tensor.
  static Ceiling& install();
  virtual std::int64_t live() const = 0;  ///< bytes
  virtual std::int64_t peak() const = 0;  ///< since reset_peak
  virtual void reset_peak() = 0;
  virtual void set_limit(std::int64_t bytes) = 0;  ///< of live bytes; 0 = none
  virtual void say_by(Refusal refusal) = 0;

 protected:
  ~Ceiling() = default;
};

}  // namespace vrp::test
