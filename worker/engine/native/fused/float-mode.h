// One floating-point mode for every thread that computes rows: round to nearest, denormals as zero or as they are.
//
// TensorFlow sets its own threads so that they are zero; a helper's rows must have the same bits as the caller's. Loops
// that JavaScript has too keep denormals, as JavaScript does.

#pragma once

#include <cstdint>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace prospect {

enum class Denormals { kZero, kKept };

class FloatMode {
 public:
#if defined(__x86_64__)
  explicit FloatMode(Denormals denormals) : before_(_mm_getcsr()) {
    _mm_setcsr(denormals == Denormals::kZero ? kAllMasked | kFlushToZero | kDenormalsAreZero : kAllMasked);
  }
  ~FloatMode() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned kAllMasked = 0x1f80, kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  const unsigned before_;
#elif defined(__aarch64__)
  explicit FloatMode(Denormals denormals) {
    asm volatile("mrs %0, fpcr" : "=r"(before_));
    asm volatile("msr fpcr, %0" : : "r"(denormals == Denormals::kZero ? kFlushToZero : uint64_t{0}));
  }
  ~FloatMode() { asm volatile("msr fpcr, %0" : : "r"(before_)); }

 private:
  static constexpr uint64_t kFlushToZero = uint64_t{1} << 24;
  uint64_t before_;
#else
  explicit FloatMode(Denormals) {}
#endif
};

}  // namespace prospect
