"""A small byte-level BPE vocabulary in the layout of Qwen2-VL's tokenizer.

NFC, Qwen's splitting expression, 256 bytes and merges, then the added tokens.
`write_tokenizer(folder, seed)` returns {"rows", "ids"}: number of ids and those of added tokens.
"""

import json

import questions as q
from tokenizer import PIECES, added, added_decoder, dialogues, dump

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ADDED = (
    "<|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> "
    "<|box_end|> <|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> "
    "<|image_pad|> <|video_pad|>"
).split()
SYSTEM = "You are a helpful assistant."
TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\n" + SYSTEM + "<|im_end|>\n{% endif %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for content in message['content'] %}{% if content['type'] == 'image' or 'image' in content "
    "or 'image_url' in content %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif content['type'] == 'video' or 'video' in content %}"
    "<|vision_start|><|video_pad|><|vision_end|>{% elif 'text' in content %}{{ content['text'] }}"
    "{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def train(seed):
    """The vocabulary as a tokenizer.json document without added tokens."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers import processors, trainers

    bytes_only = {"add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.NFC()
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(**bytes_only),
        ]
    )
    t.decoder = decoders.ByteLevel(**bytes_only)
    t.post_processor = processors.ByteLevel(**bytes_only)
    lines = [f"system\n{SYSTEM}", "user\n", "assistant\n"] * 100
    for ask, answer in dialogues(seed):
        lines += [ask + q.SUFFIX, answer] if answer else [ask]
    trainer = trainers.BpeTrainer(
        vocab_size=PIECES,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
        special_tokens=[],
    )
    t.train_from_iterator(lines, trainer)
    return json.loads(t.to_str())


def write_tokenizer(folder, seed):
    """Writes the tokenizer files of one checkpoint folder."""
    document = train(seed)
    model = document["model"]
    vocab = model["vocab"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    entries = [added(len(vocab) + i, text) for i, text in enumerate(ADDED)]
    document["added_tokens"] = entries
    model.update(
        dropout=None,
        unk_token=None,
        continuing_subword_prefix="",
        end_of_word_suffix="",
        fuse_unk=False,
        byte_fallback=False,
        merges=merges,
    )
    dump(f"{folder}/tokenizer.json", document)
    dump(f"{folder}/vocab.json", vocab, indent=None)
    with open(f"{folder}/merges.txt", "w", encoding="utf-8") as f:
        f.write("".join(m + "\n" for m in merges))
    dump(
        f"{folder}/tokenizer_config.json",
        {
            "add_prefix_space": False,
            "added_tokens_decoder": added_decoder(entries),
            "additional_special_tokens": ADDED[1:],
            "bos_token": None,
            "chat_template": TEMPLATE,
            "clean_up_tokenization_spaces": False,
            "eos_token": "<|im_end|>",
            "errors": "replace",
            "model_max_length": 32768,
            "pad_token": "<|endoftext|>",
            "padding_side": "left",
            "split_special_tokens": False,
            "tokenizer_class": "Qwen2Tokenizer",
            "unk_token": None,
        },
    )
    dump(f"{folder}/chat_template.json", {"chat_template": TEMPLATE})
    return {
        "rows": len(vocab) + len(ADDED),
        "ids": {text: len(vocab) + i for i, text in enumerate(ADDED)},
    }
