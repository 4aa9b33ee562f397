"""Small random models of every family and variant that we support, with their logits in float64.

usage: make-models.py FOLDER: writes FOLDER/<name>/ (Hugging Face folders) and FOLDER/logits.json.
"""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
    set_seed,
)

VOCABULARY = 97
IDS = [(37 * i + 5) % VOCABULARY for i in range(40)]

llama = dict(
    vocab_size=VOCABULARY,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=3,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=512,
    initializer_range=0.2,
    tie_word_embeddings=False,
)
gpt2 = dict(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=512, initializer_range=0.2)
llama3_rope = dict(
    rope_type="llama3",
    rope_theta=500000.0,
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=16,
)
linear_rope = dict(rope_type="linear", rope_theta=10000.0, factor=4.0)

MODELS = {
    "llama-llama3-rope": (LlamaConfig(**llama, rope_parameters=llama3_rope), torch.float32),
    "llama-linear-rope-sharded": (LlamaConfig(**llama, rope_parameters=linear_rope), torch.float32),
    "llama-biases": (LlamaConfig(**llama, attention_bias=True, mlp_bias=True), torch.float32),
    "llama-head-dim": (LlamaConfig(**llama, head_dim=16), torch.float32),
    "llama-bf16": (LlamaConfig(**llama), torch.bfloat16),
    "llama-f16": (LlamaConfig(**llama), torch.float16),
    "llama-f64": (LlamaConfig(**llama), torch.float64),
    "mistral-window": (MistralConfig(**llama, sliding_window=7), torch.float32),
    "mistral": (MistralConfig(**llama, sliding_window=None), torch.float32),
    "qwen2-tied": (Qwen2Config(**{**llama, "tie_word_embeddings": True}), torch.float32),
    "qwen2-window": (
        Qwen2Config(**llama, use_sliding_window=True, sliding_window=5, max_window_layers=1),
        torch.float32,
    ),
    "qwen3": (Qwen3Config(**llama, head_dim=16), torch.float32),
    "qwen3-biases": (Qwen3Config(**llama, head_dim=16, attention_bias=True), torch.float32),
    "gpt2": (GPT2Config(**gpt2), torch.float32),
    "gpt2-gelu": (GPT2Config(**gpt2, activation_function="gelu", n_inner=40), torch.float32),
    "gpt2-untied": (GPT2Config(**gpt2, tie_word_embeddings=False), torch.float32),
}


def main(folder: str) -> None:
    set_seed(1)
    logits = {}
    for name, (config, dtype) in MODELS.items():
        model = AutoModelForCausalLM.from_config(config)
        for parameter in model.parameters():
            if parameter.dim() == 1:  # norms and biases start at 1 and 0, where a mistake would not show
                parameter.data += 0.1 * torch.randn_like(parameter)
        path = os.path.join(folder, name)
        model.to(dtype).save_pretrained(path, max_shard_size="20KB" if "sharded" in name else "5GB")
        exact = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float64).eval()
        with torch.no_grad():
            logits[name] = exact(torch.tensor([IDS])).logits[0].tolist()
    with open(os.path.join(folder, "logits.json"), "w") as file:
        json.dump({"ids": IDS, "logits": logits}, file)


main(sys.argv[1])
