// A Node addon whose loading registers the fused operations with the TensorFlow that is in the process.
//
// It exports `revision`, which goes into the run's fingerprint: another revision may give other bits; and `products`,
// whether the processor has what its matrix products need (fused multiply-adds).

#include <node_api.h>

#include "flat.h"
#include "loops.h"
#include "operations/operations.h"

namespace {

// Counts up when a fused operation's results, name or inputs change.
constexpr int kRevision = 2;

bool has_products() { return prospect::loops().product != nullptr; }

bool register_products() {
  using namespace prospect;
  return register_product() && register_adapted() && register_attention();
}

// Once a process, however many threads load the addon.
bool registered() {
  using namespace prospect;
  static const bool all = register_rms_norm() && register_swiglu() && register_rotary() && register_softmax() &&
                          register_logits() && register_flat() && (!has_products() || register_products());
  return all;
}

napi_value initialise(napi_env env, napi_value exports) {
  if (!registered()) {
    napi_throw_error(env, nullptr, "TensorFlow refused the fused operations");
    return nullptr;
  }
  napi_value revision;
  napi_create_int32(env, kRevision, &revision);
  napi_set_named_property(env, exports, "revision", revision);
  napi_value products;
  napi_get_boolean(env, has_products(), &products);
  napi_set_named_property(env, exports, "products", products);
  prospect::export_flat_functions(env, exports);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, initialise)
