"""A small byte-level BPE in CLIP's format, in which every word of the captions is one token.

    python tokenizer.py --out MODEL/tokenizer
"""

import argparse
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import world

LENGTH = 32
BOS, EOS = "<|startoftext|>", "<|endoftext|>"


def byte_alphabet() -> list[str]:
    """CLIP's printable stand-ins for the 256 bytes, in CLIP's order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    shifted = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + k) for k in range(len(shifted))]


def learn(words: list[str]) -> list[tuple[str, str]]:
    """Merge the most frequent pair until every word is one piece."""
    pieces = {w: [*w[:-1], w[-1] + "</w>"] for w in words}
    merges = []
    while True:
        pairs = Counter()
        for parts in pieces.values():
            pairs.update(pairwise(parts))
        if not pairs:
            return merges
        best = max(pairs, key=lambda p: (pairs[p], p))
        merges.append(best)
        for w, parts in pieces.items():
            out = []
            for part in parts:
                if out and (out[-1], part) == best:
                    out[-1] += part
                else:
                    out.append(part)
            pieces[w] = out


def main() -> None:
    """Writes the tokenizer's folder and checks that every word is one token."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    merges = learn(world.words())
    alphabet = byte_alphabet()
    tokens = alphabet + [c + "</w>" for c in alphabet] + ["".join(m) for m in merges]
    tokens = [*dict.fromkeys(tokens), BOS, EOS]
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "vocab.json").write_text(json.dumps({t: k for k, t in enumerate(tokens)}, ensure_ascii=False))
    (args.out / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, "add_prefix_space": False,
              "do_lower_case": True, "errors": "replace", "bos_token": BOS, "eos_token": EOS, "pad_token": EOS,
              "unk_token": EOS}
    (args.out / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    special = {k: config[k] for k in ("bos_token", "eos_token", "pad_token", "unk_token")}
    (args.out / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")

    from transformers import CLIPTokenizer
    tokenizer = CLIPTokenizer.from_pretrained(args.out)
    split = {w: tokenizer.tokenize(w) for w in world.words()}
    assert all(len(v) == 1 for v in split.values()), {w: v for w, v in split.items() if len(v) > 1}
    print(f"{len(tokens)} tokens, {len(merges)} merges, {len(split)} words")
    print(tokenizer("a photo of a cat on the beach", padding="max_length")["input_ids"])


if __name__ == "__main__":
    main()
