// Matrix products of one operation, computed together by all threads.

#pragma once

#include <cstdint>
#include <vector>

#include "loops.h"

namespace prospect {

// Element (row, column) lies at row*row_stride + column*column_stride.
struct Matrix {
  const float* values;
  int64_t rows;
  int64_t columns;
  int64_t row_stride;
  int64_t column_stride;

  // Rows one after the other.
  static Matrix of(const float* values, int64_t rows, int64_t columns) { return {values, rows, columns, columns, 1}; }
  // The matrix that lies so many elements further on.
  Matrix at(int64_t offset) const { return {values + offset, rows, columns, row_stride, column_stride}; }
  Matrix transposed() const { return {values, columns, rows, column_stride, row_stride}; }
  Matrix transposed_if(bool condition) const { return condition ? transposed() : *this; }
};

struct MatrixPair {
  Matrix a;
  Matrix b;
};

class Products {
 public:
  struct Wanted {
    float* out;
    std::vector<MatrixPair> pairs;
  };

  // out [rows, columns] = the sum of a*b over all pairs, whose sides fit together.
  void add(float* out, std::vector<MatrixPair> pairs);
  void run();

 private:
  std::vector<Wanted> wanted_;
};

}  // namespace prospect
