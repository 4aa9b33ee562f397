#include "../loops.h"
#include "../operation.h"
#include "../pool.h"
#include "operations.h"

namespace prospect {
namespace {

constexpr const char* kNoAttributes[] = {nullptr};

// Logits [rows, width] and a target in each row.
bool check(Call& call) {
  if (!call.expect(call.shape(0).size() == 2, "logits are not [rows, vocabulary]")) return false;
  const int64_t rows = call.shape(0)[0], width = call.shape(0)[1];
  if (!call.expect(call.size(1) == rows, "logits: not one target for each row")) return false;
  bool inside = true;
  for (int64_t row = 0; row < rows; row++) inside &= call.integers(1)[row] >= 0 && call.integers(1)[row] < width;
  return call.expect(inside, "logits: a target is outside the vocabulary");
}

struct LogitScoresOperation {
  static constexpr const char* kName = "ProspectLogitScores";
  static constexpr const char* kInputs[] = {"logits: float", "targets: int32", nullptr};
  static constexpr const char* kOutputs[] = {"scores: float", nullptr};
  static constexpr Specs kAttributes = kNoAttributes;

  explicit LogitScoresOperation(const Attributes&) {}

  void compute(Call& call) const {
    if (!check(call)) return;
    const auto shape = call.shape(0);
    float* out = call.output(0, {shape[0], kScoreColumns});
    if (out == nullptr) return;
    for_rows(shape[0], shape[1], loops().logit_scores, Logits{call.floats(0), call.integers(1), out, shape[1]});
  }
};

struct LogitSlopesOperation {
  static constexpr const char* kName = "ProspectLogitSlopes";
  static constexpr const char* kInputs[] = {"logits: float", "targets: int32", nullptr};
  static constexpr const char* kOutputs[] = {"slopes: float", nullptr};
  static constexpr Specs kAttributes = kNoAttributes;

  explicit LogitSlopesOperation(const Attributes&) {}

  void compute(Call& call) const {
    if (!check(call)) return;
    const auto shape = call.shape(0);
    float* out = call.output(0, shape);
    if (out == nullptr) return;
    for_rows(shape[0], shape[1], loops().logit_slopes, Logits{call.floats(0), call.integers(1), out, shape[1]});
  }
};

}  // namespace

bool register_logits() { return register_operation<LogitScoresOperation>() && register_operation<LogitSlopesOperation>(); }

}  // namespace prospect
