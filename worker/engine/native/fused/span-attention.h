// Causal attention of sequences that lie one after the other, by blocks of queries: what a block does not see is not
// computed, and scores never leave the processor's caches.

#pragma once

#include <cstdint>

namespace prospect {

// Of a sequence: its rows, and the rows of an earlier pass that it continues.
struct Span {
  int32_t start;
  int32_t length;
  int32_t before_start;
  int32_t before_length;
};

struct SpanAttention {
  // [rows, heads, size]
  const float* q;
  // [earlier rows, then rows; key_value_heads, size]
  const float* k;
  const float* v;
  const Span* spans;
  int64_t span_count;
  int64_t earlier_rows;
  int64_t heads;
  int64_t key_value_heads;
  int64_t size;
  // Positions that attention reaches back; 0: all.
  int64_t window;
};

// out [rows, heads, size]
void attend(const SpanAttention& attention, float* out);

// Gradients, each of its own's shape; nothing is continued.
void attend_gradient(const SpanAttention& attention, const float* d_out, float* d_q, float* d_k, float* d_v);

}  // namespace prospect
