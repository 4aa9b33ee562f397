#include "../operation.h"
#include "../span-attention.h"
#include "operations.h"

namespace prospect {
namespace {

constexpr const char* kWhere[] = {"window: int", "earlier_rows: int", nullptr};

// From inputs q, k, v, and spans [count, 4]; false after a failure.
bool attention_of(Call& call, int64_t window, int64_t earlier_rows, SpanAttention& attention) {
  const auto q = call.shape(0), k = call.shape(1), spans = call.shape(3);
  const bool ranks = q.size() == 3 && k.size() == 3 && call.shape(2) == k && spans.size() == 2 && spans[1] == 4;
  if (!call.expect(ranks, "attention: q, k and v are not [rows, heads, size], or spans not [count, 4]")) return false;
  const bool heads = k[1] > 0 && q[1] % k[1] == 0 && q[2] == k[2] && q[2] > 0 && k[0] == earlier_rows + q[0];
  if (!call.expect(heads, "attention: q, k and v do not fit together")) return false;
  attention = {call.floats(0), call.floats(1), call.floats(2), reinterpret_cast<const Span*>(call.integers(3)),
               spans[0],       earlier_rows,   q[1],           k[1],
               q[2],           window};
  int64_t next = 0;
  for (int64_t i = 0; i < spans[0]; i++) {
    const auto& [start, length, before_start, before_length] = attention.spans[i];
    const bool before = before_start >= 0 && before_length >= 0 && before_start + before_length <= earlier_rows;
    if (!call.expect(start == next && length > 0 && before, "attention: a span is empty, out of order or outside")) return false;
    next += length;
  }
  return call.expect(next == q[0], "attention: the spans are not all rows");
}

struct AttentionOperation {
  static constexpr const char* kName = "ProspectAttention";
  static constexpr const char* kInputs[] = {"q: float", "k: float", "v: float", "spans: int32", nullptr};
  static constexpr const char* kOutputs[] = {"out: float", nullptr};
  static constexpr Specs kAttributes = kWhere;
  const int64_t window;
  const int64_t earlier_rows;

  explicit AttentionOperation(const Attributes& attributes)
      : window(attributes.integer("window")), earlier_rows(attributes.integer("earlier_rows")) {}

  void compute(Call& call) const {
    SpanAttention attention{};
    if (!attention_of(call, window, earlier_rows, attention)) return;
    float* out = call.output(0, call.shape(0));
    if (out != nullptr) attend(attention, out);
  }
};

struct AttentionGradientOperation {
  static constexpr const char* kName = "ProspectAttentionGradient";
  static constexpr const char* kInputs[] = {"q: float", "k: float", "v: float", "spans: int32", "d_out: float", nullptr};
  static constexpr const char* kOutputs[] = {"d_q: float", "d_k: float", "d_v: float", nullptr};
  static constexpr const char* kAttributes[] = {"window: int", nullptr};
  const int64_t window;

  explicit AttentionGradientOperation(const Attributes& attributes) : window(attributes.integer("window")) {}

  void compute(Call& call) const {
    SpanAttention attention{};
    if (!attention_of(call, window, 0, attention)) return;
    if (!call.expect(call.shape(4) == call.shape(0), "attention: d_out is not of q's shape")) return;
    float* d_q = call.output(0, call.shape(0));
    float* d_k = d_q == nullptr ? nullptr : call.output(1, call.shape(1));
    float* d_v = d_k == nullptr ? nullptr : call.output(2, call.shape(2));
    if (d_v != nullptr) attend_gradient(attention, call.floats(4), d_q, d_k, d_v);
  }
};

}  // namespace

bool register_attention() {
  return register_operation<AttentionOperation>() && register_operation<AttentionGradientOperation>();
}

}  // namespace prospect
