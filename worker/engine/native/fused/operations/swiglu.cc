#include "../loops.h"
#include "../operation.h"
#include "../pool.h"
#include "operations.h"

namespace prospect {
namespace {

constexpr const char* kNoAttributes[] = {nullptr};

int64_t blocks_of(int64_t count) { return (count + kElementBlock - 1) / kElementBlock; }

struct SwiGluOperation {
  static constexpr const char* kName = "ProspectSwiGlu";
  static constexpr const char* kInputs[] = {"gate: float", "up: float", nullptr};
  static constexpr const char* kOutputs[] = {"y: float", nullptr};
  static constexpr Specs kAttributes = kNoAttributes;

  explicit SwiGluOperation(const Attributes&) {}

  void compute(Call& call) const {
    const int64_t count = call.size(0);
    if (!call.expect(call.size(1) == count, "SwiGLU: gate and up differ in shape")) return;
    float* y = call.output(0, call.shape(0));
    if (y == nullptr) return;
    const SwiGlu job{call.floats(0), call.floats(1), nullptr, y, nullptr, count};
    for_rows(blocks_of(count), kElementBlock, loops().swiglu, job);
  }
};

struct SwiGluGradientOperation {
  static constexpr const char* kName = "ProspectSwiGluGradient";
  static constexpr const char* kInputs[] = {"gate: float", "up: float", "dy: float", nullptr};
  static constexpr const char* kOutputs[] = {"d_gate: float", "d_up: float", nullptr};
  static constexpr Specs kAttributes = kNoAttributes;

  explicit SwiGluGradientOperation(const Attributes&) {}

  void compute(Call& call) const {
    const int64_t count = call.size(0);
    const bool fit = call.size(1) == count && call.size(2) == count;
    if (!call.expect(fit, "SwiGLU: gate, up and dy differ in shape")) return;
    float* d_gate = call.output(0, call.shape(0));
    float* d_up = d_gate == nullptr ? nullptr : call.output(1, call.shape(0));
    if (d_up == nullptr) return;
    const SwiGlu job{call.floats(0), call.floats(1), call.floats(2), d_gate, d_up, count};
    for_rows(blocks_of(count), kElementBlock, loops().swiglu_gradient, job);
  }
};

}  // namespace

bool register_swiglu() { return register_operation<SwiGluOperation>() && register_operation<SwiGluGradientOperation>(); }

}  // namespace prospect
