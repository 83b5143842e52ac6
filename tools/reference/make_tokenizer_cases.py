"""Writes tests/unit/model_front/data/tokenizer_cases.json: small tokenizers of the kinds that
tokenizer.json files hold, each with texts, and the ids and decoded texts that the Hugging Face
`tokenizers` library gives for them."""
import json
import random
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from vocabulary import MARK, SENTENCES, added

TARGET = Path(__file__).parents[2] / "tests/unit/model_front/data/tokenizer_cases.json"
QWEN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        r"|\s+(?!\S)|\s+")
LLAMA_3 = QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]

TEXTS = [
    "", " ", "  ", "\n", "\n\n\n", "\t", "\t\t \t", " \n \n", "\r\n", "\r\r\n ", "yes", "Yes", " yes ", "a  b   c    d",
    "Is there a lantern on the pier?", "There are three ropes.\n\nHow many?\n", "it's we'll DON'T I'VE you're he'd I'm",
    "'s'S'ſ'T'K'k 'll'LL' ll", "12345 6 78,90", "½ ² Ⅻ ٣٤ １２", "x" * 40, " " * 40 + "x", MARK * 5 + "a" + MARK,
    "Größe, façade, naïve – “quoted” …", "привет мир", "日本の港に灯台は？はい。", "한국어 텍스트", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก",
    "e\u0301 u\u0308\u0304 A\u030a q\u0323\u0307 q\u0307\u0323", "\u1100\u1161\u11a8 \uac00\u11a8", "\u212b \u2126 \ufb01 \u2460", "\u0958 \u0344 \u0f73 \u2adc",
    "\U00011935\U00011930 a\u07fd\u0301 a\u1ac1\u0301", "\U00031350\U0001e4f0\U0001e030\u0897", "\u180e a\u180eb \u180e\u180e",
    "👩\u200d👩\u200d👧 🏽🙂 🇩🇪 ❤\ufe0f", "\u00a0nbsp\u3000wide\u2028line\u2029\u0085\u202f.", "zero\u200bwidth\ufeff", "\x00\x01\x1f\x7f",
    "100%; $5.00 (a/b) [c] {d} <e>", "...!!!???\n\n", "a\n b\n  c\n   \nd", "_under_score__", "C:\\path\\*.txt", "<loc0003><seg001> x\n<loc9999>",
    "<image><image> x", "yes</s>no<eos>", "<|im_start|>user\nhi<|im_end|>\n", "<|im_start |> <|image_pad|><|image_pad", " <l>  x <r>  y", "a<w>b <w> é<w> “<w>”",
    "caf\u00e9 cafe\u0301 CAFE\u0301"]

SPLIT_TEXTS = [
    "", " ", "there", "There are three  ropes.\n\nThe 12 reels: £3", "  leere e eels, we'll DON'T it's\r\n", "lull'elle e  ", "a\n b\n\nc1 22 333 4444\n",
    "e\u0301 É 日本のカタカナ é…", "\u00a0x\u3000y\u180ez\u2028 \u0085", "The then t-S-K ſ \u212a tk", "x... y.. $5 €6 +7 _z_", "\U0001e4f0\U00031350 \u0661\u0662 Ⅻ²"]


def random_texts(n, seed):
    draw = random.Random(seed)
    pools = [lambda: chr(draw.randint(0x20, 0x7e)), lambda: draw.choice([" ", "\n", "\t", "\r", "\u00a0", "\u3000"]),
             lambda: chr(draw.randint(0x300, 0x36f)), lambda: chr(draw.randint(0xa1, 0x24f)), lambda: chr(draw.randint(0x370, 0x5ff)),
             lambda: chr(draw.randint(0x900, 0xdff)), lambda: chr(draw.randint(0x3040, 0x30ff)), lambda: chr(draw.randint(0x1f300, 0x1f6ff)),
             lambda: draw.choice(["'s", "'LL", "the", " there", "rope", "12", "<|im_end|>", "<loc0001>", MARK, "<w>", "<l>", "<r>"])]
    return ["".join(draw.choice(pools)() for _ in range(draw.randint(1, 25))) for _ in range(n)]


def tokenizer_json(model, **parts):
    out = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
           "pre_tokenizer": None, "post_processor": None, "decoder": {"type": "Fuse"},
           "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                     "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False}}
    out["model"].update(model)
    out.update(parts)
    return out


def learned(pre_tokenizer, size, alphabet=()):
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=list(alphabet))
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizer
    learner.train_from_iterator([line for line in SENTENCES for _ in range(3)], trainer)
    model = json.loads(learner.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), [tuple(pair) for pair in model["merges"]]


def gemma():
    """No prefix, spaces as marks, bytes as a last resort, "\\n" and "\\t" and places as added tokens."""
    tokens, merges = learned(pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="never", split=True), 160)
    runs = [(MARK * a, MARK) for a in range(1, 8)] + [("\n" * a, "\n") for a in range(1, 4)]
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    learned_tokens = [t for t in tokens if t not in (MARK, "\n")]
    vocab = specials + ["\n", "\t", MARK] + [f"<0x{b:02X}>" for b in range(256)] + ["".join(pair) for pair in runs] + learned_tokens
    ids = {token: i for i, token in enumerate(vocab)}
    extra = [f"<loc{i:04d}>" for i in range(12)] + [f"<seg{i:03d}>" for i in range(4)]
    entries = [added(i, token) for i, token in enumerate(specials)] + [added(ids["\n"], "\n", False), added(ids["\t"], "\t", False)]
    entries += [added(len(vocab) + i, token, False) for i, token in enumerate(extra)] + [added(len(vocab) + len(extra), "<image>")]
    bos, text = {"SpecialToken": {"id": "<bos>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}
    space = {"String": " "}
    return tokenizer_json(
        {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True, "vocab": ids, "merges": [list(pair) for pair in runs + merges]},
        added_tokens=entries, normalizer={"type": "Replace", "pattern": space, "content": MARK},
        pre_tokenizer={"type": "Split", "pattern": space, "behavior": "MergedWithPrevious", "invert": False},
        post_processor={"type": "TemplateProcessing", "single": [bos, text], "pair": [bos, text, text],
                        "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}}},
        decoder={"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": MARK}, "content": " "},
                                                  {"type": "ByteFallback"}, {"type": "Fuse"}]})


def byte_level(add_prefix_space=False, use_regex=False):
    return {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": False, "use_regex": use_regex}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


def qwen2_vl():
    """NFC, words by a regular expression, bytes as characters; added tokens with every flag."""
    words = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)])
    tokens, merges = learned(words, 360, sorted(pre_tokenizers.ByteLevel.alphabet()))
    ids = {token: i for i, token in enumerate(tokens)}
    entries = [("<|endoftext|>", True, {}), ("<|im_start|>", True, {}), ("<|im_end|>", True, {}), ("<|image_pad|>", True, {}),
               ("<l>", False, {"lstrip": True}), ("<r>", False, {"rstrip": True}), ("<w>", False, {"single_word": True}),
               ("cafe\u0301", False, {"normalized": True}), ("two words", True, {}), ("日本", False, {})]
    return tokenizer_json(
        {"continuing_subword_prefix": "", "end_of_word_suffix": "", "vocab": ids, "merges": [" ".join(pair) for pair in merges]},
        added_tokens=[added(len(ids) + i, text, special, **flags) for i, (text, special, flags) in enumerate(entries)],
        normalizer={"type": "NFC"}, pre_tokenizer=sequence(split({"Regex": QWEN}), byte_level()),
        post_processor=byte_level(), decoder=byte_level(True, True))


def whole_words(pre_tokenizer, texts):
    """A model that knows every piece of the texts as a token, so that the ids show the pieces."""
    probe = Tokenizer.from_str(json.dumps(tokenizer_json({"vocab": {"a": 0}, "merges": []}, pre_tokenizer=pre_tokenizer)))
    pieces = sorted({piece for text in texts for piece, _ in probe.pre_tokenizer.pre_tokenize_str(text)})
    return tokenizer_json({"ignore_merges": True, "vocab": {piece: i for i, piece in enumerate(pieces)}, "merges": []},
                          pre_tokenizer=pre_tokenizer)


def splits():
    """(name, pre-tokenizer) of everything that a Split or ByteLevel can be."""
    for behavior in BEHAVIORS:
        for invert in (False, True):
            yield f"text {behavior} {invert}", split({"String": "e "}, behavior, invert)
            yield f"expression {behavior} {invert}", split({"Regex": r"\s+|\p{P}"}, behavior, invert)
            yield f"empty matches {behavior} {invert}", split({"Regex": r"(?=e)|l*"}, behavior, invert)
    for name, pattern in {
            "Llama 3": LLAMA_3, "lookbehind": r"(?<=\s)\S|(?<![a-z])\d", "atomic": r"(?>e+|er)r",
            "lines": r"^.|.$", "possessive": r" ?\p{L}++'?|\d{2,}", "code points": r"[\x{4e00}-\x{9fff}\u3040-\u30ffé]+|\x27",
            "categories": r"[\p{Lu}\p{Nd}\p{M}]+|\p{^L}{3}|[^\P{Sc}]", "lazy": r"[a-e]+?[^a-e]|\D??\d", "no case": r"(?i)there|[s-u]k?",
            "text ends": r"\A.|.\z", "classes": r"[-\s.]|[^\S\n]|[\d'-]", "start": r"(?:t|T)he(?!n)|\.{2,3}?"}.items():
        yield name, split({"Regex": pattern})
    yield "GPT-2 words", byte_level(False, True)
    yield "GPT-2 words with a space first", byte_level(True, True)
    yield "bytes with a space first", sequence(split({"Regex": r"\s+"}, "MergedWithNext"), byte_level(True, False))
    yield "digits one by one", sequence(split({"Regex": r"\p{N}"}), split({"String": "re"}, "MergedWithNext"), byte_level())


def cases(tokenizer, texts, decoded_ids=()):
    """One row a text: [text, ids, ids with special tokens, decoded, decoded without special tokens]."""
    rows = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        rows.append([text, ids, tokenizer.encode(text).ids, tokenizer.decode(ids, skip_special_tokens=False), tokenizer.decode(ids)])
    decodes = [[ids, tokenizer.decode(ids, skip_special_tokens=False), tokenizer.decode(ids)] for ids in decoded_ids]
    return {"texts": rows, "decodes": decodes}


def random_ids(tokenizer, n, seed, often):
    draw = random.Random(seed)
    size = tokenizer.get_vocab_size()
    return [[draw.choice([draw.randint(0, size + 3), draw.choice(often)]) for _ in range(draw.randint(1, 12))] for _ in range(n)]


def main():
    out = []
    for name, description, seed in (("gemma", gemma(), 1), ("qwen2_vl", qwen2_vl(), 2)):
        tokenizer = Tokenizer.from_str(json.dumps(description))
        often = [i for token, i in tokenizer.get_vocab().items() if token.startswith("<0x") or len(token) == 1 and ord(token) > 0x7f]
        rows = cases(tokenizer, TEXTS + random_texts(80, seed), random_ids(tokenizer, 80, seed, sorted(often)))
        out.append({"name": name, "tokenizer": description, **rows})
    for name, pre_tokenizer in splits():
        description = whole_words(pre_tokenizer, SPLIT_TEXTS)
        rows = cases(Tokenizer.from_str(json.dumps(description)), SPLIT_TEXTS)
        out.append({"name": name, "tokenizer": description, "texts": [row[:2] for row in rows["texts"]]})
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(one, separators=(",", ":"), ensure_ascii=True) for one in out)
    TARGET.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
