// Compiles the loops for each kind of vector unit and picks the widest that the machine has.
//
// The pragma makes the compiler take every function between push and pop for that unit. Products and sums are never
// contracted (-ffp-contract=off), so wider units give the same bits, only sooner.

#include "loops.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define PROSPECT_INLINE static inline __attribute__((always_inline))

namespace prospect {

namespace any {
#define PROSPECT_LOOPS "any"
#define PROSPECT_WIDTH 4
#include "loops/all.inc"
#undef PROSPECT_LOOPS
#undef PROSPECT_WIDTH
}  // namespace any

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
#define PROSPECT_LOOPS "avx2"
#define PROSPECT_WIDTH 8
#include "loops/all.inc"
#undef PROSPECT_LOOPS
#undef PROSPECT_WIDTH
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f")
namespace avx512 {
#define PROSPECT_LOOPS "avx512"
#define PROSPECT_WIDTH 16
#include "loops/all.inc"
#undef PROSPECT_LOOPS
#undef PROSPECT_WIDTH
}  // namespace avx512
#pragma GCC pop_options

static const Loops& choose() {
  const char* asked = std::getenv("PROSPECT_FUSED_LOOPS");
  const auto wanted = [&](const Loops& one) { return asked == nullptr || std::strcmp(asked, one.name) == 0; };
  if (__builtin_cpu_supports("avx512f") && wanted(avx512::kLoops)) return avx512::kLoops;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && wanted(avx2::kLoops)) return avx2::kLoops;
  return any::kLoops;
}

#else

static const Loops& choose() { return any::kLoops; }

#endif

const Loops& loops() {
  static const Loops& chosen = choose();
  return chosen;
}

}  // namespace prospect
