// Shares the rows of one operation out over the engine's threads.
//
// A row is computed by one thread in a fixed order, so which thread takes which rows never shows in the results.

#pragma once

#include <cstdint>

#include "float-mode.h"

namespace prospect {

// Computes rows [from, to) of a job.
using Rows = void (*)(const void* job, int64_t from, int64_t to);

// Runs `rows` over [0, count) on all threads, or on the calling one where there is too little to share.
// `row_cost` is the number of elements that a row touches.
void for_rows(int64_t count, int64_t row_cost, Rows rows, const void* job, Denormals denormals);

template <class Job>
void for_rows(int64_t count, int64_t row_cost, void (*rows)(const Job&, int64_t, int64_t), const Job& job,
              Denormals denormals = Denormals::kZero) {
  struct Call {
    void (*rows)(const Job&, int64_t, int64_t);
    const Job& job;
  } call{rows, job};
  for_rows(
      count, row_cost,
      [](const void* data, int64_t from, int64_t to) {
        const Call& call = *static_cast<const Call*>(data);
        call.rows(call.job, from, to);
      },
      &call, denormals);
}

}  // namespace prospect
