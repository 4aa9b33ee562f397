// Flat float32 arrays that JavaScript owns: gradients, parameters, moments. They lie in memory that its threads share.

#pragma once

#include <node_api.h>

#include <cstdint>

namespace prospect {

struct Flat {
  float* values;
  int64_t length;
};

// What the operations Store and Load of this thread work on. JavaScript keeps the array alive meanwhile.
Flat& flat_at_hand();

// Adds the functions on whole arrays to what the addon exports.
void export_flat_functions(napi_env env, napi_value exports);

}  // namespace prospect
