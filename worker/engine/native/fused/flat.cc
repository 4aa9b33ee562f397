#include "flat.h"

#include <vector>

#include "loops.h"
#include "pool.h"

namespace prospect {
namespace {

int64_t blocks_of(int64_t count, int64_t block) { return (count + block - 1) / block; }

// The arguments of one call from JavaScript.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    napi_get_cb_info(env, info, &count, values_, nullptr, nullptr);
  }

  // A Float32Array, over shared memory too; {nullptr, 0} for anything else, after throwing.
  Flat floats(int index) const {
    const Bytes array = typed(index, napi_float32_array);
    return {static_cast<float*>(array.data), array.length};
  }

  const double* doubles(int index, int64_t expected) const {
    const Bytes array = typed(index, napi_float64_array);
    return array.length == expected ? static_cast<const double*>(array.data) : nullptr;
  }

 private:
  static constexpr size_t kMost = 8;
  struct Bytes {
    void* data;
    int64_t length;
  };

  Bytes typed(int index, napi_typedarray_type wanted) const {
    napi_typedarray_type type;
    size_t length;
    void* data;
    const bool is_typed =
        napi_get_typedarray_info(env_, values_[index], &type, &length, &data, nullptr, nullptr) == napi_ok;
    if (is_typed && type == wanted) return {data, static_cast<int64_t>(length)};
    return {nullptr, 0};
  }

  napi_env env_;
  napi_value values_[kMost] = {};
};

napi_value refuse(napi_env env, const char* message) {
  napi_throw_type_error(env, nullptr, message);
  return nullptr;
}

// take(values: Float32Array): the flat array at hand.
napi_value take(napi_env env, napi_callback_info info) {
  flat_at_hand() = Arguments(env, info).floats(0);
  return nullptr;
}

// add(target, source): target += source.
napi_value add(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  const Flat target = arguments.floats(0), source = arguments.floats(1);
  if (target.values == nullptr || target.length != source.length) return refuse(env, "two arrays of one length");
  const Addition job{target.values, source.values, target.length};
  for_rows(blocks_of(job.count, kElementBlock), kElementBlock, loops().addition, job, Denormals::kKept);
  return nullptr;
}

// sumOfSquares(values): number
napi_value sum_of_squares(napi_env env, napi_callback_info info) {
  const Flat flat = Arguments(env, info).floats(0);
  std::vector<double> sums(blocks_of(flat.length, kSquareBlock));
  const Squares job{flat.values, sums.data(), flat.length};
  for_rows(static_cast<int64_t>(sums.size()), kSquareBlock, loops().squares, job, Denormals::kKept);
  double total = 0;
  for (const double sum : sums) total += sum;
  napi_value result;
  napi_create_double(env, total, &result);
  return result;
}

// adamw(values, first, second, gradient, constants): constants in the order of AdamW, as a Float64Array.
napi_value adamw(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  const Flat values = arguments.floats(0), first = arguments.floats(1);
  const Flat second = arguments.floats(2), gradient = arguments.floats(3);
  const double* c = arguments.doubles(4, 7);
  const int64_t count = values.length;
  if (c == nullptr || first.length != count || second.length != count || gradient.length != count) {
    return refuse(env, "four arrays of one length and seven constants");
  }
  const AdamW job{values.values, first.values, second.values, gradient.values, count,
                  c[0],          c[1],         c[2],          c[3],            c[4],  c[5], c[6]};
  for_rows(blocks_of(count, kElementBlock), kElementBlock, loops().adamw, job, Denormals::kKept);
  return nullptr;
}

}  // namespace

Flat& flat_at_hand() {
  static thread_local Flat flat{nullptr, 0};
  return flat;
}

void export_flat_functions(napi_env env, napi_value exports) {
  const napi_property_descriptor functions[] = {
      {"take", nullptr, take, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"add", nullptr, add, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"sumOfSquares", nullptr, sum_of_squares, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"adamw", nullptr, adamw, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
}

}  // namespace prospect
