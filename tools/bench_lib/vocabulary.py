"""A tokenizer.json of some 4,000 pieces that needs no training: letters, syllables, two-syllable words.

A byte-fallback BPE in the style of LLaVA-1.5's file. Its merges are laid down by rule (consonant and
vowel make a syllable, two syllables a word), so that the same file comes out everywhere.
"""
import string

SYLLABLES = [c + v for c in "bcdfghjklmnprstvwz" for v in "aeiou"]


def added(index, content):
    return {"id": index, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": True}


def pieces_and_merges(size):
    """(pieces in id order, merges in rank order), about `size` pieces."""
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    pieces += ["\u2581"] + [c for c in string.printable if c.isprintable() and c != " "]
    merges = [(s[0], s[1]) for s in SYLLABLES]
    pairs = [(a, b) for a in SYLLABLES for b in SYLLABLES]
    merges += pairs[:max(0, size - len(pieces) - len(SYLLABLES))]
    return pieces + [a + b for a, b in merges], merges


def write(folder, dump, size):
    """Writes the tokenizer's files; returns the ids that config.json has to know."""
    pieces, merges = pieces_and_merges(size)
    image, pad = len(pieces), len(pieces) + 1
    entries = [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>"), added(image, "<image>"),
               added(pad, "<pad>")]
    start = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    dump(folder / "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": entries,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "\u2581"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}]},
        "pre_tokenizer": None,
        "post_processor": {"type": "TemplateProcessing", "single": [start, text],
                           "pair": [start, text, {"Sequence": {"id": "B", "type_id": 1}}],
                           "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>",
                  "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True,
                  "byte_fallback": True, "ignore_merges": False,
                  "vocab": {p: i for i, p in enumerate(pieces)},
                  "merges": [f"{a} {b}" for a, b in merges]}})
    dump(folder / "tokenizer_config.json", {
        "added_tokens_decoder": {str(e["id"]): {k: v for k, v in e.items() if k != "id"}
                                 for e in entries},
        "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
        "clean_up_tokenization_spaces": False, "legacy": False, "padding_side": "left",
        "image_token": "<image>", "extra_special_tokens": {"image_token": "<image>"},
        "processor_class": "LlavaProcessor", "tokenizer_class": "LlamaTokenizer"})
    return {"rows": len(pieces) + 2, "image": image, "pad": pad}
