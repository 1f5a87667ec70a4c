"""A fresh look at what was written: files open, values are finite and of the promised types, keys are those of KEYS.md, samples come out again."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

import golden_pipeline
from parts import load
from readme import UNLISTED, collapse

TYPES = (torch.float32, torch.int64, torch.uint8)


def make(out: Path) -> None:
    """Raises AssertionError where something is wrong."""
    check_files(out)
    check_keys(out)
    recompute(out)


def check_files(out: Path) -> None:
    """Every tensor is finite and of a promised type, and JSON has no NaN."""
    for path in (p for p in out.rglob("*") if p.is_file()):
        if path.suffix == ".json":
            json.loads(path.read_bytes(), parse_constant=refuse)
        if path.suffix == ".safetensors":
            for key, value in load_file(path).items():
                assert value.dtype in TYPES, (path, key, value.dtype)
                assert not value.is_floating_point() or torch.isfinite(value).all(), (path, key)


def refuse(constant: str) -> float:
    """For NaN and infinities, which JSON does not have."""
    raise ValueError(constant)


def check_keys(out: Path) -> None:
    """KEYS.md names every key of every file."""
    documented: dict[str, set[str]] = {}
    current = ""
    for line in (out / "KEYS.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            current = line.removeprefix("## ")
        elif line.startswith("| `"):
            documented.setdefault(current, set()).add(line.split("`")[1])
    found = {}
    for path in out.rglob("*.safetensors"):
        name = path.relative_to(out)
        if name.parts[0] not in UNLISTED:
            found[name.as_posix()] = {collapse(key) for key in load_file(path)}
    assert documented == found


def recompute(out: Path) -> None:
    """UNet, VAE and one picture once more, from the files."""
    model = out / "sd15-tiny"
    parts = load(model)
    golden = load_file(out / "modules" / "modules.safetensors")
    with torch.no_grad():
        for name in ("unet.square", "unet.wide", "unet.odd"):
            y = parts.unet(golden[f"{name}.sample"], golden[f"{name}.timestep"], golden[f"{name}.encoder_hidden_states"]).sample
            assert (y - golden[f"{name}.out"]).abs().max() < 1e-5, name
        image = parts.vae.decode(golden["vae.wide.decode_latents"] / parts.vae.config.scaling_factor).sample
        assert (image - golden["vae.wide.decode_image"]).abs().max() < 1e-5
    golden = load_file(out / "pipeline" / "pipeline.safetensors")
    case = next(case for case in golden_pipeline.CASES if case.name == "plain.pndm")
    tensors, _ = golden_pipeline.draw(golden_pipeline.with_sampler(model, case.sampler), case, golden["latents"])
    assert (tensors[f"{case.name}.image"] - golden[f"{case.name}.image"]).abs().max() < 1e-4
