#include "../operation.h"
#include "../products.h"
#include "operations.h"

namespace prospect {
namespace {

// a [.., rows, inner] times b [.., inner, columns], for each of the same leading sides.
struct ProductOperation {
  static constexpr const char* kName = "ProspectProduct";
  static constexpr const char* kInputs[] = {"a: float", "b: float", nullptr};
  static constexpr const char* kOutputs[] = {"product: float", nullptr};
  static constexpr const char* kAttributes[] = {"transpose_a: int", "transpose_b: int", nullptr};
  const bool transpose_a;
  const bool transpose_b;

  explicit ProductOperation(const Attributes& attributes)
      : transpose_a(attributes.integer("transpose_a") != 0), transpose_b(attributes.integer("transpose_b") != 0) {}

  void compute(Call& call) const {
    auto shape = call.shape(0);
    const auto second = call.shape(1);
    const size_t rank = shape.size();
    if (!call.expect(rank >= 2 && second.size() == rank, "product: not two matrices, or two batches of them")) return;
    int64_t batch = 1;
    for (size_t side = 0; side + 2 < rank; side++) {
      if (!call.expect(shape[side] == second[side], "product: the batches differ in size")) return;
      batch *= shape[side];
    }
    const int64_t a_size = shape[rank - 2] * shape[rank - 1], b_size = second[rank - 2] * second[rank - 1];
    const Matrix a = Matrix::of(call.floats(0), shape[rank - 2], shape[rank - 1]).transposed_if(transpose_a);
    const Matrix b = Matrix::of(call.floats(1), second[rank - 2], second[rank - 1]).transposed_if(transpose_b);
    if (!call.expect(a.columns == b.rows && a.columns > 0, "product: the inner sides differ")) return;
    shape[rank - 2] = a.rows;
    shape[rank - 1] = b.columns;
    float* out = call.output(0, shape);
    if (out == nullptr) return;
    Products products;
    for (int64_t entry = 0; entry < batch; entry++) {
      products.add(out + entry * a.rows * b.columns, {{a.at(entry * a_size), b.at(entry * b_size)}});
    }
    products.run();
  }
};

}  // namespace

bool register_product() { return register_operation<ProductOperation>(); }

}  // namespace prospect
