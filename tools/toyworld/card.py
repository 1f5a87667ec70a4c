"""Prints the tables of MODEL_CARD.md: parts, training stages and measurements, from a model's files, its logs and its evaluation.

    python card.py --model MODEL --evaluation OUT/evaluation.json --stages WORK/clip.jsonl:CLIP:128 WORK/vae.jsonl:VAE:16 WORK/unet.jsonl:UNet:48
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any

from safetensors import safe_open

COLUMNS = ("pictures", "clip_class", "clip_class_short_prompt", "clip_scene", "judge_class", "judge_scene")


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def parts(model: Path) -> str:
    """Parameters, bytes and shape of each part."""
    rows, total = [], 0
    for part in ("unet", "vae", "text_encoder", "clip"):
        path = next((model / part).glob("*.safetensors"))
        with safe_open(path, "np") as file:
            count = sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())  # noqa: SIM118 - it is no dict
        total += path.stat().st_size
        rows.append([part, f"{count:,}", f"{path.stat().st_size:,}", shape(json.loads((model / part / "config.json").read_text()))])
    return table(["part", "parameters", "bytes (fp16)", "shape"], [*rows, ["all", "", f"{total:,}", ""]])


def shape(config: dict[str, Any]) -> str:
    """Widths and depths of a part."""
    if "block_out_channels" in config:
        return f"channels {config['block_out_channels']}, {config['layers_per_block']} layer(s) a block"
    text, vision = config.get("text_config", config), config.get("vision_config")
    line = f"text {text['hidden_size']} wide, {text['num_hidden_layers']} layers"
    if vision is None:
        return line
    return (f"{line}; vision {vision['hidden_size']} wide, {vision['num_hidden_layers']} layers, patch {vision['patch_size']}; "
            f"projection {config['projection_dim']}")


def stages(logs: list[str]) -> str:
    """Steps, pictures, minutes and losses of each LOG:LABEL:BATCH."""
    rows = []
    for path, label, batch in (log.split(":") for log in logs):
        lines = [line for line in map(json.loads, Path(path).read_text().splitlines()) if "loss" in line]
        last = lines[-1]
        rows.append([label, str(last["step"]), str(last.get("samples", last["step"] * int(batch))), f"{last['seconds'] / 60:.0f}",
                     f"{lines[0]['loss']} ... {last['loss']}"])
    return table(["stage", "steps", "pictures seen", "minutes", "first and last losses"], rows)


def measured(result: dict[str, Any]) -> str:
    """What evaluate.py has found."""
    found = {name: row for name, row in result.items() if isinstance(row, dict) and "clip_class" in row}
    columns = [column for column in COLUMNS if any(column in row for row in found.values())]
    rows = [[name, *(str(row.get(column, "-")) for column in columns)] for name, row in found.items()]
    wrong = ", ".join(result.get("classes drawn wrong more than once", [])) or "none"
    return (table(["pictures of", *(column.replace("_", " ") for column in columns)], rows)
            + f"\n\nVAE: {result['vae']['psnr']:.2f} dB PSNR on held-out composites.\nClasses drawn wrong in more than one of four seeds: {wrong}.")


def main() -> None:
    """Prints them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--evaluation", type=Path, required=True, help="evaluation.json of evaluate.py")
    parser.add_argument("--stages", nargs="+", required=True, metavar="LOG:LABEL:BATCH", help="logs of the stages, in order")
    args = parser.parse_args()
    print(parts(args.model), stages(args.stages), measured(json.loads(args.evaluation.read_text())), sep="\n\n")


if __name__ == "__main__":
    main()
