"""Makes the files of tests/Goldens: `python make.py --out DIR [step ...]`. README.md beside this file says what they are and what they need.

Two runs on one machine write the same bytes.
"""

import os
import sys

if os.environ.get("PYTHONHASHSEED") != "0":  # peft writes a set into a file's header, in the order of its hashes
    os.environ["PYTHONHASHSEED"] = "0"
    os.execv(sys.executable, [sys.executable, *sys.argv])

import argparse
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import golden_embeds
import golden_lora
import golden_method
import golden_metrics
import golden_modules
import golden_pipeline
import golden_schedulers
import golden_tokenizer
import readme
import sd15_tiny
import shapes
import tolerance
import verify


def steps(out: Path, model: Path | None) -> dict[str, Callable[[], None]]:
    """What is made, in this order: a step reads what those before it wrote. `model` is copied in place of making sd15-tiny."""
    tiny = out / "sd15-tiny"

    def tiny_model() -> None:
        if model is None:
            sd15_tiny.make(tiny, 1500)
        else:
            shutil.copytree(model, tiny, dirs_exist_ok=True)

    lora, embeds = out / "lora" / "r4-kohya" / golden_lora.FILE, out / "embeds" / golden_embeds.FILE
    return {
        "sd15-tiny": tiny_model,
        "modules": lambda: golden_modules.make(tiny, out / "modules", 100),
        "schedulers": lambda: golden_schedulers.make(out / "schedulers", 200),
        "lora": lambda: golden_lora.make(tiny, out / "lora", 300),
        "embeds": lambda: golden_embeds.make(tiny, out / "embeds", 400),
        "pipeline": lambda: golden_pipeline.make(tiny, out / "pipeline", 500, lora, embeds),
        "method": lambda: golden_method.make(tiny, out / "method", 600),
        "metrics": lambda: golden_metrics.make(tiny, out / "metrics", 700),
        "tokenizer": lambda: golden_tokenizer.make(out, 900),
        "shapes": lambda: shapes.make(out / "shapes"),
        "tolerances": lambda: tolerance.make(tiny, out),
        "readme": lambda: readme.make(out),
        "verify": lambda: verify.make(out),
    }


def main() -> None:
    """Runs the steps that were named, or all."""
    parser = argparse.ArgumentParser(description="Makes the files of tests/Goldens.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--model", type=Path, metavar="DIR", help="take this sd15-tiny in place of making it anew")
    parser.add_argument("steps", nargs="*", metavar="step", help="what to make; everything when none is named")
    args = parser.parse_args()
    known = steps(args.out, args.model)
    if unknown := set(args.steps) - known.keys():
        parser.error(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    for name, step in known.items():
        if not args.steps or name in args.steps:
            started = time.monotonic()
            step()
            print(f"{name}: {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    main()
