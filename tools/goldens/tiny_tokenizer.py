"""A small byte-level BPE tokenizer in CLIP's format, trained here on a handful of prompts; and the files that Hugging Face's layout has."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import regex

from common import save_json

BOS, EOS = "<|startoftext|>", "<|endoftext|>"
Merge = tuple[str, str]

CORPUS = """
a photo of a cat a photo of a dog a photo of a cup a photo of the teapot in the snow on the beach
a photo of a cat in the snow a photo of a dog on the beach a photo of a cup and a teapot a photo of strawberry and cup
a painting of a cat wearing a hat an oil painting of a dog in the style of van gogh a watercolor painting of a teapot
a cat in a bucket a bird in the beach a man wearing a hat a toy duck swimming in the pool a flower in a white vase
a small red cup on a wooden table a blue teapot in the kitchen a green bird on a tree a black cat on the sofa
a person holding coffee at the bus stop a headphone standing on a shelf a backpack on a mountain in the rain
strawberry in the cup a robot toy in space a clock on the wall a candle and a book on the desk a bowl of fruit
high quality best quality low quality worst quality blurry detailed sharp photograph of a close up of a portrait
sunset sunrise night city street forest river lake garden house car boat train horse sheep elephant monkey bear fox
yellow purple orange brown pink golden silver shiny glass metal plastic paper stone clay
on top of next to under behind with without from into over and the a an of in on at to for is are was
hamster kitten puppy rabbit turtle fish shoe sneaker boot jacket shirt dress sunglasses watch ring
sitting standing running sleeping jumping flying eating drinking playing holding wearing looking
one two three four five ten hundred prompt text image diffusion model learning fine tuning
cafe naive don't it's we're they'll i'm you've he'd !!! ... ?? -- () [] "quoted" 2024 100 3.14
"""
EXTRA = {"a": 40, "photo": 40, "of": 40, "the": 30, "in": 20, "on": 20, "cat": 15, "dog": 15, "cup": 15, "teapot": 15, "snow": 10, "beach": 10,
         "strawberry": 10, "and": 20}

PATTERN = regex.compile(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""", regex.IGNORECASE)


def bytes_to_unicode() -> dict[int, str]:
    """GPT-2's map of bytes to printable characters, in CLIP's order."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(others)}


def train(merges_wanted: int) -> list[Merge]:
    """Plain BPE: merge the most frequent pair; ties are broken alphabetically, so the result is deterministic."""
    characters = bytes_to_unicode()
    words = Counter(PATTERN.findall(CORPUS.lower())) + Counter(EXTRA)
    split = {(*(characters[b] for b in word.encode()[:-1]), characters[word.encode()[-1]] + "</w>"): n for word, n in words.items()}
    merges: list[Merge] = []
    while len(merges) < merges_wanted:
        pairs: Counter[Merge] = Counter()
        for symbols, n in split.items():
            for pair in pairwise(symbols):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        split = {merge(symbols, best): n for symbols, n in split.items()}
    return merges


def merge(symbols: tuple[str, ...], pair: Merge) -> tuple[str, ...]:
    """The symbols with every occurrence of the pair joined, from the left."""
    out: list[str] = []
    i = 0
    while i < len(symbols):
        joined = symbols[i:i + 2] == pair
        out.append("".join(pair) if joined else symbols[i])
        i += 2 if joined else 1
    return tuple(out)


def build_vocab(merges: list[Merge]) -> dict[str, int]:
    """Token ids: 256 bytes, the same at a word's end, the merges, the two special tokens."""
    characters = list(bytes_to_unicode().values())
    vocab = characters + [c + "</w>" for c in characters] + ["".join(m) for m in merges] + [BOS, EOS]
    return {token: i for i, token in enumerate(dict.fromkeys(vocab))}


def write_files(folder: Path, vocab: dict[str, int], merges: list[Merge]) -> None:
    """vocab.json, merges.txt and the two small files, as the folder of Stable Diffusion 1.5 has them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "vocab.json").open("w", encoding="utf-8", newline="\n") as file:
        json.dump(vocab, file, ensure_ascii=False)
    with (folder / "merges.txt").open("w", encoding="utf-8", newline="\n") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))

    def added(content: str, **kind: str) -> dict[str, str | bool]:
        return {**kind, "content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}

    typed = {"__type": "AddedToken"}
    save_json(folder / "special_tokens_map.json", {"bos_token": added(BOS), "eos_token": added(EOS), "pad_token": EOS, "unk_token": added(EOS)})
    save_json(folder / "tokenizer_config.json", {
        "add_prefix_space": False, "bos_token": added(BOS, **typed), "do_lower_case": True, "eos_token": added(EOS, **typed), "errors": "replace",
        "model_max_length": 77, "pad_token": EOS, "tokenizer_class": "CLIPTokenizer", "unk_token": added(EOS, **typed)})


def make(folder: Path, merges_wanted: int = 620) -> dict[str, int]:
    """Trains the tokenizer, writes its files and returns its vocabulary."""
    merges = train(merges_wanted)
    vocab = build_vocab(merges)
    write_files(folder, vocab, merges)
    return vocab
