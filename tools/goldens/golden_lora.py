"""lora/: adapters with outputs and gradients, and the same weights in every layout that other tools write, each proven by load_lora_weights."""

import json
import shutil
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.training_utils import _collate_lora_metadata
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file
from torch import Tensor, nn

from common import generator, randn, save_json, save_tensors
from parts import load

TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]
FILE = "pytorch_lora_weights.safetensors"
ADAPTERS = {"r4": (4, 4), "r8": (8, 2)}
"""Rank and alpha by name."""

Lora = dict[str, tuple[Tensor, Tensor]]
"""A and B by module, in the model's order."""


def add_lora(unet: UNet2DConditionModel, rank: int, alpha: int, seed: int, b_std: float = 0.15) -> Lora:
    """Adds a PEFT adapter with random A (deviation 1 / rank) and B (deviation b_std)."""
    unet.add_adapter(LoraConfig(r=rank, lora_alpha=alpha, init_lora_weights="gaussian", target_modules=TARGETS))
    source = generator(seed)
    lora = {}
    for name, module in unet.named_modules():
        if hasattr(module, "lora_A") and len(module.lora_A):
            a, b = module.lora_A["default"].weight, module.lora_B["default"].weight
            a.data.copy_(torch.randn(a.shape, generator=source) / rank)
            b.data.copy_(torch.randn(b.shape, generator=source) * b_std)
            lora[name] = (a, b)
    return lora


# ---------------------------------------------------------------------------------------------- layouts

def peft_layout(lora: Lora, scale: float) -> dict[str, Tensor]:
    """`unet.<module>.lora_A.weight` / `lora_B.weight`; no alpha, so that alpha / rank is folded into B."""
    out = {}
    for name, (a, b) in lora.items():
        out |= {f"unet.{name}.lora_A.weight": a.detach(), f"unet.{name}.lora_B.weight": b.detach() * scale}
    return out


def kohya_layout(lora: Lora, alpha: float) -> dict[str, Tensor]:
    """`lora_unet_<module>.lora_down.weight` / `lora_up.weight` / `alpha`."""
    out = {}
    for name, (a, b) in lora.items():
        key = "lora_unet_" + name.replace(".", "_")
        out |= {f"{key}.alpha": torch.tensor(float(alpha)), f"{key}.lora_down.weight": a.detach(), f"{key}.lora_up.weight": b.detach()}
    return out


def old_layout(lora: Lora, scale: float) -> dict[str, Tensor]:
    """An older layout of diffusers: `unet.<module>.lora.down.weight` / `lora.up.weight`."""
    out = {}
    for name, (a, b) in lora.items():
        out |= {f"unet.{name}.lora.down.weight": a.detach(), f"unet.{name}.lora.up.weight": b.detach() * scale}
    return out


def processor_layout(lora: Lora, scale: float) -> dict[str, Tensor]:
    """The oldest layout of diffusers, that of attention processors: `unet.<parent>.processor.to_q_lora.down.weight`."""
    out = {}
    for name, (a, b) in lora.items():
        parent, leaf = name.rsplit(".to_", 1)
        key = f"unet.{parent}.processor.to_{leaf.removesuffix('.0')}_lora"
        out |= {f"{key}.down.weight": a.detach(), f"{key}.up.weight": b.detach() * scale}
    return out


def save_as_diffusers(folder: Path, unet: UNet2DConditionModel) -> Path:
    """What diffusers' training scripts write: alpha lies in the header, B is not folded."""
    state = convert_state_dict_to_diffusers(get_peft_model_state_dict(unet))
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=state, **_collate_lora_metadata({"unet": unet}))
    path = folder / FILE
    sort_metadata(path)
    path.chmod(0o644)
    return path


def sort_metadata(path: Path) -> None:
    """safetensors writes the header's metadata in random order; sorted, the file has the same bytes every time. Nothing else changes."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length:])


# ---------------------------------------------------------------------------------------------- goldens

def make(model: Path, out: Path, seed: int) -> None:
    """Writes a golden file for each adapter, its weights in every layout, and lora.json."""
    shutil.rmtree(out, ignore_errors=True)
    x, t, target = randn(seed, 2, 4, 16, 16), torch.tensor([120, 640]), randn(seed + 2, 2, 4, 16, 16)
    report = {}
    for name, (rank, alpha) in ADAPTERS.items():
        unet = load(model).unet
        c = randn(seed + 1, 2, 77, unet.config.cross_attention_dim)
        base = unet(x, t, c).sample
        lora = add_lora(unet, rank, alpha, seed + rank)
        for pair in lora.values():
            for weight in pair:
                weight.requires_grad_(True)
        y = unet(x, t, c).sample
        loss = nn.functional.mse_loss(y, target)
        loss.backward()
        tensors = {"sample": x, "timestep": t, "encoder_hidden_states": c, "target": target, "out_base": base, "out": y, "loss": loss}
        for n, (a, b) in lora.items():
            tensors |= {f"grad.unet.{n}.lora_A.weight": a.grad, f"grad.unet.{n}.lora_B.weight": b.grad}
        save_tensors(out / f"{name}.safetensors", tensors)

        for layout, path in write_layouts(out, name, unet, lora, alpha, alpha / rank).items():
            pipe = StableDiffusionPipeline.from_pretrained(model)
            pipe.load_lora_weights(path.parent, weight_name=path.name)
            with torch.no_grad():
                error = (pipe.unet(x, t, c).sample - y).abs().max().item()
            assert error < 2e-5, (name, layout, error)
            report[f"{name}-{layout}"] = {"tensors": len(load_file(path)), "max_abs_difference_after_load_lora_weights": error}
        report[name] = {"r": rank, "alpha": alpha, "scale": alpha / rank, "modules": list(lora), "loss": loss.item(),
                        "max_abs_effect": (y - base).abs().max().item(), "parameters": sum(a.numel() + b.numel() for a, b in lora.values())}
    save_json(out / "lora.json", report)


def write_layouts(out: Path, name: str, unet: UNet2DConditionModel, lora: Lora, alpha: int, scale: float) -> dict[str, Path]:
    """The files of one adapter by layout: the old layouts of a scale of 1, and diffusers' own of another scale, where alpha matters."""
    states = {"kohya": kohya_layout(lora, alpha), "diffusers": peft_layout(lora, scale)}
    if scale == 1:
        states |= {"old-lora": old_layout(lora, scale), "old-processor": processor_layout(lora, scale)}
    paths = {}
    for layout, state in states.items():
        paths[layout] = out / f"{name}-{layout}" / FILE
        save_tensors(paths[layout], state)
    if scale != 1:
        paths["diffusers-own"] = save_as_diffusers(out / f"{name}-diffusers-own", unet)
    return paths
