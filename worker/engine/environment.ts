/**
 * Settings that TensorFlow reads from the process's environment when it is loaded. In a worker thread `process.env` is
 * a copy that the C library never sees: the main thread sets these before it starts the compute thread.
 */

/** The environment for a process that computes with so many threads. */
export function engineEnvironment(threads: number): Record<string, string> {
  return {
    // Faster by a factor on CPUs with wide vectors, and its results do not change with the thread count.
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_NUM_INTRAOP_THREADS: String(threads),
    // Operations run one after the other; more would only wait.
    TF_NUM_INTEROP_THREADS: '1',
    OMP_NUM_THREADS: String(threads),
    // Errors only. Two lines about oneDNN come all the same: TensorFlow writes them before it reads this.
    TF_CPP_MIN_LOG_LEVEL: '2',
    // Takes GPU memory as needed instead of all of it, so that two workers can share a card.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  };
}
