#include "span-attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "loops.h"
#include "pool.h"

namespace prospect {
namespace {

// Queries that are computed together: four times the rows of a product's tile.
constexpr int64_t kQueryBlock = 56;

int64_t whole_panels(int64_t columns) { return (columns + kPanelColumns - 1) / kPanelColumns * kPanelColumns; }

// Keys and values of one span and head side by side, and what a block of queries needs. One a thread, used again.
struct Scratch {
  std::vector<float> keys, values, scores, d_scores, d_keys, d_values;
  std::vector<int32_t> from, to;
};

Scratch& scratch() {
  static thread_local Scratch mine;
  return mine;
}

// out [rows, columns] = a*b, or with that added.
void multiply(const Factors& factors, int64_t rows, int64_t columns, float* out, int64_t out_row, bool adds = false) {
  const int64_t bands = (columns + kPanelColumns * kMostPanels - 1) / (kPanelColumns * kMostPanels);
  loops().product(Product{&factors, 1, out, out_row, rows, columns, 1, bands, adds}, 0, bands);
}

// A span's part of the work of one head.
struct HeadOfSpan {
  const SpanAttention& attention;
  const Span& span;
  int64_t head;

  int64_t key_value_head() const { return head / (attention.heads / attention.key_value_heads); }
  int64_t query_row() const { return attention.heads * attention.size; }
  int64_t key_row() const { return attention.key_value_heads * attention.size; }
  // Offset of a query of the span in q and what has its shape.
  int64_t query(int64_t index) const { return (span.start + index) * query_row() + head * attention.size; }

  // The first keys' rows, and zeros up to a whole panel.
  void copy(const float* from, int64_t count, std::vector<float>& to) const {
    const int64_t size = attention.size;
    to.resize(std::max<size_t>(to.size(), whole_panels(count) * size));
    for (int64_t key = 0; key < count; key++) {
      const int64_t own = key - span.before_length;
      const int64_t row = own < 0 ? span.before_start + key : attention.earlier_rows + span.start + own;
      std::memcpy(to.data() + key * size, from + row * key_row() + key_value_head() * size, size * sizeof(float));
    }
    std::fill(to.data() + count * size, to.data() + whole_panels(count) * size, 0.0f);
  }

  // Those that the first queries see.
  void copy_keys_and_values(int64_t queries) const {
    copy(attention.k, span.before_length + queries, scratch().keys);
    copy(attention.v, span.before_length + queries, scratch().values);
  }
};

// Queries [first, end) of a span.
struct Block {
  const HeadOfSpan& of;
  int64_t first;
  int64_t end;

  int64_t rows() const { return end - first; }
  // Keys that any of them sees, in whole panels.
  int64_t seen() const { return whole_panels(of.span.before_length + end); }
  float scale() const { return 1.0f / std::sqrt(static_cast<float>(of.attention.size)); }

  // a [rows, size] (in the queries' places) times b [keys, size] transposed.
  void against(const float* a, const std::vector<float>& b, std::vector<float>& out) const {
    const int64_t size = of.attention.size;
    out.resize(std::max<size_t>(out.size(), rows() * seen()));
    multiply({a + of.query(first), b.data(), size, of.query_row(), 1, 1, size}, rows(), seen(), out.data(), seen());
  }

  void probabilities() const {
    Scratch& mine = scratch();
    against(of.attention.q, mine.keys, mine.scores);
    mine.from.resize(rows());
    mine.to.resize(rows());
    for (int64_t row = 0; row < rows(); row++) {
      const int64_t end_of_row = of.span.before_length + first + row + 1;
      mine.to[row] = static_cast<int32_t>(end_of_row);
      mine.from[row] = static_cast<int32_t>(of.attention.window == 0 ? 0 : std::max<int64_t>(0, end_of_row - of.attention.window));
    }
    float* scores = mine.scores.data();
    loops().visible_softmax({scores, mine.from.data(), mine.to.data(), scores, rows(), rows(), 1, seen(), scale()}, 0, rows());
  }

  // weights [rows, seen] times b [keys, size] to the queries' places in out.
  void weigh(const std::vector<float>& weights, const std::vector<float>& b, float* out) const {
    const int64_t size = of.attention.size;
    multiply({weights.data(), b.data(), seen(), seen(), 1, size, 1}, rows(), size, out + of.query(first), of.query_row());
  }

  // Adds weights [rows, seen] transposed times b [rows, size] (in the queries' places) to out [keys, size].
  void spread(const std::vector<float>& weights, const float* b, std::vector<float>& out) const {
    const int64_t size = of.attention.size;
    multiply({weights.data(), b + of.query(first), rows(), 1, seen(), of.query_row(), 1}, seen(), size, out.data(), size, true);
  }
};

struct BlockTask {
  int64_t span;
  int64_t head;
  int64_t first;
};

struct ForwardJob {
  const SpanAttention& attention;
  const std::vector<BlockTask>& tasks;
  float* out;
};

void forward_tasks(const ForwardJob& job, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; i++) {
    const auto& [span, head, first] = job.tasks[i];
    const HeadOfSpan of{job.attention, job.attention.spans[span], head};
    const Block block{of, first, std::min<int64_t>(first + kQueryBlock, of.span.length)};
    of.copy_keys_and_values(block.end);
    block.probabilities();
    block.weigh(scratch().scores, scratch().values, job.out);
  }
}

struct GradientJob {
  const SpanAttention& attention;
  const float* d_out;
  float* d_q;
  // [rows, heads, size]: of each head by itself.
  float* d_k;
  float* d_v;
};

// One a span and head, so that keys get their sums in order.
void gradient_tasks(const GradientJob& job, int64_t from, int64_t to) {
  Scratch& mine = scratch();
  for (int64_t task = from; task < to; task++) {
    const HeadOfSpan of{job.attention, job.attention.spans[task / job.attention.heads], task % job.attention.heads};
    const int64_t size = job.attention.size, length = of.span.length;
    of.copy_keys_and_values(length);
    mine.d_keys.assign(whole_panels(length) * size, 0.0f);
    mine.d_values.assign(whole_panels(length) * size, 0.0f);
    for (int64_t first = 0; first < length; first += kQueryBlock) {
      const Block block{of, first, std::min(first + kQueryBlock, length)};
      block.probabilities();
      block.spread(mine.scores, job.d_out, mine.d_values);
      block.against(job.d_out, mine.values, mine.d_scores);
      float* d_scores = mine.d_scores.data();
      loops().softmax_gradient({mine.scores.data(), d_scores, d_scores, block.seen(), block.scale()}, 0, block.rows());
      block.weigh(mine.d_scores, mine.keys, job.d_q);
      block.spread(mine.d_scores, job.attention.q, mine.d_keys);
    }
    for (int64_t row = 0; row < length; row++) {
      std::memcpy(job.d_k + of.query(row), mine.d_keys.data() + row * size, size * sizeof(float));
      std::memcpy(job.d_v + of.query(row), mine.d_values.data() + row * size, size * sizeof(float));
    }
  }
}

// parts [rows, heads, size] to out [rows, key_value_heads, size]: the sum over the heads that share keys.
struct ShareJob {
  const float* parts;
  float* out;
  int64_t group;
  int64_t size;
};

void share_rows(const ShareJob& job, int64_t from, int64_t to) {
  for (int64_t row = from; row < to; row++) {
    const float* part = job.parts + row * job.group * job.size;
    float* out = job.out + row * job.size;
    std::memcpy(out, part, job.size * sizeof(float));
    for (int64_t head = 1; head < job.group; head++)
      for (int64_t i = 0; i < job.size; i++) out[i] += part[head * job.size + i];
  }
}

int64_t rows_of(const SpanAttention& attention) {
  int64_t rows = 0;
  for (int64_t i = 0; i < attention.span_count; i++) rows += attention.spans[i].length;
  return rows;
}

}  // namespace

void attend(const SpanAttention& attention, float* out) {
  std::vector<BlockTask> tasks;
  int64_t keys = 0;
  for (int64_t span = 0; span < attention.span_count; span++)
    for (int64_t first = 0; first < attention.spans[span].length; first += kQueryBlock) {
      keys += attention.spans[span].before_length + first;
      for (int64_t head = 0; head < attention.heads; head++) tasks.push_back({span, head, first});
    }
  const int64_t blocks = std::max<int64_t>(1, static_cast<int64_t>(tasks.size()) / attention.heads);
  for_rows(tasks.size(), kQueryBlock * (keys / blocks + kQueryBlock), forward_tasks, ForwardJob{attention, tasks, out});
}

void attend_gradient(const SpanAttention& attention, const float* d_out, float* d_q, float* d_k, float* d_v) {
  const int64_t rows = rows_of(attention), group = attention.heads / attention.key_value_heads;
  std::vector<float> parts(2 * rows * attention.heads * attention.size);
  float* second = parts.data() + parts.size() / 2;
  const int64_t tasks = attention.span_count * attention.heads;
  const int64_t length = rows / std::max<int64_t>(1, attention.span_count);
  for_rows(tasks, length * length, gradient_tasks, GradientJob{attention, d_out, d_q, parts.data(), second});
  const auto share = [&](const float* from, float* to) {
    for_rows(rows * attention.key_value_heads, group * attention.size, share_rows, ShareJob{from, to, group, attention.size});
  };
  share(parts.data(), d_k);
  share(second, d_v);
}

}  // namespace prospect
