"""Compares logits that Prospect computed with those that transformers and peft compute from the same files.

Usage: compare.py <request.json>, with
  base     folder of the base model, or of a full model that Prospect saved
  adapter  folder of an adapter that Prospect saved, or null
  prompts  lists of token ids
  logits   file of little-endian float32: for each prompt [tokens, vocabulary], one after the other
Prints one JSON line: the largest absolute difference, the number of prompts compared, the versions, and whether the
adapter changed anything (a comparison with an adapter that was ignored would prove nothing).
"""

import json
import sys

import numpy as np
import peft
import torch
import transformers


def logits_of(model, prompts):
    with torch.no_grad():
        return [model(torch.tensor([prompt])).logits[0].float().numpy() for prompt in prompts]


def compare(request):
    prompts = request["prompts"]
    model = transformers.AutoModelForCausalLM.from_pretrained(request["base"], dtype=torch.float32).eval()
    adapter_effect = None
    if request["adapter"] is None:
        theirs = logits_of(model, prompts)
    else:
        base = logits_of(model, prompts)
        theirs = logits_of(peft.PeftModel.from_pretrained(model, request["adapter"]).eval(), prompts)
        adapter_effect = largest_difference(theirs, base)
    flat = np.fromfile(request["logits"], dtype="<f4")
    if flat.size != sum(part.size for part in theirs):
        raise SystemExit(f"{flat.size} logits were given, {sum(part.size for part in theirs)} are needed")
    ends = np.cumsum([part.size for part in theirs])
    ours = [part.reshape(their.shape) for part, their in zip(np.split(flat, ends[:-1]), theirs, strict=True)]
    return {
        "largestDifference": largest_difference(ours, theirs),
        "adapterEffect": adapter_effect,
        "prompts": len(prompts),
        "versions": f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}",
    }


def largest_difference(left, right):
    return max(float(np.abs(a - b).max()) for a, b in zip(left, right, strict=True))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(compare(json.load(file))))
