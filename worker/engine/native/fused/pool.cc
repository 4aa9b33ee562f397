#include "pool.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace prospect {
namespace {

// Elements below which waking another thread costs more than it saves, and of the parts that threads take in turn.
constexpr int64_t kShareFrom = 32768;
constexpr int64_t kPart = 16384;

struct Job {
  Rows rows;
  const void* data;
  int64_t count;
  int64_t part;
  Denormals denormals;
  std::atomic<int64_t> next{0};
};

void work_on(Job& job) {
  const FloatMode mode(job.denormals);
  for (;;) {
    const int64_t from = job.next.fetch_add(job.part, std::memory_order_relaxed);
    if (from >= job.count) return;
    const int64_t to = from + job.part;
    job.rows(job.data, from, to < job.count ? to : job.count);
  }
}

int thread_count() {
  for (const char* name : {"OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"}) {
    const char* value = std::getenv(name);
    const int count = value == nullptr ? 0 : std::atoi(value);
    if (count > 0) return count;
  }
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return cores > 0 ? cores : 1;
}

// Helpers of the calling thread. Never destroyed: its threads wait in it when the process ends.
class Pool {
 public:
  explicit Pool(int helpers) {
    for (int i = 0; i < helpers; i++) std::thread([this] { help(); }).detach();
  }

  void run(Job& job) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      job_ = &job;
      turn_++;
    }
    wake_.notify_all();
    work_on(job);
    // From here on nobody joins in; those who did are waited for.
    std::unique_lock<std::mutex> lock(mutex_);
    job_ = nullptr;
    finished_.wait(lock, [this] { return active_ == 0; });
  }

 private:
  void help() {
    uint64_t seen = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return job_ != nullptr && turn_ != seen; });
      seen = turn_;
      Job& job = *job_;
      active_++;
      lock.unlock();
      work_on(job);
      lock.lock();
      if (--active_ == 0) finished_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable finished_;
  Job* job_ = nullptr;
  uint64_t turn_ = 0;
  int active_ = 0;
};

}  // namespace

void for_rows(int64_t count, int64_t row_cost, Rows rows, const void* data, Denormals denormals) {
  static const int threads = thread_count();
  static std::mutex& busy = *new std::mutex;
  const int64_t part = row_cost >= kPart ? 1 : kPart / (row_cost > 0 ? row_cost : 1);
  Job job{rows, data, count, part, denormals};
  // A second engine in the process finds the helpers busy now and then, and works alone.
  std::unique_lock<std::mutex> taken(busy, std::defer_lock);
  if (threads == 1 || count * row_cost < kShareFrom || count <= part || !taken.try_lock()) return work_on(job);
  static Pool& pool = *new Pool(threads - 1);
  pool.run(job);
}

}  // namespace prospect
