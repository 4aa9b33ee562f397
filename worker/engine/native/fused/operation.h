// A fused operation as TensorFlow knows it: its inputs, attributes and outputs, over the C API alone.
//
// An operation is a struct with `kName`, `kInputs`, `kOutputs`, `kAttributes` (each ended by nullptr), a constructor
// from Attributes and `void compute(Call&) const`.

#pragma once

// Leaves out the one header of kernels.h that pulls in TensorFlow's C++ side.
#define IS_SLIM_BUILD

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "tensorflow/c/kernels.h"

namespace prospect {

// What an operation is made with.
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction) : construction_(construction) {}
  float number(const char* name) const;
  int64_t integer(const char* name) const;

 private:
  TF_OpKernelConstruction* construction_;
};

// One run of an operation. After a failure the accessors still give something, and nothing is computed.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  std::vector<int64_t> shape(int input) const;
  int64_t size(int input) const;
  const float* floats(int input) const;
  const int32_t* integers(int input) const;

  // Makes the run fail with `message` unless `condition` holds; gives the condition.
  bool expect(bool condition, const char* message);

  // An input's own memory, for an operation that is there to change it.
  float* writable(int input) const;

  // Allocates an output of that shape; nullptr after a failure.
  float* output(int index, const std::vector<int64_t>& shape);

 private:
  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> inputs_;
  std::vector<TF_Tensor*> outputs_;
};

// Of a shape: the last side, and the product of the others.
int64_t last_side(const std::vector<int64_t>& shape);
int64_t rows_of(const std::vector<int64_t>& shape);

using Specs = const char* const*;

// Registers an operation for CPUs; false when TensorFlow refuses it.
bool register_operation(const char* name, Specs inputs, Specs outputs, Specs attributes,
                        void* (*create)(TF_OpKernelConstruction*), void (*compute)(void*, TF_OpKernelContext*),
                        void (*destroy)(void*));

template <class Operation>
bool register_operation() {
  return register_operation(
      Operation::kName, Operation::kInputs, Operation::kOutputs, Operation::kAttributes,
      [](TF_OpKernelConstruction* construction) -> void* { return new Operation(Attributes(construction)); },
      [](void* self, TF_OpKernelContext* context) {
        Call call(context);
        static_cast<const Operation*>(self)->compute(call);
      },
      [](void* self) { delete static_cast<Operation*>(self); });
}

}  // namespace prospect
