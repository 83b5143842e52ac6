"""A small SentencePiece BPE vocabulary with byte fallback, written as a LLaVA-1.5 tokenizer.

`write_tokenizer(folder, seed)` writes tokenizer.model, tokenizer.json and their side files, and
returns {"rows", "image", "pad"}: number of ids and the ids of the two added tokens.
"""

import io
import json
import os
import random

import questions as q
from shapes import NAMES

PIECES = 560
NEWLINE = "¶"  # stands for a line end while training; its pieces are dropped, bytes take over
OTHER = (
    "What color is the {n}? What is the {n} on the right of the image? It is a red {n} . "
    "Describe the image in detail. There are two {m} and one {n} . Is the {n} behind or in "
    "front of the {o}? yes no none there is no {n} here, only a small green {o} . "
    "Please answer with yes or no. I see 10 {m} , 6 7 8 9 0 . black white blue yellow"
)


def dialogues(seed, lines=4000):
    """Questions with answers, and a few other sentences (with None as the answer)."""
    rnd = random.Random(seed)
    out = []
    for _ in range(lines):
        a, b = rnd.sample(NAMES, 2)
        kind, relation, yes, n = (
            rnd.randrange(4),
            rnd.choice(q.RELATIONS),
            rnd.random() < 0.5,
            rnd.randint(1, 5),
        )
        if kind == 0:
            out.append((q.existence_question(a), q.existence_answer(a, yes)))
        elif kind == 1:
            out.append((q.counting_question(a), q.counting_answer(a, n)))
        elif kind == 2:
            ask = q.spatial_question(a, b, relation)
            out.append((ask, q.spatial_answer(a, relation, yes)))
        else:
            out.append((OTHER.format(n=a, m=q.PLURAL[b], o=b), None))
    return out


def corpus(seed):
    """The dialogues as LLaVA's prompts with answers; line ends as NEWLINE."""
    out = []
    for ask, answer in dialogues(seed):
        text = q.prompt(ask).replace("<image>", " ").replace("\n", NEWLINE)
        out.append(f"{text} {answer}" if answer else ask)
    return out


def train(lines, **settings):
    """The trained model as a protocol buffer, without the pieces that hold NEWLINE."""
    import sentencepiece as spm

    os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")
    from sentencepiece import sentencepiece_model_pb2 as pb

    data = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=data,
        model_type="bpe",
        vocab_size=PIECES,
        byte_fallback=True,
        split_digits=True,
        normalization_rule_name="identity",
        character_coverage=1.0,
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
        **settings,
    )
    proto = pb.ModelProto()
    proto.ParseFromString(data.getvalue())
    kept = [p for p in proto.pieces if NEWLINE not in p.piece]
    del proto.pieces[:]
    proto.pieces.extend(kept)
    proto.trainer_spec.vocab_size = len(kept)
    return proto


def merges(proto):
    """Merge rules in rank order: every split of a piece into two pieces, by falling piece score."""
    ids = {p.piece: i for i, p in enumerate(proto.pieces) if p.type == 1}
    found = []
    for p in proto.pieces:
        if p.type == 1:
            splits = [(p.piece[:i], p.piece[i:]) for i in range(1, len(p.piece))]
            splits = [s for s in splits if s[0] in ids and s[1] in ids]
            found += [(p.score, s) for s in sorted(splits, key=lambda s: (ids[s[0]], ids[s[1]]))]
    found.sort(key=lambda x: -x[0])
    return [f"{a} {b}" for _, (a, b) in found]


def added(i, content, special=True):
    """An entry of added_tokens in tokenizer.json."""
    return {
        "id": i,
        "content": content,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": special,
    }


def added_decoder(entries):
    """The same entries as tokenizer_config.json lists them."""
    return {str(e["id"]): {k: v for k, v in e.items() if k != "id"} for e in entries}


def dump(path, value, indent=1):
    """JSON with a final newline."""
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=indent)
        f.write("\n")


def fast_tokenizer(proto, entries, normalizer, pre_tokenizer, bos, strip):
    """tokenizer.json of a SentencePiece BPE with byte fallback; `bos`: (text, id) put in front,
    `strip`: decoders after the fallback."""
    text, number = bos
    begin = [[{"SpecialToken": {"id": text, "type_id": k}}, {"Sequence": {"id": s, "type_id": k}}]
             for k, s in enumerate("AB")]  # fmt: skip
    space = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": entries,
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": begin[0],
            "pair": begin[0] + begin[1],
            "special_tokens": {text: {"id": text, "ids": [number], "tokens": [text]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [space, {"type": "ByteFallback"}, {"type": "Fuse"}, *strip],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": {p.piece: i for i, p in enumerate(proto.pieces)},
            "merges": merges(proto),
        },
    }


def write_tokenizer(folder, seed):
    """Writes the tokenizer files of one checkpoint folder (see the file's docstring)."""
    proto = train(corpus(seed), add_dummy_prefix=True, unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    n = len(proto.pieces)
    entries = [
        added(0, "<unk>"),
        added(1, "<s>"),
        added(2, "</s>"),
        added(n, "<image>"),
        added(n + 1, "<pad>"),
    ]
    with open(f"{folder}/tokenizer.model", "wb") as f:
        f.write(proto.SerializeToString())
    legacy = [
        {"type": "Prepend", "prepend": "▁"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    ]
    dump(
        f"{folder}/tokenizer.json",
        fast_tokenizer(
            proto,
            entries,
            {"type": "Sequence", "normalizers": legacy},
            None,
            ("<s>", 1),
            [{"type": "Strip", "content": " ", "start": 1, "stop": 0}],
        ),
    )
    dump(
        f"{folder}/tokenizer_config.json",
        {
            "add_bos_token": True,
            "add_eos_token": False,
            "add_prefix_space": None,
            "added_tokens_decoder": added_decoder(entries),
            "bos_token": "<s>",
            "clean_up_tokenization_spaces": False,
            "eos_token": "</s>",
            "extra_special_tokens": {"image_token": "<image>"},
            "image_token": "<image>",
            "legacy": False,
            "model_max_length": 1000000000000000019884624838656,
            "pad_token": "<pad>",
            "padding_side": "left",
            "processor_class": "LlavaProcessor",
            "sp_model_kwargs": {},
            "tokenizer_class": "LlamaTokenizer",
            "unk_token": "<unk>",
            "use_default_system_prompt": False,
        },
    )
    dump(f"{folder}/added_tokens.json", {"<image>": n, "<pad>": n + 1})
    dump(
        f"{folder}/special_tokens_map.json",
        {
            "bos_token": "<s>",
            "eos_token": "</s>",
            "image_token": "<image>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
        },
    )
    return {"rows": n + 2, "image": n, "pad": n + 1}
