// One floating-point mode for every thread that computes rows: round to nearest, denormals as zero.
//
// TensorFlow sets its own threads so; a helper's rows must have the same bits as the caller's.

#pragma once

#include <cstdint>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace prospect {

class FloatMode {
 public:
#if defined(__x86_64__)
  FloatMode() : before_(_mm_getcsr()) { _mm_setcsr(kAllMasked | kFlushToZero | kDenormalsAreZero); }
  ~FloatMode() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned kAllMasked = 0x1f80, kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  const unsigned before_;
#elif defined(__aarch64__)
  FloatMode() {
    asm volatile("mrs %0, fpcr" : "=r"(before_));
    asm volatile("msr fpcr, %0" : : "r"(kFlushToZero));
  }
  ~FloatMode() { asm volatile("msr fpcr, %0" : : "r"(before_)); }

 private:
  static constexpr uint64_t kFlushToZero = uint64_t{1} << 24;
  uint64_t before_;
#endif
};

}  // namespace prospect
