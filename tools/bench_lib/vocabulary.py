"""Tokenizers of the three families that need no training: letters, syllables, two-syllable words.

Their merges are laid down by rule (consonant and vowel make a syllable, two syllables a word), so
that the same files come out everywhere. Each `write` leaves tokenizer.json and tokenizer_config.json
in the form of its family's files and returns the ids that config.json has to know.
"""
import string

MARK = "\u2581"  # stands for a space in the pieces of Llama and Gemma
SYLLABLES = [c + v for c in "bcdfghjklmnprstvwz" for v in "aeiou"]
# Each is one token, with and without a space before it, as in a tokenizer that was trained.
WORDS = ("Is there a in the image You are helpful assistant system user USER ASSISTANT dog cat bus chair table "
         "bottle person umbrella clock laptop bowl pizza").split()
LETTERS = [c for c in string.printable if c.isprintable() and c != " "]
BYTES = [f"<0x{b:02X}>" for b in range(256)]
QWEN_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN_TOKENS = [f"<|{name}|>" for name in (
    "endoftext", "im_start", "im_end", "object_ref_start", "object_ref_end", "box_start", "box_end",
    "quad_start", "quad_end", "vision_start", "vision_end", "vision_pad", "image_pad", "video_pad")]


def added(index, content, special=True):
    return {"id": index, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": special}


def merged(first, size, space=""):
    """(pieces in id order, merges in rank order): `first`, then what merges make, `size` in all. With the
    sign that stands for a space, the benchmark's own words come before the syllables, letter by letter."""
    words = [before + word for before in (space, "") for word in WORDS] if space else []
    chains = [(word[:i], word[i]) for word in words for i in range(1, len(word))]
    merges = list(dict.fromkeys(chains + [(s[0], s[1]) for s in SYLLABLES]
                                + [(a, b) for a in SYLLABLES for b in SYLLABLES]))
    made, kept = dict.fromkeys(first), []
    for a, b in merges:
        if len(made) >= size:
            break
        if a + b not in made:
            made[a + b] = None
            kept.append((a, b))
    return list(made), kept


def bpe(pieces, merges, **fields):
    return {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
            "vocab": {p: i for i, p in enumerate(pieces)}, "merges": [f"{a} {b}" for a, b in merges],
            **fields}


def beginning(token, index):
    """The post-processor that puts one token before a text."""
    start, text = {"SpecialToken": {"id": token, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    return {"type": "TemplateProcessing", "single": [start, text],
            "pair": [start, text, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {token: {"id": token, "ids": [index], "tokens": [token]}}}


def save(folder, dump, tokenizer, **config):
    dump(folder / "tokenizer.json", {"version": "1.0", "truncation": None, "padding": None, **tokenizer})
    entries = {str(e["id"]): {k: v for k, v in e.items() if k != "id"} for e in tokenizer["added_tokens"]}
    dump(folder / "tokenizer_config.json", {"added_tokens_decoder": entries,
                                            "clean_up_tokenization_spaces": False, **config})


SPACE = {"type": "Replace", "pattern": {"String": " "}, "content": MARK}
FROM_BYTES = [{"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"},
              {"type": "Fuse"}]


def write_llava(folder, dump, size):
    pieces, merges = merged(["<unk>", "<s>", "</s>"] + BYTES + [MARK] + LETTERS, size, MARK)
    image, pad = len(pieces), len(pieces) + 1
    save(folder, dump, {
        "added_tokens": [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>"), added(image, "<image>"),
                         added(pad, "<pad>")],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": MARK}, SPACE]},
        "pre_tokenizer": None, "post_processor": beginning("<s>", 1),
        "decoder": {"type": "Sequence", "decoders": FROM_BYTES + [
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": bpe(pieces, merges)},
        bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", legacy=False,
        padding_side="left", image_token="<image>", extra_special_tokens={"image_token": "<image>"},
        processor_class="LlavaProcessor", tokenizer_class="LlamaTokenizer")
    return {"rows": len(pieces) + 2, "image": image, "pad": pad, "end": [2]}


def write_paligemma(folder, dump, size):
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
    plain = ["<2mass>", "\n", "\n\n", "\t", MARK * 2, MARK * 3]
    places = [f"<loc{i:04d}>" for i in range(1024)] + [f"<seg{i:03d}>" for i in range(128)]
    pieces, merges = merged(special + plain + BYTES + [MARK] + LETTERS, size, MARK)
    pieces += places
    merges = [("\n", "\n"), (MARK, MARK), (MARK * 2, MARK)] + merges
    at, image = {p: i for i, p in enumerate(pieces)}, len(pieces)
    entries = [added(at[t], t, t in special) for t in special + plain + places] + [added(image, "<image>")]
    save(folder, dump, {
        "added_tokens": entries, "normalizer": SPACE,
        "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
                          "invert": False},
        "post_processor": beginning("<bos>", 2), "decoder": {"type": "Sequence", "decoders": FROM_BYTES},
        "model": bpe(pieces, merges)},
        add_bos_token=True, add_eos_token=False, additional_special_tokens=["<image>"], bos_token="<bos>",
        eos_token="<eos>", pad_token="<pad>", unk_token="<unk>", processor_class="PaliGemmaProcessor",
        tokenizer_class="GemmaTokenizer")
    return {"rows": image + 1, "image": image, "pad": 0, "end": [1]}


def byte_letters():
    """The 256 signs that byte-level BPE writes bytes as, byte 0 first (Radford et al., GPT-2)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in shown]
    return [chr(b) if b in shown else chr(256 + hidden.index(b)) for b in range(256)]


def write_qwen2_vl(folder, dump, size):
    pieces, merges = merged(byte_letters(), size, byte_letters()[ord(" ")])
    ids = {token: len(pieces) + i for i, token in enumerate(QWEN_TOKENS)}
    whole = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    save(folder, dump, {
        "added_tokens": [added(i, token) for token, i in ids.items()], "normalizer": {"type": "NFC"},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": QWEN_PATTERN}, "behavior": "Isolated", "invert": False},
            whole]},
        "post_processor": whole, "decoder": whole,
        "model": bpe(pieces, merges, unk_token=None, continuing_subword_prefix="", end_of_word_suffix="",
                     fuse_unk=False, byte_fallback=False)},
        additional_special_tokens=QWEN_TOKENS[1:], bos_token=None, eos_token="<|im_end|>", errors="replace",
        pad_token="<|endoftext|>", tokenizer_class="Qwen2Tokenizer", unk_token=None)
    return {"rows": len(pieces) + len(ids), "image": ids["<|image_pad|>"], "pad": ids["<|endoftext|>"],
            "video": ids["<|video_pad|>"], "end": [ids["<|im_end|>"], ids["<|endoftext|>"]], "tokens": ids}


WRITERS = {"llava": write_llava, "paligemma": write_paligemma, "qwen2_vl": write_qwen2_vl}
