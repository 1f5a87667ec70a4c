"""README.md and KEYS.md of the goldens: figures and keys are read off the files themselves."""

import json
import re
from importlib.metadata import version
from pathlib import Path

from safetensors import safe_open

TEMPLATE = Path(__file__).with_name("README.in.md")
UNLISTED = ("sd15-tiny", "shapes", "clip-vocab")
"""Folders whose files are no goldens; KEYS.md leaves them out."""

MODULES = [
    (re.compile(r"unet\.(down_blocks|up_blocks|mid_block)[\w.]*?\.attn[12]\.processor\.to_(q|k|v|out)_lora"), "unet.<parent>.processor.<target>_lora"),
    (re.compile(r"unet\.(down_blocks|up_blocks|mid_block)[\w.]*?\.attn[12]\.to_(q|k|v|out\.0)"), "unet.<module>"),
    (re.compile(r"lora_unet_[\w]*?attn[12]_to_(q|k|v|out_0)"), "lora_unet_<module>")]
"""A LoRA target in its three spellings; KEYS.md has one row for all of a file's modules."""


def make(out: Path) -> None:
    """Writes both."""
    write(out / "README.md", readme(out, versions()))
    write(out / "KEYS.md", keys(out))


def write(path: Path, text: str) -> None:
    """As UTF-8, with line feeds on every system."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def versions() -> str:
    """The packages that the numbers come from."""
    def of(name: str) -> str:
        return f"{name} {version(name).split('+')[0]}"  # without the build: +cpu, +cu130

    return (f"{of('diffusers')}, {of('transformers')} ({of('tokenizers')}), {of('peft')}, {of('torch')} (CPU, 1 thread), {of('torchvision')}, "
            f"{of('safetensors')}, {of('accelerate')}")


def readme(out: Path, made_with: str) -> str:
    """The template with the versions, the noise floors and the totals of the shapes."""
    floors = json.loads((out / "tolerances.json").read_text())
    totals = json.loads((out / "shapes" / "totals.json").read_text())
    table = [f"| {name} | {floor['max_abs']:.1e} | {floor['relative_to_max']:.1e} |" for name, floor in floors.items() if "max_abs" in floor]
    train = [f"* `{name}`: losses {floor['losses_max_abs']:.0e}, vectors {floor['vectors_max_abs']:.0e}, A {floor['lora_A_max_abs']:.0e}, "
             f"B {floor['lora_B_max_abs']:.0e} (share of B beyond 1e-6: {floor['lora_B_share_above_1e-6']:.0e})"
             for name, floor in floors.items() if name.startswith("train.")]
    models = [f"| {name} | {total['parameters']:,} | {total.get('tensors', total.get('modules'))} |" for name, total in totals.items()]
    text = TEMPLATE.read_text(encoding="utf-8")
    for mark, value in (("@VERSIONS@", made_with), ("@TOLERANCES@", "\n".join(table)), ("@TRAIN@", "\n".join(train)), ("@TOTALS@", "\n".join(models))):
        text = text.replace(mark, value)
    return text


def collapse(key: str) -> str:
    """A key with the name of a LoRA target replaced by what it stands for."""
    for pattern, name in MODULES:
        key, count = pattern.subn(name, key)
        if count:
            break
    return key


def keys(out: Path) -> str:
    """Every key of every golden file, with type and shape."""
    lines = ["# Every key of every golden file", "",
             "Made by `readme.py` from the files. `<module>` stands for each LoRA target of the UNet (then the count is given and the shape varies).", ""]
    for path in sorted(out.rglob("*.safetensors"), key=lambda p: (p.parent.parts, p.name)):
        relative = path.relative_to(out)
        if relative.parts[0] in UNLISTED:
            continue
        lines += [f"## {relative.as_posix()}", "", "| key | type | shape |", "| --- | --- | --- |"]
        rows: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
        with safe_open(path, "pt") as file:
            for key in sorted(file.keys()):
                tensor = file.get_slice(key)
                rows.setdefault(collapse(key), []).append((tensor.get_dtype(), tuple(tensor.get_shape())))
        for key, found in rows.items():
            shape = str(found[0][1]) if len(found) == 1 else f"{len(found)} tensors"
            lines.append(f"| `{key}` | {found[0][0]} | {shape} |")
        lines.append("")
    return "\n".join(lines)
