"""torch's rate of matrix products: for "[[m, k, n], …]" the best GFLOP/s of each shape, as a JSON list.

python matmul_rate.py SHAPES THREADS SECONDS cpu|gpu (gpu: bfloat16)
"""
import json
import sys
import time

import torch

shapes, threads, seconds = json.loads(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
torch.set_num_threads(threads)
on_gpu = sys.argv[4] == "gpu"
place = {"device": "cuda", "dtype": torch.bfloat16} if on_gpu else {}
rates = []
for m, k, n in shapes:
    a, b = torch.randn(m, k, **place), torch.randn(k, n, **place)
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        a @ b
        if on_gpu:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    rates.append(2 * m * k * n / best / 1e9)
print(json.dumps(rates))
