#include "../loops.h"
#include "../operation.h"
#include "../pool.h"
#include "operations.h"

namespace prospect {
namespace {

constexpr const char* kScale[] = {"scale: float", nullptr};

bool ranges_fit(const Call& call, int64_t keys) {
  for (int64_t i = 0; i < call.size(1); i++) {
    const int32_t from = call.integers(1)[i], to = call.integers(2)[i];
    if (from < 0 || from >= to || to > keys) return false;
  }
  return true;
}

struct VisibleSoftmaxOperation {
  static constexpr const char* kName = "ProspectVisibleSoftmax";
  static constexpr const char* kInputs[] = {"scores: float", "from: int32", "to: int32", nullptr};
  static constexpr const char* kOutputs[] = {"probabilities: float", nullptr};
  static constexpr Specs kAttributes = kScale;
  const float scale;

  explicit VisibleSoftmaxOperation(const Attributes& attributes) : scale(attributes.number("scale")) {}

  void compute(Call& call) const {
    const auto shape = call.shape(0), visible = call.shape(1);
    const bool ranks = shape.size() == 3 && visible.size() == 2 && call.shape(2) == visible;
    if (!call.expect(ranks, "visible softmax: scores are not [entries, rows, keys], or ranges not [batch, queries]")) return;
    const int64_t batch = visible[0], queries = visible[1], keys = shape[2];
    const bool fit = batch > 0 && queries > 0 && shape[0] % batch == 0 && shape[1] % queries == 0;
    if (!call.expect(fit, "visible softmax: the scores are of other sequences or queries than the ranges")) return;
    if (!call.expect(ranges_fit(call, keys), "visible softmax: a range is empty or beyond the keys")) return;
    float* out = call.output(0, shape);
    if (out == nullptr) return;
    const VisibleSoftmax job{call.floats(0), call.integers(1), call.integers(2), out,  shape[1],
                             queries,        shape[0] / batch, keys,             scale};
    for_rows(shape[0] * shape[1], keys, loops().visible_softmax, job);
  }
};

struct SoftmaxGradientOperation {
  static constexpr const char* kName = "ProspectSoftmaxGradient";
  static constexpr const char* kInputs[] = {"probabilities: float", "d_probabilities: float", nullptr};
  static constexpr const char* kOutputs[] = {"d_scores: float", nullptr};
  static constexpr Specs kAttributes = kScale;
  const float scale;

  explicit SoftmaxGradientOperation(const Attributes& attributes) : scale(attributes.number("scale")) {}

  void compute(Call& call) const {
    const auto shape = call.shape(0);
    if (!call.expect(call.size(1) == call.size(0), "softmax gradient: the inputs differ in shape")) return;
    float* out = call.output(0, shape);
    if (out == nullptr) return;
    const SoftmaxGradient job{call.floats(0), call.floats(1), out, last_side(shape), scale};
    for_rows(rows_of(shape), last_side(shape), loops().softmax_gradient, job);
  }
};

}  // namespace

bool register_softmax() {
  return register_operation<VisibleSoftmaxOperation>() && register_operation<SoftmaxGradientOperation>();
}

}  // namespace prospect
