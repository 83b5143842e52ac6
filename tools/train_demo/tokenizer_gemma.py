"""A small SentencePiece BPE vocabulary in the layout of PaliGemma's tokenizer.

No prefix space, "\\n" and the like as added tokens, the 1,024 <locDDDD> and 128 <segDDD> behind the
pieces (the library's processor adds those that lack), <image> last.
`write_tokenizer(folder, seed)` returns {"rows", "image"}: number of ids and the id of <image>.
"""

from tokenizer import added, added_decoder, dialogues, dump, fast_tokenizer, train

OWN = ("<mask>", "<start_of_turn>", "<end_of_turn>", "\n", "\n\n", "\t")
PLACES = [f"<loc{i:04d}>" for i in range(1024)] + [f"<seg{i:03d}>" for i in range(128)]
USER_DEFINED = 4  # piece type


def write_tokenizer(folder, seed):
    """Writes the tokenizer files of one checkpoint folder."""
    proto = train(
        [text for pair in dialogues(seed) for text in pair if text],
        add_dummy_prefix=False,
        pad_id=0,
        eos_id=1,
        bos_id=2,
        unk_id=3,
        pad_piece="<pad>",
        eos_piece="<eos>",
        bos_piece="<bos>",
        unk_piece="<unk>",
        user_defined_symbols=list(OWN),
    )
    for text in PLACES:
        piece = proto.pieces.add()
        piece.piece, piece.score, piece.type = text, 0.0, USER_DEFINED
    n = len(proto.pieces)
    proto.trainer_spec.vocab_size = n
    with open(f"{folder}/tokenizer.model", "wb") as f:
        f.write(proto.SerializeToString())
    entries = [
        added(i, p.piece, p.type != USER_DEFINED or p.piece in OWN[:3])
        for i, p in enumerate(proto.pieces)
        if p.type in (2, 3, USER_DEFINED)  # unknown, control
    ] + [added(n, "<image>")]
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    split = {
        "type": "Split",
        "pattern": {"String": " "},
        "behavior": "MergedWithPrevious",
        "invert": False,
    }
    dump(
        f"{folder}/tokenizer.json",
        fast_tokenizer(proto, entries, replace, split, ("<bos>", 2), []),
        indent=None,
    )
    special = {
        "additional_special_tokens": ["<image>"],
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    }
    dump(
        f"{folder}/tokenizer_config.json",
        {
            "add_bos_token": True,
            "add_eos_token": False,
            "added_tokens_decoder": added_decoder(entries),
            **special,
            "clean_up_tokenization_spaces": False,
            "model_max_length": 1000000000000000019884624838656,
            "processor_class": "PaliGemmaProcessor",
            "sp_model_kwargs": {},
            "spaces_between_special_tokens": False,
            "tokenizer_class": "GemmaTokenizer",
            "use_default_system_prompt": False,
        },
        indent=None,
    )
    dump(f"{folder}/added_tokens.json", {"<image>": n})
    dump(f"{folder}/special_tokens_map.json", special)
    return {"rows": n + 1, "image": n}
