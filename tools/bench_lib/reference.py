"""The reference implementation's side: one process, one mode, a few items, timed one by one.

An item is what the paper needs of one question: a greedy answer with attentions and hidden states of
every layer (eager attention, as these are only returned so), and K answers sampled at T = 0.7,
top-p = 0.9. Modes differ in how the K answers come about:

    authors   K calls of generate(), everything captured in each, as the published scripts do
    batched   one call with num_return_sequences = K, fused attention, nothing captured
    prefix    one prefill, its cache repeated K times, K suffixes decoded as a batch, fused attention

Every answer has all its tokens (min_new_tokens), so that each mode does the same work. Run as
`reference.py JOB` with a JSON object {checkpoint, items, images, mode, threads, samples, tokens};
prints one JSON object.
"""
import json
import pathlib
import resource
import sys
import time
import warnings

TEMPERATURE, TOP_P = 0.7, 0.9


class Reference:
    def __init__(self, job):
        import torch
        from transformers import AutoProcessor, LlavaForConditionalGeneration
        torch.set_num_threads(job["threads"])
        self.torch, self.job = torch, job
        self.samples, self.tokens = job["samples"], job["tokens"]
        self.processor = AutoProcessor.from_pretrained(job["checkpoint"])
        self.model = LlavaForConditionalGeneration.from_pretrained(
            job["checkpoint"], dtype=torch.float32, attn_implementation="eager").eval()
        self.all = {"max_new_tokens": self.tokens, "min_new_tokens": self.tokens,
                    "return_dict_in_generate": True}
        self.captured = {"output_attentions": True, "output_hidden_states": True,
                         "output_scores": True}
        self.sampled = {"do_sample": True, "temperature": TEMPERATURE, "top_p": TOP_P, "top_k": 0}

    def inputs(self, row):
        from PIL import Image
        image = Image.open(pathlib.Path(self.job["images"]) / row["image"]).convert("RGB")
        text = f"USER: <image>\n{row['text']}\nASSISTANT:"
        return self.processor(images=image, text=text, return_tensors="pt")

    def greedy(self, x):
        self.model.set_attn_implementation("eager")
        return self.model.generate(**x, do_sample=False, **self.all, **self.captured)

    def authors(self, x):
        return [self.model.generate(**x, **self.sampled, **self.all, **self.captured).sequences.shape
                for _ in range(self.samples)]

    def batched(self, x):
        self.model.set_attn_implementation("sdpa")
        return self.model.generate(**x, **self.sampled, **self.all,
                                   num_return_sequences=self.samples).sequences.shape

    def prefix(self, x):
        self.model.set_attn_implementation("sdpa")
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
        return self.torch.cat(drawn, 1).shape

    def draw(self, logits):
        """Nucleus sampling: the least probable tokens that together hold 1 - TOP_P are dropped."""
        torch = self.torch
        logits = logits / TEMPERATURE
        rising, order = logits.sort(-1)
        drop = rising.softmax(-1).cumsum(-1) <= 1 - TOP_P
        drop[:, -1] = False
        logits = logits.masked_fill(torch.zeros_like(drop).scatter(1, order, drop), float("-inf"))
        return torch.multinomial(logits.softmax(-1), 1)

    def item(self, row):
        """Seconds of capture (with preparing the inputs) and of sampling; the greedy token ids."""
        start = time.perf_counter()
        x = self.inputs(row)
        answer = self.greedy(x)
        middle = time.perf_counter()
        getattr(self, self.job["mode"])(x)
        end = time.perf_counter()
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
        reference.model.generate(**x, do_sample=False, max_new_tokens=2)  # warm-up, not timed
        items = [reference.item(row) for row in job["items"]]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"load_s": load, "items": items, "peak_rss_mb": round(peak)}))


if __name__ == "__main__":
    main()
