"""One rank of PyTorch's gloo all-reduce: for each line "BYTES", one all-reduce, then its seconds on a line.

python gloo.py RANK WORLD_SIZE PORT
"""
import sys
import time

import torch
import torch.distributed as dist

rank, world_size, port = (int(argument) for argument in sys.argv[1:4])
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=world_size)
print("ready", flush=True)
tensors = {}
for line in sys.stdin:
    elements = int(line) // 4
    if elements not in tensors:
        tensors = {elements: torch.full((elements,), float(rank + 1))}
    tensor = tensors[elements].fill_(float(rank + 1))
    dist.barrier()
    start = time.perf_counter()
    dist.all_reduce(tensor)
    seconds = time.perf_counter() - start
    assert tensor[-1].item() == world_size * (world_size + 1) / 2
    print(seconds, flush=True)
