#include "../loops.h"
#include "../operation.h"
#include "../pool.h"
#include "operations.h"

namespace prospect {
namespace {

constexpr const char* kEpsilon[] = {"epsilon: float", nullptr};

struct RmsNormOperation {
  static constexpr const char* kName = "ProspectRmsNorm";
  static constexpr const char* kInputs[] = {"x: float", "weight: float", nullptr};
  static constexpr const char* kOutputs[] = {"y: float", nullptr};
  static constexpr Specs kAttributes = kEpsilon;
  const float epsilon;

  explicit RmsNormOperation(const Attributes& attributes) : epsilon(attributes.number("epsilon")) {}

  void compute(Call& call) const {
    const auto shape = call.shape(0);
    const int64_t width = last_side(shape);
    if (!call.expect(call.size(1) == width, "RMS norm: the weight is not as long as a row of x")) return;
    float* y = call.output(0, shape);
    if (y == nullptr) return;
    const RmsNorm job{call.floats(0), call.floats(1), nullptr, y, width, epsilon};
    for_rows(rows_of(shape), width, loops().rms_norm, job);
  }
};

struct RmsNormGradientOperation {
  static constexpr const char* kName = "ProspectRmsNormGradient";
  static constexpr const char* kInputs[] = {"x: float", "weight: float", "dy: float", nullptr};
  static constexpr const char* kOutputs[] = {"dx: float", nullptr};
  static constexpr Specs kAttributes = kEpsilon;
  const float epsilon;

  explicit RmsNormGradientOperation(const Attributes& attributes) : epsilon(attributes.number("epsilon")) {}

  void compute(Call& call) const {
    const auto shape = call.shape(0);
    const int64_t width = last_side(shape);
    if (!call.expect(call.size(1) == width, "RMS norm: the weight is not as long as a row of x")) return;
    if (!call.expect(call.size(2) == call.size(0), "RMS norm: dy and x differ in shape")) return;
    float* dx = call.output(0, shape);
    if (dx == nullptr) return;
    const RmsNorm job{call.floats(0), call.floats(1), call.floats(2), dx, width, epsilon};
    for_rows(rows_of(shape), width, loops().rms_norm_gradient, job);
  }
};

struct RmsNormWeightGradientOperation {
  static constexpr const char* kName = "ProspectRmsNormWeightGradient";
  static constexpr const char* kInputs[] = {"x: float", "dy: float", nullptr};
  static constexpr const char* kOutputs[] = {"dw: float", nullptr};
  static constexpr Specs kAttributes = kEpsilon;
  const float epsilon;

  explicit RmsNormWeightGradientOperation(const Attributes& attributes) : epsilon(attributes.number("epsilon")) {}

  void compute(Call& call) const {
    const auto shape = call.shape(0);
    const int64_t rows = rows_of(shape), width = last_side(shape);
    if (!call.expect(call.size(1) == call.size(0), "RMS norm: dy and x differ in shape")) return;
    float* dw = call.output(0, {width});
    if (dw == nullptr) return;
    std::vector<float> inverse(rows);
    const RmsNorm inverses{call.floats(0), nullptr, nullptr, inverse.data(), width, epsilon};
    for_rows(rows, width, loops().rms_inverse, inverses);
    const RmsNormColumns columns{call.floats(0), call.floats(1), inverse.data(), dw, rows, width};
    for_rows((width + kColumnBlock - 1) / kColumnBlock, rows * kColumnBlock, loops().rms_norm_columns, columns);
  }
};

}  // namespace

bool register_rms_norm() {
  return register_operation<RmsNormOperation>() && register_operation<RmsNormGradientOperation>() &&
         register_operation<RmsNormWeightGradientOperation>();
}

}  // namespace prospect
