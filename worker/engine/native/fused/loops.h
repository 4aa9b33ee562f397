// The inner loops of the fused operations, compiled once for each kind of vector unit. Their bits are the same on all.

#pragma once

#include <cstdint>

namespace prospect {

// x [rows, width], weight [width]; inverse = 1/sqrt(mean(x^2) + epsilon) of a row.
struct RmsNorm {
  const float* x;
  const float* weight;
  const float* dy;
  float* out;
  int64_t width;
  float epsilon;
};

// The sum over all rows of dy*x*inverse, for some columns; rows of this job are blocks of columns.
struct RmsNormColumns {
  const float* x;
  const float* dy;
  const float* inverse;
  float* out;
  int64_t rows;
  int64_t width;
};

// Elements in blocks of kElementBlock.
struct SwiGlu {
  const float* gate;
  const float* up;
  const float* dy;
  float* out;
  float* out_up;
  int64_t count;
};

// x [rows, heads, 2*half]; cos and sin [rows, half].
struct Rotary {
  const float* x;
  const float* cos;
  const float* sin;
  float* out;
  int64_t heads;
  int64_t half;
  bool forward;
};

// scores [entries, members*queries, keys]; from and to [batch, queries]; heads = entries/batch.
struct VisibleSoftmax {
  const float* scores;
  const int32_t* from;
  const int32_t* to;
  float* out;
  int64_t rows_of_entry;
  int64_t queries;
  int64_t heads;
  int64_t keys;
  float scale;
};

// probabilities and d_probabilities [rows, width].
struct SoftmaxGradient {
  const float* probabilities;
  const float* d_probabilities;
  float* out;
  int64_t width;
  float scale;
};

// logits [rows, width], targets [rows].
struct Logits {
  const float* logits;
  const int32_t* targets;
  float* out;
  int64_t width;
};

// AdamW (Loshchilov and Hutter, arXiv 1711.05101) on flat arrays, in float64 with float32 state: worker/optimizer/adamw.ts
// has the same arithmetic. Elements in blocks of kElementBlock.
struct AdamW {
  float* values;
  float* first;
  float* second;
  const float* gradient;
  int64_t count;
  // Of the gradient, to clip it.
  double scale;
  double beta1;
  double beta2;
  // Learning rate over the first moment's bias correction.
  double rate;
  // Root of the second moment's bias correction.
  double correction;
  double epsilon;
  // What the decoupled decay leaves of a value.
  double decay;
};

// target += source, in blocks of kElementBlock.
struct Addition {
  float* target;
  const float* source;
  int64_t count;
};

// Sums of squares of blocks of kSquareBlock elements, as worker/engine/kernels/flat.ts takes them.
struct Squares {
  const float* values;
  double* sums;
  int64_t count;
};

constexpr int64_t kSquareBlock = 65536;
// One of the products that are added up: a [rows, inner] times b [inner, columns], each with its own strides.
struct Factors {
  const float* a;
  const float* b;
  int64_t inner;
  int64_t a_row;
  int64_t a_inner;
  int64_t b_inner;
  int64_t b_column;
};

// out [rows, columns] = what it is, where `adds`, + the sum of a*b over all factors. Rows of this job are its tasks: bands of rows times
// bands of columns.
struct Product {
  const Factors* factors;
  int64_t count;
  float* out;
  // From a row of the out to the next.
  int64_t out_row;
  int64_t rows;
  int64_t columns;
  int64_t row_bands;
  int64_t column_bands;
  bool adds;
};

// Bands of columns are so many panels at the most, all of them whole but the last.
constexpr int64_t kPanelColumns = 32;
constexpr int64_t kMostPanels = 8;

constexpr int64_t kElementBlock = 4096;
constexpr int64_t kColumnBlock = 64;
// Columns of a row of logit scores; a float64 is two float32, its value their sum.
constexpr int64_t kScoreColumns = 8;

struct Loops {
  const char* name;
  void (*rms_norm)(const RmsNorm&, int64_t, int64_t);
  void (*rms_norm_gradient)(const RmsNorm&, int64_t, int64_t);
  void (*rms_inverse)(const RmsNorm&, int64_t, int64_t);
  void (*rms_norm_columns)(const RmsNormColumns&, int64_t, int64_t);
  void (*swiglu)(const SwiGlu&, int64_t, int64_t);
  void (*swiglu_gradient)(const SwiGlu&, int64_t, int64_t);
  void (*rotary)(const Rotary&, int64_t, int64_t);
  void (*visible_softmax)(const VisibleSoftmax&, int64_t, int64_t);
  void (*softmax_gradient)(const SoftmaxGradient&, int64_t, int64_t);
  void (*logit_scores)(const Logits&, int64_t, int64_t);
  void (*logit_slopes)(const Logits&, int64_t, int64_t);
  void (*adamw)(const AdamW&, int64_t, int64_t);
  void (*addition)(const Addition&, int64_t, int64_t);
  void (*squares)(const Squares&, int64_t, int64_t);
  // nullptr where there is no fused multiply-add.
  void (*product)(const Product&, int64_t, int64_t);
};

// The loops for this machine's vector unit. $PROSPECT_FUSED_LOOPS names others, to hold them against each other.
const Loops& loops();

}  // namespace prospect
