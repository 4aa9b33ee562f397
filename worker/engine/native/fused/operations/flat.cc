// Between a tensor and its place in a flat array of JavaScript's, without an array in between.

#include "../flat.h"

#include <cstring>

#include "../loops.h"
#include "../operation.h"
#include "../pool.h"
#include "operations.h"

namespace prospect {
namespace {

constexpr const char* kTensor[] = {"x: float", nullptr};
constexpr const char* kNothing[] = {nullptr};

struct Copy {
  float* to;
  const float* from;
  int64_t count;
};

void copy_blocks(const Copy& job, int64_t from, int64_t to) {
  const int64_t start = from * kElementBlock;
  const int64_t end = to * kElementBlock < job.count ? to * kElementBlock : job.count;
  std::memcpy(job.to + start, job.from + start, (end - start) * sizeof(float));
}

int64_t blocks_of(int64_t count) { return (count + kElementBlock - 1) / kElementBlock; }

// Where an operation's tensor lies in the flat array at hand; nullptr after a failure.
float* place_of(Call& call, int64_t offset) {
  const Flat& flat = flat_at_hand();
  const bool fits = flat.values != nullptr && offset >= 0 && offset + call.size(0) <= flat.length;
  return call.expect(fits, "the tensor does not lie in the flat array at hand") ? flat.values + offset : nullptr;
}

// flat[offset …] = x, or += x.
struct StoreOperation {
  static constexpr const char* kName = "ProspectStore";
  static constexpr Specs kInputs = kTensor;
  static constexpr Specs kOutputs = kNothing;
  static constexpr const char* kAttributes[] = {"offset: int", "adds: int", nullptr};
  const int64_t offset;
  const bool adds;

  explicit StoreOperation(const Attributes& attributes)
      : offset(attributes.integer("offset")), adds(attributes.integer("adds") != 0) {}

  void compute(Call& call) const {
    float* place = place_of(call, offset);
    if (place == nullptr) return;
    const int64_t count = call.size(0);
    if (adds) {
      const Addition job{place, call.floats(0), count};
      for_rows(blocks_of(count), kElementBlock, loops().addition, job, Denormals::kKept);
    } else {
      const Copy job{place, call.floats(0), count};
      for_rows(blocks_of(count), kElementBlock, copy_blocks, job);
    }
  }
};

// x = flat[offset …], in x's own memory.
struct LoadOperation {
  static constexpr const char* kName = "ProspectLoad";
  static constexpr Specs kInputs = kTensor;
  static constexpr Specs kOutputs = kNothing;
  static constexpr const char* kAttributes[] = {"offset: int", nullptr};
  const int64_t offset;

  explicit LoadOperation(const Attributes& attributes) : offset(attributes.integer("offset")) {}

  void compute(Call& call) const {
    const float* place = place_of(call, offset);
    if (place == nullptr) return;
    const Copy job{call.writable(0), place, call.size(0)};
    for_rows(blocks_of(job.count), kElementBlock, copy_blocks, job);
  }
};

}  // namespace

bool register_flat() { return register_operation<StoreOperation>() && register_operation<LoadOperation>(); }

}  // namespace prospect
