"""Part (f): vrp-run beside transformers on one GPU, with a random checkpoint of LLaVA-1.5-7B's shape in
bf16, made on the device.

Without a GPU, or with a build or a torch that cannot use it, the part says so in text and JSON and
measures nothing. Answers are not compared: in bf16 the two sides round differently, and a random
model is often near a tie.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys

import checkpoint
import context
import families
import items
import process
import target
import tensors
import vrp_side

HERE = pathlib.Path(__file__).resolve().parent
SHAPE = {"pieces": 3998,
         "text": {"hidden": 4096, "layers": 32, "heads": 32, "kv": 32, "inter": 11008},
         "vision": {"hidden": 1024, "layers": 24, "heads": 16, "inter": 4096, "image": 336, "patch": 14}}
ROWS = 32064  # of the embedding and the head, as LLaVA-1.5's
BATCH = 8  # questions a step
DECODE, PREFILL = 0.75, 0.55  # targets: of the copy rate, of the product rate, both of the same run
BOOTSTRAP = 0.05  # target: seconds of 10,000 replicates of 30 signals x 3,090 items
BETTER_WAY = 10  # target: times as fast as transformers' better way on the same card


def why_not():
    """Why there is nothing to measure, or None."""
    listed = subprocess.run(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True,
                            text=True, check=False) if on_path("nvidia-smi") else None
    if listed is None or listed.returncode != 0 or not listed.stdout.strip():
        return "no GPU"
    probe = subprocess.run([sys.executable, "-c", "import torch; raise SystemExit(not torch.cuda.is_available())"],
                           capture_output=True, check=False)
    if probe.returncode != 0:
        return "torch cannot use the GPU (tools/setup --reference, CUDA_VISIBLE_DEVICES)"
    cache = vrp_side.BIN.parent / "CMakeCache.txt"
    if not cache.is_file() or "VRP_CUDA:BOOL=ON" not in cache.read_text():
        return "vrp-run was built without CUDA (tools/setup --cuda)"
    return None


def on_path(name):
    return any(os.access(os.path.join(folder, name), os.X_OK) for folder in os.environ.get("PATH", "").split(os.pathsep))


class DeviceTensors(tensors.Layers):
    """As tensors.Tensors, drawn on the GPU and saved shard by shard: a 7B model is not held whole."""
    def __init__(self, folder, torch, device, shard_bytes=4 << 30, dtype="bfloat16"):
        self.folder, self.torch, self.device, self.shard_bytes = folder, torch, device, shard_bytes
        self.dtype, self.parameters = dtype, 0
        self.dice = torch.Generator(device).manual_seed(7)
        self.shard, self.used, self.place, self.shards = {}, 0, {}, 0

    def normal(self, name, shape, std, mean=0.0, zero_rows=()):
        torch = self.torch
        values = torch.randn(shape, generator=self.dice, device=self.device).mul_(std).add_(mean)
        for row in zero_rows:
            values[row] = 0
        self.parameters += values.numel()
        self.shard[name] = values.to(getattr(torch, self.dtype)).cpu()
        self.used += self.shard[name].nbytes
        if self.used > self.shard_bytes:
            self.flush()

    def flush(self):
        from safetensors.torch import save_file
        if self.shard:
            self.shards += 1
            file = f"model-{self.shards:05d}.safetensors"
            save_file(self.shard, self.folder / file, metadata={"format": "pt"})
            self.place.update(dict.fromkeys(self.shard, file))
        self.shard, self.used = {}, 0

    def save(self):
        self.flush()
        checkpoint.dump(self.folder / "model.safetensors.index.json",
                        {"metadata": {"total_size": 2 * self.parameters}, "weight_map": self.place})


def write_checkpoint(folder, sizes=SHAPE, rows=ROWS, device="cuda", shard_bytes=4 << 30):
    """A LLaVA checkpoint of the sizes in bf16, in shards with an index; returns its parameters."""
    import torch

    import vocabulary
    folder.mkdir(parents=True, exist_ok=True)
    ids = vocabulary.WRITERS["llava"](folder, checkpoint.dump, sizes["pieces"])
    ids["rows"] = rows
    tensors = DeviceTensors(folder, torch, device, shard_bytes)
    checkpoint.BUILDERS["llava"](folder, checkpoint.dump, sizes, ids, tensors)
    tensors.save()
    return tensors.parameters


def reference(work, rows, mode):
    job = {"checkpoint": str(work / "checkpoint"), "images": str(work / "images"), "items": rows, "mode": mode,
           "threads": 4, "samples": context.SAMPLES, "tokens": context.TOKENS, "device": "cuda", "dtype": "bfloat16"}
    _, _, text = process.run([sys.executable, HERE / "reference.py", json.dumps(job)], 4,
                             {"CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0")})
    found = json.loads(text.splitlines()[-1])
    return statistics.median(i["capture_s"] + i["sampling_s"] for i in found["items"])


def limits(checkpoint_folder, pictures, told, device="cuda", dtype="bf16", kernels="auto", size="large", batch=BATCH):
    """A step's, a prompt's and the bootstrap's seconds beside the device's copy and product rates (vrp-device-bench)."""
    rounds = 1 if told.quick else 2 * told.rounds + 1
    _, _, text = process.run([vrp_side.program("vrp-device-bench"), checkpoint_folder, pictures, families.TEMPLATES["llava"],
                              context.TOKENS, batch, device, dtype, kernels, rounds, size], 4,
                             {"CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0"), "OMP_NUM_THREADS": "4"})
    return json.loads(text.splitlines()[-1])


def measure(told):
    reason = why_not()
    if reason:
        return {"skipped": reason}
    print("bench (f): a random 7B checkpoint, made on the GPU", flush=True)
    work = told.folder("gpu")
    parameters = write_checkpoint(work / "checkpoint")
    rows = items.write(work, 40, families.PICTURES["llava"])
    sweep = vrp_side.write_configuration(work, context.SAMPLES, context.TOKENS, dtype="bf16")
    seconds = {"vrp-run": [], **{mode: [] for mode in families.MODES}}
    for _ in range(told.rounds):
        for mode in families.MODES:
            seconds[mode].append(reference(work, rows[:2], mode))
        entry = vrp_side.measure(sweep, work, len(rows), 1, 4, context.TOKENS,
                                 {**vrp_side.EQUAL_WORK, "run.unit_items": BATCH, "run.batch": BATCH}, device="cuda")
        seconds["vrp-run"].append(entry["seconds_per_item"])
    middle = {who: statistics.median(values) for who, values in seconds.items()}
    return {"parameters": parameters, "dtype": "bfloat16", "seconds_per_item": middle, "all": seconds,
            "ratios": {mode: middle[mode] / middle["vrp-run"] for mode in families.MODES},
            "limits": limits(work / "checkpoint", work / "images", told)}


def show(found):
    if "skipped" in found:
        print(f"\nGPU part: {found['skipped']}: skipped")
        return
    for who, seconds in found["seconds_per_item"].items():
        print(f"GPU, 7B shape in bf16: {who}: {seconds:.3f} s per item")
    m = found["limits"]
    print(f"GPU, batch {m['batch']}, K = {m['paths']}, prompts of {m['prompt_tokens']}: step {1e3 * m['step_s']:.2f} ms (weights' bytes "
          f"{100 * m['decode_share']:.0f} % of a copy's {m['copy_gb_s']:.0f} GB/s), prefill {1e3 * m['prefill_s']:.1f} ms "
          f"({100 * m['prefill_share']:.0f} % of a product's {m['product_gflop_s'] / 1e3:.0f} Tflop/s); bootstrap {1e3 * m['bootstrap_s']:.2f} ms")


def targets(found):
    if "skipped" in found:
        return
    who, m = "GPU, 7B shape, bf16: ", found["limits"]
    yield target.at_least(who + "VRP beside transformers' best way", min(found["ratios"].values()), BETTER_WAY)
    yield target.at_least(who + f"decode step of batch {m['batch']}, weights' bytes, of the copy rate", m["decode_share"], DECODE, "%")
    yield target.at_least(who + f"prefill of batch {m['batch']}, of the product rate", m["prefill_share"], PREFILL, "%")
    yield target.at_most("GPU: bootstrap, 10,000 x 30 signals x 3,090 items, seconds", m["bootstrap_s"], BOOTSTRAP, "s")
