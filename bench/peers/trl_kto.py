"""Trains with TRL's KTOTrainer as told by one JSON argument, and prints what it took as the last line, in JSON.

python trl_kto.py '{"model": …, "rows": …, "output": …, "method": "lora", "variant": "default", "globalBatch": 8,
"maxLength": 512, "learningRate": 1e-5, "threads": 2, "device": "cpu", "lora": {"rank": 16, "alpha": 32}}'

Variants: default (TRL's settings, but float32 on a processor), plain (without gradient checkpointing), precomputed (without it, and with
reference log-probs computed ahead).
"""
import json
import sys
import time

import torch
import transformers
import trl
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import KTOConfig, KTOTrainer


class Clock(TrainerCallback):
    """Seconds and loss of each step; fetching and padding its rows is not counted."""

    def __init__(self):
        self.seconds = []
        self.losses = []

    def on_step_begin(self, args, state, control, **kwargs):
        self.start = time.perf_counter()

    def on_step_end(self, args, state, control, **kwargs):
        self.seconds.append(time.perf_counter() - self.start)

    def on_log(self, args, state, control, logs, **kwargs):
        if "loss" in logs:
            self.losses.append(float(logs["loss"]))


class TimedTrainer(KTOTrainer):
    """Knows how long reference log-probs took that were computed ahead."""

    ahead_seconds = 0.0

    def _precompute_ref_logps(self, *args, **kwargs):
        start = time.perf_counter()
        dataset = super()._precompute_ref_logps(*args, **kwargs)
        self.ahead_seconds += time.perf_counter() - start
        return dataset


def configuration(job):
    without_checkpointing = {} if job["variant"] == "default" else {"gradient_checkpointing": False}
    return KTOConfig(
        output_dir=job["output"],
        per_device_train_batch_size=job["globalBatch"],
        num_train_epochs=1,
        learning_rate=job["learningRate"],
        lr_scheduler_type="constant",
        max_length=job["maxLength"],
        precompute_ref_log_probs=job["variant"] == "precomputed",
        bf16=job["device"] == "gpu",
        use_cpu=job["device"] == "cpu",
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        **without_checkpointing,
    )


def adapter(job):
    if job["method"] == "full":
        return None
    lora = job["lora"]
    return LoraConfig(task_type="CAUSAL_LM", r=lora["rank"], lora_alpha=lora["alpha"], target_modules="all-linear")


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    rows = [json.loads(line) for line in open(job["rows"], encoding="utf-8")]
    clock = Clock()
    trainer = TimedTrainer(
        model=AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.float32),
        args=configuration(job),
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(job["model"]),
        peft_config=adapter(job),
        callbacks=[clock],
    )
    trainer.train()
    dataset = trainer.train_dataset
    lengths = [min(job["maxLength"], len(row["prompt_ids"]) + len(row["completion_ids"])) for row in dataset]
    versions = {"trl": trl.__version__, "transformers": transformers.__version__, "torch": torch.__version__}
    result = {
        "stepSeconds": clock.seconds,
        "losses": clock.losses,
        "lengths": lengths,
        "aheadSeconds": trainer.ahead_seconds,
        "versions": versions,
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
