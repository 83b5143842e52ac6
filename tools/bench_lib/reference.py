"""The reference implementation's side: one process, one mode, a few items, timed one by one.

An item is what the paper needs of one question: a greedy answer with attentions and hidden states of
every layer (eager attention, as these are only returned so), and K answers sampled at T = 0.7,
top-p = 0.9. Modes differ in how the K answers come about:

    authors   K calls of generate(), everything captured in each, as the published scripts do
    batched   one call with num_return_sequences = K, fused attention, nothing captured
    prefix    one prefill, its cache repeated K times, K suffixes decoded as a batch, fused attention

Every answer has all its tokens (min_new_tokens), so that each mode does the same work. Run as
`reference.py JOB` with a JSON object {checkpoint, items, images, mode, threads, samples, tokens} and
perhaps device ("cuda") and dtype ("bfloat16"); prints one JSON object.
"""
import json
import pathlib
import resource
import sys
import time
import warnings

TEMPERATURE, TOP_P = 0.7, 0.9


def prompt(processor, family, question):
    """The text that vrp-run's prompts hold, before the image token is expanded."""
    if family == "paligemma":
        return question
    if family == "llava":
        return f"USER: <image>\n{question}\nASSISTANT:"
    turn = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}]
    return processor.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)


class Reference:
    def __init__(self, job):
        import torch
        import transformers
        transformers.logging.set_verbosity_error()
        torch.set_num_threads(job["threads"])
        self.torch, self.job = torch, job
        self.samples, self.tokens = job["samples"], job["tokens"]
        self.device = job.get("device", "cpu")
        self.processor = transformers.AutoProcessor.from_pretrained(job["checkpoint"])
        # The pictures as Pillow resizes them: the fused resize is a level off in places.
        self.processor.image_processor = transformers.AutoImageProcessor.from_pretrained(
            job["checkpoint"], backend="pil")
        self.model, info = transformers.AutoModelForImageTextToText.from_pretrained(
            job["checkpoint"], dtype=getattr(torch, job.get("dtype", "float32")), attn_implementation="eager",
            output_loading_info=True)
        if info["missing_keys"] or info["mismatched_keys"]:
            sys.exit(f"{job['checkpoint']}: tensors that transformers did not find: {info}")
        self.model = self.model.eval().to(self.device)
        self.family = self.model.config.model_type
        self.all = {"max_new_tokens": self.tokens, "min_new_tokens": self.tokens,
                    "return_dict_in_generate": True}
        self.captured = {"output_attentions": True, "output_hidden_states": True,
                         "output_scores": True}
        self.sampled = {"do_sample": True, "temperature": TEMPERATURE, "top_p": TOP_P, "top_k": 0}

    def inputs(self, row):
        from PIL import Image
        image = Image.open(pathlib.Path(self.job["images"]) / row["image"]).convert("RGB")
        text = prompt(self.processor, self.family, row["text"])
        x = self.processor(images=image, text=text, return_tensors="pt")
        x.pop("labels", None)
        return x.to(self.device)

    def start(self, attention):
        self.model.set_attn_implementation(attention)
        if hasattr(self.model.model, "rope_deltas"):
            self.model.model.rope_deltas = None  # Qwen2-VL keeps those of the last prompt

    def greedy(self, x):
        self.start("eager")
        return self.model.generate(**x, do_sample=False, **self.all, **self.captured)

    def authors(self, x):
        for _ in range(self.samples):
            self.start("eager")
            self.model.generate(**x, **self.sampled, **self.all, **self.captured)

    def batched(self, x):
        self.start("sdpa")
        self.model.generate(**x, **self.sampled, **self.all, num_return_sequences=self.samples)

    def prefix(self, x):
        self.start("sdpa")
        first = self.model(**x, use_cache=True, logits_to_keep=1)
        cache = first.past_key_values
        cache.batch_repeat_interleave(self.samples)
        logits = first.logits[:, -1].repeat(self.samples, 1)
        drawn = []
        for step in range(self.tokens):
            drawn.append(self.draw(logits))
            if step + 1 < self.tokens:
                logits = self.model(input_ids=drawn[-1], past_key_values=cache,
                                    use_cache=True).logits[:, -1]
        return self.torch.cat(drawn, 1).cpu()

    def draw(self, logits):
        """Nucleus sampling: the least probable tokens that together hold 1 - TOP_P are dropped."""
        torch = self.torch
        logits = logits.float() / TEMPERATURE
        rising, order = logits.sort(-1)
        drop = rising.softmax(-1).cumsum(-1) <= 1 - TOP_P
        drop[:, -1] = False
        logits = logits.masked_fill(torch.zeros_like(drop).scatter(1, order, drop), float("-inf"))
        return torch.multinomial(logits.softmax(-1), 1)

    def now(self):
        if self.device != "cpu":
            self.torch.cuda.synchronize()
        return time.perf_counter()

    def item(self, row):
        """Seconds of capture (with preparing the inputs) and of sampling; the greedy token ids."""
        start = self.now()
        x = self.inputs(row)
        answer = self.greedy(x)
        middle = self.now()
        getattr(self, self.job["mode"])(x)
        end = self.now()
        tokens = answer.sequences[0, -self.tokens:].tolist()
        return {"capture_s": middle - start, "sampling_s": end - middle, "tokens": tokens,
                "prompt_tokens": int(x["input_ids"].shape[1])}


def main():
    warnings.filterwarnings("ignore")
    job = json.loads(sys.argv[1])
    start = time.perf_counter()
    reference = Reference(job)
    load = time.perf_counter() - start
    with reference.torch.no_grad():
        reference.torch.manual_seed(0)
        x = reference.inputs(job["items"][0])
        reference.start("eager")
        reference.model.generate(**x, do_sample=False, max_new_tokens=2)  # warm-up, not timed
        items = [reference.item(row) for row in job["items"]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"load_s": load, "items": items, "peak_rss_mb": round(peak)}))


if __name__ == "__main__":
    main()
