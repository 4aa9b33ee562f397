// Linear layers of one input with LoRA adapters (Hu et al., arXiv 2106.09685): y = x*W + scale*(x*A^T)*B^T of each. The
// adapter's product continues the sums of the layer's own, and a gradient of the input is one sum over all layers.

#include "../operation.h"
#include "../products.h"
#include "operations.h"

namespace prospect {
namespace {

constexpr const char* kLayers[] = {"layers: int >= 1", "scale: float", "out_in: int", nullptr};

struct Layer {
  Matrix weight;  // [in, out]
  Matrix a;       // [rank, in]
  Matrix b;       // [out, rank]
};

// x is input 0; the layers' weights, then their As, then their Bs, begin with input `first`. Empty after a failure.
std::vector<Layer> layers_of(Call& call, int first, int64_t count, bool out_in) {
  const auto matrix = [&](int input) {
    const auto shape = call.shape(input);
    return shape.size() == 2 ? Matrix::of(call.floats(input), shape[0], shape[1]) : Matrix{};
  };
  const int64_t inputs = last_side(call.shape(0));
  std::vector<Layer> layers;
  for (int i = 0; i < count; i++) {
    const Layer layer{matrix(first + i).transposed_if(out_in), matrix(first + count + i), matrix(first + 2 * count + i)};
    const bool fit = layer.weight.rows == inputs && layer.a.columns == inputs && layer.a.rows > 0 &&
                     layer.a.rows == layer.b.columns && layer.weight.columns == layer.b.rows;
    if (!call.expect(fit, "adapted layers: x, a weight, A and B do not fit together")) return {};
    layers.push_back(layer);
  }
  return layers;
}

// The narrow sides of all layers, [rows, rank] each.
struct Narrow {
  std::vector<std::vector<float>> values;

  Narrow(const std::vector<Layer>& layers, int64_t rows) {
    for (const Layer& layer : layers) values.emplace_back(rows * layer.a.rows);
  }
  void multiply(float scale) {
    for (auto& of_layer : values)
      for (float& value : of_layer) value *= scale;
  }
  Matrix matrix(size_t layer, int64_t rows) const {
    return Matrix::of(values[layer].data(), rows, static_cast<int64_t>(values[layer].size()) / rows);
  }
};

struct AdaptedForwardOperation {
  static constexpr const char* kName = "ProspectAdapted";
  static constexpr const char* kInputs[] = {"x: float", "weights: layers * float", "a: layers * float", "b: layers * float", nullptr};
  static constexpr const char* kOutputs[] = {"y: layers * float", nullptr};
  static constexpr Specs kAttributes = kLayers;
  const int64_t count;
  const float scale;
  const bool out_in;

  explicit AdaptedForwardOperation(const Attributes& attributes)
      : count(attributes.integer("layers")), scale(attributes.number("scale")), out_in(attributes.integer("out_in") != 0) {}

  void compute(Call& call) const {
    const auto shape = call.shape(0);
    if (!call.expect(shape.size() == 2 && shape[0] > 0, "adapted layers: x is not [rows, in]")) return;
    const Matrix x = Matrix::of(call.floats(0), shape[0], shape[1]);
    const std::vector<Layer> layers = layers_of(call, 1, count, out_in);
    if (layers.empty()) return;
    Narrow low(layers, x.rows);
    Products narrow, wide;
    for (size_t i = 0; i < layers.size(); i++) {
      const auto& [weight, a, b] = layers[i];
      float* y = call.output(static_cast<int>(i), {x.rows, weight.columns});
      if (y == nullptr) return;
      narrow.add(low.values[i].data(), {{x, a.transposed()}});
      wide.add(y, {{x, weight}, {low.matrix(i, x.rows), b.transposed()}});
    }
    narrow.run();
    low.multiply(scale);
    wide.run();
  }
};

struct AdaptedGradientOperation {
  static constexpr const char* kName = "ProspectAdaptedGradient";
  static constexpr const char* kInputs[] = {"x: float", "dy: layers * float", "weights: layers * float", "a: layers * float", "b: layers * float", nullptr};
  static constexpr const char* kOutputs[] = {"dx: float", "da: layers * float", "db: layers * float", nullptr};
  static constexpr Specs kAttributes = kLayers;
  const int64_t count;
  const float scale;
  const bool out_in;

  explicit AdaptedGradientOperation(const Attributes& attributes)
      : count(attributes.integer("layers")), scale(attributes.number("scale")), out_in(attributes.integer("out_in") != 0) {}

  void compute(Call& call) const {
    const auto shape = call.shape(0);
    if (!call.expect(shape.size() == 2 && shape[0] > 0, "adapted layers: x is not [rows, in]")) return;
    const Matrix x = Matrix::of(call.floats(0), shape[0], shape[1]);
    const std::vector<Layer> layers = layers_of(call, 1 + count, count, out_in);
    float* dx = layers.empty() ? nullptr : call.output(0, shape);
    if (dx == nullptr) return;
    Narrow low(layers, x.rows), d_low(layers, x.rows);
    Products narrow, wide;
    std::vector<MatrixPair> to_x;
    for (int i = 0; i < count; i++) {
      const auto& [weight, a, b] = layers[i];
      const bool fit = call.shape(1 + i) == std::vector<int64_t>{x.rows, weight.columns};
      if (!call.expect(fit, "adapted layers: a dy is not [rows, out]")) return;
      const Matrix dy = Matrix::of(call.floats(1 + i), x.rows, weight.columns);
      float* da = call.output(1 + i, {a.rows, a.columns});
      float* db = da == nullptr ? nullptr : call.output(1 + count + i, {b.rows, b.columns});
      if (db == nullptr) return;
      narrow.add(low.values[i].data(), {{x, a.transposed()}});
      narrow.add(d_low.values[i].data(), {{dy, b}});
      to_x.push_back({dy, weight.transposed()});
      to_x.push_back({d_low.matrix(i, x.rows), a});
      wide.add(da, {{d_low.matrix(i, x.rows).transposed(), x}});
      wide.add(db, {{dy.transposed(), low.matrix(i, x.rows)}});
    }
    wide.add(dx, std::move(to_x));
    narrow.run();
    low.multiply(scale);
    d_low.multiply(scale);
    wide.run();
  }
};

}  // namespace

bool register_adapted() {
  return register_operation<AdaptedForwardOperation>() && register_operation<AdaptedGradientOperation>();
}

}  // namespace prospect
