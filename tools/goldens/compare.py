"""Compares a run of make.py with the goldens of the repository: `python compare.py [--fresh DIR]`. Exit code 1 when something differs.

Integers, texts and the weights of sd15-tiny, but for those that are fitted, must be equal.
Other numbers must be within tolerances that come from tests/Goldens/tolerances.json, the measured distance of fp32 from fp64 (RULES).
"""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

HERE = Path(__file__).resolve().parent
GOLDENS = HERE.parents[1] / "tests" / "Goldens"

NOISE = re.compile(r"\b\d(\.\d+)?e[+-]\d\d\b")
"""Measured noise in README.md, such as 2.5e-06. It is not compared: tolerances.json has the same figures."""


@dataclass(frozen=True)
class Rule:
    """How far the tensors may be off whose `<file>:<key>` matches: a share of the largest value of the committed tensor."""

    pattern: str
    share: float = 0
    floors: tuple[str, ...] = ()
    """Entries of tolerances.json; the widest of them counts, `times` over, in place of `share`."""
    times: float = 100

    def allowed(self, tolerances: dict[str, Any]) -> float:
        """The share."""
        return max((tolerances[floor]["relative_to_max"] for floor in self.floors), default=0) * self.times or self.share


UNET, VAE = ("unet.square.out", "unet.wide.out"), ("vae.square.mean", "vae.square.decode_image")
TEXT, CLIP = ("text.last_hidden_state",), ("clip.image_features",)
LATENTS, IMAGES = ([f"pipeline.plain.{sampler}.{what}" for sampler in ("ddim", "dpmpp-2m", "euler", "pndm")] for what in ("final_latents", "image"))
RULES = [
    Rule("sd15-tiny/*"),
    Rule("modules/*:unet.*", floors=UNET),
    Rule("modules/*:vae.*", floors=VAE),
    Rule("modules/*:text.*", floors=TEXT),
    Rule("modules/*:clip.*", floors=CLIP),
    Rule("modules/preprocess.*", 1e-6),
    Rule("schedulers/*", 1e-5),
    Rule("*:grad", 1e-4),
    Rule("*:grad.*", 1e-4),
    Rule("*.grad.*", 1e-4),
    Rule("*:loss", 1e-5),
    Rule("lora/r?.*:out*", floors=UNET),
    Rule("embeds/embeds.*:*hidden_state", floors=TEXT),
    Rule("embeds/embeds.*:pool*", floors=TEXT),
    Rule("embeds/embeds.*:clip*", floors=CLIP),
    Rule("pipeline/*.image", floors=(*IMAGES,), times=30),
    Rule("pipeline/*latents", floors=(*LATENTS,), times=30),
    Rule("pipeline/*embeds", floors=TEXT),
    Rule("method/*:z", floors=VAE),
    Rule("method/*:pe.trajectory.*", 1e-3),
    Rule("method/*:pe.*", floors=CLIP),
    Rule("method/*:multi.class_embeddings", floors=CLIP),
    Rule("method/*:sp1.soft.c", floors=TEXT),
    Rule("method/*:sp1.*.prediction*", floors=UNET),
    Rule("method/*:sp1.*", floors=VAE),
    Rule("metrics/*:align.*_features", floors=CLIP),
    Rule("*", 1e-6),  # inputs, and what is made of them by a few operations
]
NUMBERS = [
    Rule("lora/*difference*", math.inf),  # noise itself; make.py asserts its bounds
    Rule("embeds/*difference*", math.inf),
    Rule("pipeline/*", 1e-4),
    Rule("*", 1e-5),
]
"""The same for numbers in JSON: a share of the committed number, or of 1 where that is smaller."""

TRAINED = "train."
"""After AdamW, which divides by the gradient's own size, elements with gradients near zero may move differently."""
TRAINED_FLOORS = 4
TRAINED_OUTLIERS = 1e-3
TRAINED_LIMIT = 6e-4
"""Of a trained tensor, all elements but this share (one at least) must be within so many noise floors, and those within the way of three steps."""

FLOOR_GROWTH = 10
"""How many times a noise floor may be the committed one."""


@dataclass(frozen=True)
class Difference:
    """How far one value is off."""

    what: str
    text: str
    size: float
    """In tolerances: beyond 1 it differs."""


class Comparison:
    """Fresh files against those of the repository."""

    def __init__(self, fresh: Path, committed: Path) -> None:
        self.fresh, self.committed = fresh, committed
        self.tolerances: dict[str, Any] = json.loads((committed / "tolerances.json").read_text())

    def run(self) -> int:
        """Prints a line for each file and returns the exit code."""
        counts: Counter[str] = Counter()
        for name in sorted(files(self.fresh) | files(self.committed)):
            state, detail = self.compare(name)
            counts[state] += 1
            print(f"{state:8}{name}{f': {detail}' if detail else ''}", flush=True)
        print(f"{counts.total()} files: {', '.join(f'{count} {state}' for state, count in sorted(counts.items()))}")
        return 0 if set(counts) <= {"same", "close"} else 1

    def compare(self, name: str) -> tuple[str, str]:
        """A file's state, and what there is to say about it."""
        fresh, committed = self.fresh / name, self.committed / name
        if not fresh.is_file():
            return "missing", "make.py did not write it"
        if not committed.is_file():
            return "new", "not in the repository"
        if fresh.read_bytes() == committed.read_bytes():
            return "same", ""
        if fresh.suffix == ".safetensors":
            differences = list(self.tensors(name))
        elif fresh.suffix == ".json":
            differences = list(self.numbers(name, "", read_json(fresh), read_json(committed)))
        else:
            differences = list(lines(fresh, committed))
        if not differences:
            return "close", "the same values in other bytes"
        worst = max(differences, key=lambda difference: difference.size)
        beyond = sum(difference.size > 1 for difference in differences)
        return ("differs", f"{worst.what} {worst.text}; {beyond} of its values differ") if beyond else ("close", f"{worst.what} {worst.text}")

    def tensors(self, name: str) -> Iterator[Difference]:
        """Tensors that are not equal."""
        ours, theirs = read_tensors(self.fresh / name), read_tensors(self.committed / name)
        for key in sorted(ours.keys() ^ theirs.keys()):
            yield Difference(key, "is not there" if key in theirs else "is new", math.inf)
        for key in sorted(ours.keys() & theirs.keys()):
            a, b = ours[key], theirs[key]
            if isinstance(a, str) or isinstance(b, str):
                if a != b:
                    yield Difference(key, unlike(a, b), math.inf)
            elif a.dtype != b.dtype or a.shape != b.shape:
                yield Difference(key, f"is {a.dtype} {a.shape}, not {b.dtype} {b.shape}", math.inf)
            elif not np.array_equal(a, b):
                yield self.tensor(name, key, a, b)

    def tensor(self, name: str, key: str, a: np.ndarray, b: np.ndarray) -> Difference:
        """Two tensors of one shape that are not equal."""
        if not np.issubdtype(a.dtype, np.floating):
            return Difference(key, f"differs in {np.count_nonzero(a != b)} of {a.size} integers", math.inf)
        off = np.abs(a.astype(np.float64) - b)
        if key.startswith(TRAINED) and key != "train.eps":
            return self.trained(key, off)
        share = off.max() / (np.abs(b).max() or 1)
        rule = next(rule for rule in RULES if fnmatchcase(f"{name}:{key}", rule.pattern))
        allowed = rule.allowed(self.tolerances)
        if not allowed:
            return Difference(key, f"differs in {np.count_nonzero(off)} of {off.size} numbers, by {off.max():.1e} at most; none may", math.inf)
        return Difference(key, f"is off by {share:.1e} of its largest value, {allowed:.1e} are allowed", size(share, allowed))

    def trained(self, key: str, off: np.ndarray) -> Difference:
        """A tensor after three steps of AdamW."""
        floors = self.tolerances[".".join(key.split(".")[:2])]
        allowed = TRAINED_FLOORS * max(floors["lora_A_max_abs"], floors["lora_B_max_abs"])
        outliers = np.count_nonzero(off > allowed)
        many = outliers > max(1, TRAINED_OUTLIERS * off.size) or not off.max() <= TRAINED_LIMIT
        text = f"is off by {off.max():.1e}, {allowed:.1e} are allowed but for outliers, which are {outliers} of {off.size} numbers"
        return Difference(key, text, math.inf if many else min(1.0, size(off.max(), allowed)))

    def numbers(self, name: str, path: str, a: Any, b: Any) -> Iterator[Difference]:
        """Values of JSON that are not equal."""
        if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
            for key in a:
                yield from self.numbers(name, f"{path}.{key}" if path else key, a[key], b[key])
        elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            for i, pair in enumerate(zip(a, b)):
                yield from self.numbers(name, f"{path}[{i}]", *pair)
        elif a == b:
            return
        elif isinstance(a, float) and isinstance(b, float):
            if name == "tolerances.json":
                yield Difference(path, f"is {a:.1e}, was {b:.1e}", size(a, FLOOR_GROWTH * max(b, 1e-8)))
                return
            allowed = next(rule for rule in NUMBERS if fnmatchcase(f"{name}:{path}", rule.pattern)).share
            yield Difference(path, f"is {a:.9g}, not {b:.9g}", size(abs(a - b), allowed * max(1, abs(b))))
        else:
            yield Difference(path or "the document", unlike(a, b), math.inf)


def size(off: float, allowed: float) -> float:
    """How many tolerances; not-a-number is infinitely many."""
    return math.inf if math.isnan(off) else off / allowed


def unlike(a: Any, b: Any) -> str:
    """Two values for a message, from where they part."""
    texts = [json.dumps(value) for value in (a, b)]
    same = next((i for i, pair in enumerate(zip(*texts)) if len(set(pair)) > 1), min(map(len, texts)))
    start = max(0, same - 20)
    ours, theirs = (f"{'...' if start else ''}{text[start:start + 60]}{'...' if len(text) > start + 60 else ''}" for text in texts)
    return f"is {ours}, not {theirs}"


def lines(fresh: Path, committed: Path) -> Iterator[Difference]:
    """Lines that are not equal, but for measured noise in README.md."""
    ours, theirs = (path.read_text(encoding="utf-8").splitlines() for path in (fresh, committed))
    if fresh.name == "README.md":
        ours, theirs = ([NOISE.sub("", line) for line in text] for text in (ours, theirs))
    if len(ours) != len(theirs):
        yield Difference("the text", f"has {len(ours)} lines, not {len(theirs)}", math.inf)
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        if a != b:
            yield Difference(f"line {number}", unlike(a, b), math.inf)


def files(folder: Path) -> set[str]:
    """Names relative to the folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def read_json(path: Path) -> Any:
    """A JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_tensors(path: Path) -> dict[str, np.ndarray | str]:
    """Tensors by key, and the header's texts as `__metadata__.<key>`."""
    with safe_open(path, "np") as file:
        texts = {f"__metadata__.{key}": text for key, text in (file.metadata() or {}).items()}
        return {key: file.get_tensor(key) for key in file.keys()} | texts  # noqa: SIM118 - it is no dict


def main() -> int:
    """Makes a run where none is given, and compares."""
    parser = argparse.ArgumentParser(description="Compares a run of make.py with the goldens of the repository.")
    parser.add_argument("--fresh", type=Path, metavar="DIR", help="what make.py wrote; without it, it runs into a temporary folder first")
    parser.add_argument("--model", type=Path, metavar="DIR", help="make.py --model: take this sd15-tiny in place of making it anew")
    parser.add_argument("--goldens", type=Path, metavar="DIR", default=GOLDENS, help="what to compare with (default: tests/Goldens)")
    args = parser.parse_args()
    if args.fresh:
        if not args.fresh.is_dir():
            parser.error(f"--fresh {args.fresh} is not a folder")
        return Comparison(args.fresh, args.goldens).run()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, HERE / "make.py", "--out", folder]
        subprocess.run(command + (["--model", args.model.resolve()] if args.model else []), check=True)
        return Comparison(Path(folder), args.goldens).run()


if __name__ == "__main__":
    sys.exit(main())
