"""Shared by every step: deterministic random numbers, files, captured intermediates."""

import json
import os
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
warnings.filterwarnings("ignore")

import diffusers
import torch
import transformers
from safetensors.torch import save_file
from torch import Tensor, nn

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
diffusers.logging.set_verbosity_error()
diffusers.utils.logging.disable_progress_bar()


def generator(seed: int) -> torch.Generator:
    """A private generator, so that no golden depends on the order in which goldens are made."""
    return torch.Generator().manual_seed(seed)


def randn(seed: int, *shape: int) -> Tensor:
    """Standard normal numbers of a generator of their own."""
    return torch.randn(*shape, generator=generator(seed))


def save_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """Writes a safetensors file; refuses float64, NaN and infinity by name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    out = {}
    for key, value in tensors.items():
        value = value.detach().cpu().contiguous().clone()
        if value.dtype == torch.float64:
            raise ValueError(f"{key}: float64")
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise ValueError(f"{key}: not finite")
        out[key] = value
    save_file(out, path, metadata={"format": "pt"})
    path.chmod(0o644)


def save_json(path: Path, value: Any) -> None:
    """Writes JSON, one value a line, without NaN and infinity."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(value, file, indent=1, ensure_ascii=True, allow_nan=False)
        file.write("\n")


def plain(value: Any) -> Any:
    """Tensors and numpy scalars as plain numbers and lists; infinities as strings, since JSON has none."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return str(value)
    if isinstance(value, Tensor):
        return value.detach().cpu().tolist()
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


class Capture:
    """Records the outputs of named modules while the block runs: `with Capture({"name": module}) as seen`."""

    def __init__(self, modules: dict[str, nn.Module]) -> None:
        self.modules = modules
        self.outputs: dict[str, Tensor] = {}

    def __enter__(self) -> dict[str, Tensor]:
        def hook(name: str):
            def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
                self.outputs[name] = output[0] if isinstance(output, tuple) else output
            return keep

        self.handles = [module.register_forward_hook(hook(name)) for name, module in self.modules.items()]
        return self.outputs

    def __exit__(self, *_error: object) -> None:
        for handle in self.handles:
            handle.remove()


def photo_like(seed: int, height: int, width: int) -> Tensor:
    """A smooth, colourful picture with an edge and a little grain: (height, width, 3), uint8."""
    source = generator(seed)
    low = torch.randn(1, 3, 5, 6, generator=source)
    x = nn.functional.interpolate(low, size=(height, width), mode="bicubic", align_corners=False)[0]
    yy, xx = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    disc = ((yy - 0.1) ** 2 + (xx + 0.2) ** 2 < 0.3).float()
    x = x * (1 - disc) + (0.4 * x + torch.tensor([1.2, -0.3, -0.9]).view(3, 1, 1)) * disc
    x = x * 55 + 128 + 6 * torch.randn(3, height, width, generator=source)
    return x.round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous()


def soft_disc(height: int, width: int, cy: float, cx: float, radius: float, softness: float = 0.08) -> Tensor:
    """A disc with a soft edge, in [0, 1]: (1, 1, height, width). Coordinates run from -1 to 1."""
    yy, xx = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    distance = ((yy - cy) ** 2 + (xx - cx) ** 2).sqrt()
    return ((radius - distance) / softness + 0.5).clamp(0, 1)[None, None]
