#include "products.h"

#include <algorithm>

#include "pool.h"

namespace prospect {
namespace {

// Bands that the products together are cut into where they are large enough: threads that are held up leave theirs to
// others.
constexpr int64_t kBands = 8;
// Rows below which a band spends its time on copying columns.
constexpr int64_t kBandRows = 32;
// Multiply-adds that take as long as an element of other operations.
constexpr int64_t kMultiplyAddsOfElement = 16;

int64_t at_least_one(int64_t value) { return std::max<int64_t>(1, value); }

// All products' bands in one row.
struct Bands {
  const std::vector<Product>& products;
  const std::vector<int64_t>& starts;
};

void compute_bands(const Bands& bands, int64_t from, int64_t to) {
  for (size_t i = 0; i < bands.products.size(); i++) {
    const int64_t first = std::max(from, bands.starts[i]), end = std::min(to, bands.starts[i + 1]);
    if (first < end) loops().product(bands.products[i], first - bands.starts[i], end - bands.starts[i]);
  }
}

int64_t multiply_adds(const Products::Wanted& wanted) {
  int64_t total = 0;
  for (const auto& [a, b] : wanted.pairs) total += a.rows * a.columns * b.columns;
  return total;
}

}  // namespace

void Products::add(float* out, std::vector<MatrixPair> pairs) { wanted_.push_back({out, std::move(pairs)}); }

void Products::run() {
  int64_t all = 0;
  for (const Wanted& wanted : wanted_) all += multiply_adds(wanted);
  std::vector<std::vector<Factors>> factors;
  std::vector<Product> products;
  std::vector<int64_t> starts{0};
  for (const Wanted& wanted : wanted_) {
    const int64_t rows = wanted.pairs[0].a.rows, columns = wanted.pairs[0].b.columns;
    factors.emplace_back();
    for (const auto& [a, b] : wanted.pairs) {
      factors.back().push_back(
          {a.values, b.values, a.columns, a.row_stride, a.column_stride, b.row_stride, b.column_stride});
    }
    const int64_t bands = at_least_one(kBands * multiply_adds(wanted) / at_least_one(all));
    const int64_t panels = (columns + kPanelColumns - 1) / kPanelColumns;
    const int64_t column_bands = std::max((panels + kMostPanels - 1) / kMostPanels, std::min(panels, bands));
    const int64_t row_bands = at_least_one(std::min(bands / at_least_one(column_bands), rows / kBandRows));
    products.push_back({factors.back().data(), static_cast<int64_t>(factors.back().size()), wanted.out, columns, rows, columns,
                        row_bands, column_bands, false});
    starts.push_back(starts.back() + row_bands * column_bands);
  }
  const int64_t cost = at_least_one(all / kMultiplyAddsOfElement / at_least_one(starts.back()));
  for_rows(starts.back(), cost, compute_bands, Bands{products, starts});
}

}  // namespace prospect
