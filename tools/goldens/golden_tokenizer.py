"""clip-vocab/ and tokenizer.json: CLIP's vocabulary in Hugging Face's layout, and what transformers' CLIPTokenizer makes of diverse texts."""

import gzip
import json
import shutil
import tempfile
import unicodedata
from importlib.metadata import Distribution, distribution
from itertools import pairwise
from pathlib import Path
from typing import Any

import regex
import torch
import transformers
from transformers import CLIPTokenizer

import tiny_tokenizer
from common import generator, save_json
from method import token_names
from parts import LENGTH
from tiny_tokenizer import BOS, EOS

PACKAGE = "open-clip-torch"
BPE = "open_clip/bpe_simple_vocab_16e6.txt.gz"
TEXTS = 500

Row = dict[str, Any]


def make(out: Path, seed: int) -> None:
    """Writes clip-vocab/ and tokenizer.json."""
    vocab, merges = write_vocabulary(out / "clip-vocab")
    tokenizer = CLIPTokenizer.from_pretrained(out / "clip-vocab")
    texts = diverse_texts(TEXTS, seed)
    rows = encode(tokenizer, texts)
    spec = SpecTokenizer(vocab, merges)
    differing = [row["text"] for row in rows if spec.encode(row["text"]) != row["ids"]]
    assert not differing, differing

    # Added as diffusers' load_textual_inversion adds them; the prompts are expanded already.
    added = [*token_names("<dog>"), *token_names("<my-cup>")]
    learned = CLIPTokenizer.from_pretrained(out / "clip-vocab")
    learned.add_tokens(added)
    bang = padded_with_bang(out / "clip-vocab")
    write_rows(out / "tokenizer.json", {
        "by": f"transformers {transformers.__version__} CLIPTokenizer ({type(tokenizer).__mro__[1].__name__}: the fast one, "
              "the only one in transformers 5), tokenizers backend",
        "call": "tokenizer(text, padding='max_length', max_length=77, truncation=True)", "bos": 49406, "eos": 49407, "pad": 49407,
        "added": {token: len(vocab) + i for i, token in enumerate(added)}, "texts_where_the_40_line_spec_differs": differing},
        {"texts": rows, "learned": encode(learned, LEARNED), "pad_bang": encode(bang, texts[:30] + BANGS)})


def write_vocabulary(folder: Path) -> tuple[dict[str, int], list[tiny_tokenizer.Merge]]:
    """CLIP's vocabulary out of the installed package, with its licence."""
    shutil.rmtree(folder, ignore_errors=True)
    package = distribution(PACKAGE)
    lines = gzip.decompress(read(package, BPE)).decode().split("\n")
    merges = [(a, b) for a, b in (line.split() for line in lines[1:49152 - 256 - 2 + 1])]
    vocab = tiny_tokenizer.build_vocab(merges)
    assert (len(vocab), vocab[BOS], vocab[EOS]) == (49408, 49406, 49407)
    tiny_tokenizer.write_files(folder, vocab, merges)
    with (folder / "LICENSE").open("w", encoding="utf-8", newline="\n") as file:
        file.write("vocab.json and merges.txt: OpenAI CLIP's byte pair encoding (bpe_simple_vocab_16e6.txt.gz), taken from the PyPI package\n"
                   f"{PACKAGE}=={package.version} and rewritten in the layout of Hugging Face. Licence of that package:\n\n"
                   + read(package, "LICENSE").decode())
    return vocab, merges


def read(package: Distribution, end: str) -> bytes:
    """The file of an installed package whose path ends so."""
    return next(path for path in package.files or [] if str(path).endswith(end)).locate().read_bytes()


def padded_with_bang(folder: Path) -> CLIPTokenizer:
    """The tokenizer of SD 2.x, and the second one of SDXL: "!" pads, so it is a special token and swallows every "!" of a text."""
    with tempfile.TemporaryDirectory() as copy:
        for path in folder.iterdir():
            target = Path(copy) / path.name
            if path.name in ("special_tokens_map.json", "tokenizer_config.json"):
                save_json(target, json.loads(path.read_text(encoding="utf-8")) | {"pad_token": "!"})
            else:
                shutil.copyfile(path, target)
        tokenizer = CLIPTokenizer.from_pretrained(copy)
    assert tokenizer.pad_token_id == 0
    return tokenizer


class SpecTokenizer:
    """CLIP's tokenizer without dependencies: the rules on one page. It must agree with transformers on every text."""

    SPLIT = regex.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    AGAIN = regex.compile(r"[\p{L}]+|[\p{N}]+|[^\s\p{L}\p{N}]+")  # the byte-level step splits once more; only a literal <|endoftext|> notices

    def __init__(self, vocab: dict[str, int], merges: list[tiny_tokenizer.Merge]) -> None:
        self.vocab, self.characters = vocab, tiny_tokenizer.bytes_to_unicode()
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}

    def word(self, token: str) -> list[int]:
        """Ids of one word: its bytes, joined pair by pair in the order of the merges."""
        symbols = [self.characters[b] for b in token.encode()]
        symbols[-1] += "</w>"
        while len(symbols) > 1:
            rank, i = min((self.ranks.get(pair, len(self.ranks)), i) for i, pair in enumerate(pairwise(symbols)))
            if rank == len(self.ranks):
                break
            symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
        return [self.vocab[s] for s in symbols]

    def encode(self, text: str) -> list[int]:
        """Ids of a text with start and end token, padded and truncated."""
        ids: list[int] = []
        # Special tokens first. The start token is "normalized" (any case matches), the end token is not, because it is the pad token too.
        for part in regex.split(r"(<\|endoftext\|>|(?i:<\|startoftext\|>))", text):
            if part == EOS or part.lower() == BOS:
                ids.append(self.vocab[part.lower()])
                continue
            part = "".join(c.lower() for c in regex.sub(r"\s+", " ", unicodedata.normalize("NFC", part)))
            for token in self.SPLIT.findall(part):
                for piece in self.AGAIN.findall(token) if token.startswith("<|") and token.endswith("|>") else [token]:
                    ids += self.word(piece)
        return ([self.vocab[BOS], *ids[:LENGTH - 2]] + [self.vocab[EOS]] * LENGTH)[:LENGTH]


# ---------------------------------------------------------------------------------------------- texts

HAND = [
    "", " ", "   leading and   double  spaces ", "a photo of a cat", "A PHOTO OF A CAT", "A photo of a Cat, sitting on a mat.",
    "don't can't it's we're they'll i'd you've I'M", "DON'T CAN'T IT'S WE'RE", "rock 'n' roll", "it\u2019s a curly apostrophe", "hello\tworld\nnew\r\nline",
    "a\u00a0no-break\u00a0space", "ideographic\u3000space", "zero\u200bwidth\u200dspace", "thin\u2009space and \u2028 line separator \u2029 paragraph",
    "control \u0001\u0002\u007f characters", "null\u0000byte", "next\u0085line", "unit\u001fseparator", "caf\u00e9 na\u00efve r\u00e9sum\u00e9",
    "cafe\u0301 decomposed", "\u00c9COLE \u00c0 LA MODE", "stra\u00dfe STRASSE \u1e9e", "\u0130stanbul \u0131\u015f\u0131k",
    "\u03a3\u03a3 \u039f\u0394\u039f\u03a3 \u03c3\u03c2", "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!", "\u4f60\u597d\uff0c\u4e16\u754c",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8", "\ud55c\uad6d\uc5b4 \ud14d\uc2a4\ud2b8", "\u1112\u1161\u11ab\u1100\u116e\u11a8 (decomposed hangul)",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0bb5\u0ba3\u0b95\u0bcd\u0b95\u0bae\u0bcd", "\u2603 snowman", "\U0001f600 grin", "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
    "\U0001f44d\U0001f3fd thumbs", "\U0001f1eb\U0001f1f7 flag", "\u2764\ufe0f heart", "cat\U0001f431dog\U0001f436", "\U0001f600\U0001f600\U0001f600",
    "&amp; &lt;b&gt; &quot;x&quot; &#39;", "&eacute; &nbsp; &hellip;", "<b>bold</b> <br/>", "http://example.com/a?b=c&d=e#f", "user@example.com",
    "#hashtag @mention", "C:\\path\\to\\file.txt", "1234567890", "3.14159", "1,000,000", "\u00bd cup", "x\u00b2 + y\u00b2", "\u2163 \u2167 roman",
    "\u0661\u0662\u0663 arabic digits", "\uff11\uff12\uff13 full width", "1st 2nd 3rd", "4k 8K HDR", "year2024model", "!!! ??? ...", "!?!?!?",
    "(((masterpiece))), [best:1.2], {x|y}", "a--b---c", "_under_score_", "___", "a_b", "*star* ~tilde~ ^caret^", "\"quoted\" 'single' `tick`",
    "\u201ccurly\u201d \u2018single\u2019 \u00abguillemets\u00bb", "en\u2013dash em\u2014dash", "ellipsis\u2026", "50% off $9.99 \u20ac5 \u00a37 \u00a51",
    "\u00a9 \u00ae \u2122", "\u2190\u2191\u2192\u2193", "\u222b\u2211\u221a\u221e", "\u0434\u0430-\u043d\u0435\u0442", "<|startoftext|>", "<|endoftext|>",
    "a <|endoftext|> b", "a <|startoftext|> b", "<|ENDOFTEXT|> upper", "<| endoftext |>", "<dog>", "<dog>_1", "a photo of <dog>", "<s1> <s2>",
    "[cat*] in the snow", "sks dog", "<", "</w>", "a</w>", "!</w>", "supercalifragilisticexpialidocious", "antidisestablishmentarianism",
    "pneumonoultramicroscopicsilicovolcanoconiosis", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "asdfghjkl qwertyuiop zxcvbnm", "iPhone YouTube GitHub",
    "e.g. i.e. etc.", "u.s.a.", "Mr. & Mrs. Smith", "10:30am", "2023-11-23T06:24:13Z", "f/1.8, 85mm, ISO 100", "O'Brien's", "'sup 'tis 'twas", "s' 's",
    "'S 'T 'RE", "\ufb01ne \ufb02ow ligatures", "\u2126 ohm \u212b angstrom \u212a kelvin", "\uff21\uff22\uff23 full width letters",
    "\u1d400 math \U0001d400\U0001d401", "\U00020000 rare han", "a\u0308 o\u0308 u\u0308", "A\u030a ring", "\u1e0b\u0323 order", "\ufeffbyte order mark",
    "soft\u00adhyphen", "word\u2060joiner", "rtl \u202e override", "\u00b5 micro \u03bc mu", "\u01c5 titlecase digraph", "\ufffd replacement",
    "\ue000 private use", "tab\tseparated\tvalues", "mixed\u00a0 \t \u3000spaces", "emoji\u20e3 1\ufe0f\u20e3 keycap",
]

SUBJECTS = ["cat", "dog", "teapot", "strawberry", "red cup", "toy duck", "hamster", "backpack", "robot", "headphones", "oil lamp", "vase"]
PLACES = ["in the snow", "on the beach", "in a bucket", "on top of a mountain", "at the bus stop", "in front of the Eiffel Tower", "under water",
          "in Times Square, New York"]
STYLES = ["a photo of a {}", "an oil painting of a {}", "a {} made of glass", "cinematic shot of {}, 35mm, bokeh", "{} -- pixel art",
          "ukiyo-e print of a {}", "a low-poly 3D render of the {}", "close-up portrait of a {}"]
ENDINGS = [".", "!", ", 4k, highly detailed", " :-)", " (trending on artstation)"]
BLOCKS = [(0x20, 0x7f), (0xa1, 0x250), (0x370, 0x400), (0x400, 0x500), (0x5d0, 0x5eb), (0x620, 0x64b), (0x900, 0x980), (0xe01, 0xe3b),
          (0x2010, 0x2070), (0x20a0, 0x20c0), (0x2100, 0x2200), (0x2600, 0x2700), (0x3040, 0x3100), (0x4e00, 0x4f00), (0xac00, 0xad00),
          (0x1f300, 0x1f650), (0x1f680, 0x1f6c0)]
LEARNED = ["<dog>", "a photo of <dog> <dog>_1 <dog>_2 <dog>_3", "<dog>,<dog>_1.", "a<dog>b", "<DOG> upper", "<dog>_2<dog>_3", "<dog>_4", "< dog >",
           "<dog> _1", "<my-cup> and <dog>",
           "a photo of <dog> <dog>_1 <dog>_2 <dog>_3 and <my-cup> <my-cup>_1 <my-cup>_2 <my-cup>_3 on the beach", "<my-cup>'s handle",
           "x" + " <dog>" * 90, "<my-cup>_1<my-cup>_10", "<dog></dog>", "\u00d8<dog>\u00e9"]
BANGS = ["hello! world!", "wow!!!", "a!b", "! x", "no bang here", "!!! ???"]


def diverse_texts(number: int, seed: int) -> list[str]:
    """The texts written by hand, combinations of prompts, and random mixtures (some of them long), in a fixed order."""
    source = generator(seed)

    def draw(low: int, high: int) -> int:
        return int(torch.randint(low, high, (1,), generator=source))

    def pick(items: list) -> Any:
        return items[draw(0, len(items))]

    def prompt() -> str:
        return pick(STYLES).format(pick(SUBJECTS)) + " " + pick(PLACES)

    def letters() -> str:
        blocks = [pick(BLOCKS) for _ in range(draw(1, 5))]
        return "".join(chr(draw(*pick(blocks))) + (" " if draw(0, 6) == 0 else "") for _ in range(draw(3, 40)))

    def mixture(parts: int) -> str:
        return pick([" ", ", ", " / "]).join(pick([pick(SUBJECTS), pick(PLACES), pick(HAND), str(draw(0, 99999))]) for _ in range(parts))

    out = list(HAND)
    while len(out) < number:
        kind = len(out) % 4
        if kind == 0:
            text = prompt()
        elif kind == 1:
            text = prompt()
            text = text.upper() if len(out) % 8 == 1 else text.title() + pick(ENDINGS)
        elif kind == 2:
            text = letters()
        else:
            text = mixture(draw(2, 40) if len(out) % 12 == 3 else 3)
        out.append(text)
    return out


def encode(tokenizer: CLIPTokenizer, texts: list[str]) -> list[Row]:
    """Ids of each text, padded and truncated, and how many they were before."""
    return [{"text": text, "ids": tokenizer(text, padding="max_length", max_length=LENGTH, truncation=True).input_ids,
             "untruncated_length": len(tokenizer(text).input_ids)} for text in texts]


def write_rows(path: Path, head: dict[str, Any], sections: dict[str, list[Row]]) -> None:
    """JSON with one row a line."""
    parts = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    for name, rows in sections.items():
        parts.append(f" {json.dumps(name)}: [\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n ]")
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("{\n" + ",\n".join(parts) + "\n}\n")
