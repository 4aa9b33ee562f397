#include "operation.h"

#include "tensorflow/c/ops.h"

namespace prospect {

float Attributes::number(const char* name) const {
  float value = 0;
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status);
  TF_DeleteStatus(status);
  return value;
}

int64_t Attributes::integer(const char* name) const {
  int64_t value = 0;
  TF_Status* status = TF_NewStatus();
  TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status);
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status);
  TF_DeleteStatus(status);
  return value;
}

Call::Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {
  inputs_.resize(TF_NumInputs(context), nullptr);
  for (size_t i = 0; i < inputs_.size(); i++) TF_GetInput(context, static_cast<int>(i), &inputs_[i], status_);
}

Call::~Call() {
  for (TF_Tensor* tensor : inputs_) TF_DeleteTensor(tensor);
  for (TF_Tensor* tensor : outputs_) TF_DeleteTensor(tensor);
  TF_DeleteStatus(status_);
}

std::vector<int64_t> Call::shape(int input) const {
  std::vector<int64_t> shape(TF_NumDims(inputs_[input]));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(inputs_[input], static_cast<int>(i));
  return shape;
}

int64_t Call::size(int input) const { return TF_TensorElementCount(inputs_[input]); }

const float* Call::floats(int input) const { return static_cast<const float*>(TF_TensorData(inputs_[input])); }

float* Call::writable(int input) const { return static_cast<float*>(TF_TensorData(inputs_[input])); }

const int32_t* Call::integers(int input) const { return static_cast<const int32_t*>(TF_TensorData(inputs_[input])); }

bool Call::expect(bool condition, const char* message) {
  if (condition) return true;
  TF_SetStatus(status_, TF_INVALID_ARGUMENT, message);
  TF_OpKernelContext_Failure(context_, status_);
  return false;
}

float* Call::output(int index, const std::vector<int64_t>& shape) {
  int64_t size = 1;
  for (const int64_t side : shape) size *= side;
  TF_Tensor* tensor = TF_AllocateOutput(context_, index, TF_FLOAT, shape.data(), static_cast<int>(shape.size()),
                                        size * sizeof(float), status_);
  if (TF_GetCode(status_) != TF_OK) {
    TF_OpKernelContext_Failure(context_, status_);
    return nullptr;
  }
  outputs_.push_back(tensor);
  return static_cast<float*>(TF_TensorData(tensor));
}

int64_t last_side(const std::vector<int64_t>& shape) { return shape.empty() ? 1 : shape.back(); }

int64_t rows_of(const std::vector<int64_t>& shape) {
  int64_t rows = 1;
  for (size_t i = 0; i + 1 < shape.size(); i++) rows *= shape[i];
  return rows;
}

bool register_operation(const char* name, Specs inputs, Specs outputs, Specs attributes,
                        void* (*create)(TF_OpKernelConstruction*), void (*compute)(void*, TF_OpKernelContext*),
                        void (*destroy)(void*)) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (; *attributes != nullptr; attributes++) TF_OpDefinitionBuilderAddAttr(definition, *attributes);
  for (; *inputs != nullptr; inputs++) TF_OpDefinitionBuilderAddInput(definition, *inputs);
  for (; *outputs != nullptr; outputs++) TF_OpDefinitionBuilderAddOutput(definition, *outputs);
  // Shapes are inferred for graphs; here every operation runs at once.
  TF_OpDefinitionBuilderSetShapeInferenceFunction(
      definition, [](TF_ShapeInferenceContext* context, TF_Status* status) {
        TF_ShapeInferenceContextSetUnknownShape(context, status);
      });
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", create, compute, destroy), status);
  }
  const bool registered = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return registered;
}

}  // namespace prospect
