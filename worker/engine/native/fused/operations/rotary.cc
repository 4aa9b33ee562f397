#include "../loops.h"
#include "../operation.h"
#include "../pool.h"
#include "operations.h"

namespace prospect {
namespace {

constexpr const char* kDirection[] = {"direction: int", nullptr};

struct RotaryOperation {
  static constexpr const char* kName = "ProspectRotary";
  static constexpr const char* kInputs[] = {"x: float", "cos: float", "sin: float", nullptr};
  static constexpr const char* kOutputs[] = {"y: float", nullptr};
  static constexpr Specs kAttributes = kDirection;
  const bool forward;

  explicit RotaryOperation(const Attributes& attributes) : forward(attributes.integer("direction") > 0) {}

  void compute(Call& call) const {
    const auto shape = call.shape(0);
    if (!call.expect(shape.size() == 3, "rotary positions: x is not [rows, heads, size]")) return;
    const int64_t rows = shape[0], heads = shape[1], half = shape[2] / 2;
    const bool fit = call.size(1) == rows * half && call.size(2) == rows * half && shape[2] == 2 * half;
    if (!call.expect(fit, "rotary positions: cos and sin are not [rows, size/2]")) return;
    float* y = call.output(0, shape);
    if (y == nullptr) return;
    const Rotary job{call.floats(0), call.floats(1), call.floats(2), y, heads, half, forward};
    for_rows(rows, heads * shape[2], loops().rotary, job);
  }
};

}  // namespace

bool register_rotary() { return register_operation<RotaryOperation>(); }

}  // namespace prospect
