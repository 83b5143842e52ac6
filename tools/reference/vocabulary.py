"""Two small Llama-style tokenizers with byte fallback: the `legacy` form (Prepend and Replace
normaliser, merges as "a b") and the `metaspace` form (Metaspace pre-tokenizer, merges as pairs,
and added tokens with every flag that the form knows)."""
import json

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

MARK = "▁"
SENTENCES = """Is there a lantern on the pier? Are there any sails in the picture? No, there is no lantern.
Yes, there is a barrel next to the crane. How many ropes are in the image? There are three ropes.
The crane is to the left of the warehouse. Is the buoy above the anchor? What colour is the hull?
USER: Describe the harbour. ASSISTANT: A small boat lies at the quay; two gulls sit on its mast.
Answer with yes or no. yes no Yes No one two three four five 0 1 2 3 4 5 6 7 8 9 10
Größe, façade, naïve, señor – “quoted” … привет мир 日本 港""".split("\n")


def train(size):
    """Vocabulary (token -> id) and merges in rank order; ids: specials, bytes, characters, merges."""
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False)
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="always", split=True)
    learner.train_from_iterator([line for line in SENTENCES for _ in range(3)], trainer)
    model = json.loads(learner.to_str())["model"]
    learned = sorted(model["vocab"], key=model["vocab"].get)
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + learned
    return {t: i for i, t in enumerate(tokens)}, [tuple(m) for m in model["merges"]]


def added(i, content, special=True, **flags):
    entry = {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": special}
    entry.update(flags)
    return entry


def tokenizer_json(form, size):
    """(tokenizer.json as a dict, number of ids, id of <image>, id of <pad>)."""
    vocab, merges = train(size)
    n = len(vocab)
    entries = [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>"), added(n, "<image>"), added(n + 1, "<pad>")]
    if form == "metaspace":
        entries += [added(n + 2, "<left>", lstrip=True), added(n + 3, "<right>", rstrip=True),
                    added(n + 4, "<word>", special=False, single_word=True),
                    added(n + 5, "pier<n>", special=False, normalized=True),
                    added(n + 6, "<image><more>", special=False)]
    bos, text = {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
    legacy = form == "legacy"
    out = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": entries,
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": MARK}, replace]}
        if legacy else None,
        "pre_tokenizer": None if legacy else {"type": "Metaspace", "replacement": MARK,
                                              "prepend_scheme": "first", "split": False},
        "post_processor": {"type": "TemplateProcessing", "single": [bos, text],
                           "pair": [bos, text, {"Sequence": {"id": "B", "type_id": 1}}],
                           "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": vocab, "merges": [" ".join(m) for m in merges] if legacy else [list(m) for m in merges]}}
    return out, n + len(entries) - 3, n, n + 1
