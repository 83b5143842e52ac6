"""Small tokenizers of the three families, learned from a few sentences. Llama's with byte fallback,
in the `legacy` form (Prepend and Replace normaliser, merges as "a b") and the `metaspace` form
(Metaspace pre-tokenizer, merges as pairs, and added tokens with every flag that the form knows);
Gemma's; and Qwen2's, byte by byte. The latter two write merges as `strings` or as `pairs`."""
import json

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

MARK = "▁"
SENTENCES = """Is there a lantern on the pier? Are there any sails in the picture? No, there is no lantern.
Yes, there is a barrel next to the crane. How many ropes are in the image? There are three ropes.
The crane is to the left of the warehouse. Is the buoy above the anchor? What colour is the hull?
USER: Describe the harbour. ASSISTANT: A small boat lies at the quay; two gulls sit on its mast.
Answer with yes or no. yes no Yes No one two three four five 0 1 2 3 4 5 6 7 8 9 10
Größe, façade, naïve, señor – “quoted” … привет мир 日本 港""".split("\n")
BYTES = [f"<0x{b:02X}>" for b in range(256)]
# Qwen2's: contractions, words with one sign before, single digits, signs, ends of lines, spaces.
QWEN_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN_TOKENS = [f"<|{name}|>" for name in (
    "endoftext", "im_start", "im_end", "object_ref_start", "object_ref_end", "box_start", "box_end",
    "quad_start", "quad_end", "vision_start", "vision_end", "vision_pad", "image_pad", "video_pad")]


def learn(learner, sentences, size, alphabet=()):
    """Tokens in order of their ids and merges in order of their ranks."""
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=list(alphabet))
    learner.train_from_iterator([line for line in sentences for _ in range(3)], trainer)
    model = json.loads(learner.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), [tuple(m) for m in model["merges"]]


def numbered(tokens):
    return {t: i for i, t in enumerate(tokens)}


def written(merges, form):
    return [list(m) for m in merges] if form in ("pairs", "metaspace") else [" ".join(m) for m in merges]


def train(size):
    """Llama's vocabulary (token -> id) and merges; ids: specials, bytes, characters, merges."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="always", split=True)
    learned, merges = learn(learner, SENTENCES, size)
    return numbered(["<unk>", "<s>", "</s>"] + BYTES + learned), merges


def added(i, content, special=True, **flags):
    entry = {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": special}
    entry.update(flags)
    return entry


def bpe(vocab, merges, **fields):
    return {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
            "vocab": vocab, "merges": merges, **fields}


def beginning(token, i):
    """The post-processor that puts one token before a text."""
    bos, text = {"SpecialToken": {"id": token, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    return {"type": "TemplateProcessing", "single": [bos, text],
            "pair": [bos, text, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {token: {"id": token, "ids": [i], "tokens": [token]}}}


def llama_tokenizer(form, size):
    """(tokenizer.json as a dict, number of ids, id of <image>, id of <pad>)."""
    vocab, merges = train(size)
    n = len(vocab)
    entries = [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>"), added(n, "<image>"), added(n + 1, "<pad>")]
    if form == "metaspace":
        entries += [added(n + 2, "<left>", lstrip=True), added(n + 3, "<right>", rstrip=True),
                    added(n + 4, "<word>", special=False, single_word=True),
                    added(n + 5, "pier<n>", special=False, normalized=True),
                    added(n + 6, "<image><more>", special=False)]
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
    legacy = form == "legacy"
    out = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": entries,
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": MARK}, replace]}
        if legacy else None,
        "pre_tokenizer": None if legacy else {"type": "Metaspace", "replacement": MARK,
                                              "prepend_scheme": "first", "split": False},
        "post_processor": beginning("<s>", 1),
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": bpe(vocab, written(merges, form))}
    return out, n + len(entries) - 3, n, n + 1


def gemma_tokenizer(form, size):
    """(tokenizer.json as a dict, number of ids); the last id is <image>. The hub's has 1024 <loc> and 128
    <seg> tokens, this one 16 and 4."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
    plain = ["<2mass>", "\n", "\n\n", "\t", MARK * 2, MARK * 3]
    places = [f"<loc{i:04d}>" for i in range(16)] + [f"<seg{i:03d}>" for i in range(4)]
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="never", split=True),
        pre_tokenizers.Digits(individual_digits=True)])
    learned, merges = learn(learner, SENTENCES, size)
    vocab = numbered(special + plain + BYTES + learned + places)
    merges = [("\n", "\n"), (MARK, MARK), (MARK * 2, MARK)] + merges
    image = len(vocab)
    entries = [added(vocab[t], t, special=t in special) for t in special + plain + places]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": entries + [added(image, "<image>")],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": MARK},
        "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
                          "invert": False},
        "post_processor": beginning("<bos>", 2),
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}]},
        "model": bpe(vocab, written(merges, form))}, image + 1


def qwen_tokenizer(form, size):
    """(tokenizer.json as a dict, ids of the added tokens)."""
    whole = dict(add_prefix_space=False, trim_offsets=False, use_regex=False)
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN_PATTERN), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(**whole)])
    t.post_processor, t.decoder = processors.ByteLevel(**whole), decoders.ByteLevel(**whole)
    turns = ["You are a helpful assistant.", "system\nYou are", "user\nIs", "assistant\n"]
    learned, merges = learn(t, SENTENCES + turns, 256 + size, sorted(pre_tokenizers.ByteLevel.alphabet()))
    out = json.loads(t.to_str())
    vocab = numbered(learned)
    ids = {token: len(vocab) + i for i, token in enumerate(QWEN_TOKENS)}
    out["added_tokens"] = [added(i, token) for token, i in ids.items()]
    out["model"] = bpe(vocab, written(merges, form), unk_token=None, continuing_subword_prefix="",
                       end_of_word_suffix="", fuse_unk=False, byte_fallback=False)
    return out, ids
