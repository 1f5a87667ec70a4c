"""What the training stages share: presets, devices, learning rate, moving average, checkpoints, log."""

import argparse
import copy
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

CPU = {
    "clip": dict(text=128, text_layers=4, text_heads=4, vision=160, vision_layers=5, vision_heads=5, project=128,
                 batch=128, minutes=20.0, steps=100000, lr=1e-3),
    "vae": dict(channels=(32, 48, 64), layers=1, groups=16, batch=16, crop=32, crops=0.75, minutes=15.0,
                steps=100000, lr=1.5e-3),
    "unet": dict(channels=(64, 96, 128), layers=1, latents=40000, texts=80000, batch=48, minutes=60.0, steps=100000,
                 lr=1.2e-3, warmup=100, ema=0.999, sheet_steps=25),
}
LONG = {
    "clip": CPU["clip"] | dict(batch=512, minutes=6.0),
    "vae": CPU["vae"] | dict(batch=96, minutes=7.0, crops=0.5),
    "unet": CPU["unet"] | dict(latents=200000, texts=400000, batch=384, minutes=23.0, warmup=300, ema=0.9995),
}
WIDE = {
    "clip": LONG["clip"] | dict(vision=192, vision_layers=6, vision_heads=6),
    "vae": LONG["vae"] | dict(channels=(32, 64, 96)),
    "unet": LONG["unet"] | dict(channels=(96, 192, 256), layers=2),
}
SMOKE = {
    "clip": CPU["clip"] | dict(batch=16, steps=3),
    "vae": CPU["vae"] | dict(batch=6, steps=3),
    "unet": CPU["unet"] | dict(latents=64, texts=128, batch=4, steps=3, sheet_steps=2),
}
# cpu: two cores, two hours; gpu: the same shapes, one large GPU, forty minutes; gpu-wide: a model of 60 MB; smoke: whether the programs run
PRESETS = {"cpu": CPU, "gpu": LONG, "gpu-wide": WIDE, "smoke": SMOKE}


def arguments(stage: str, *flags: str) -> argparse.Namespace:
    """What every stage takes, the preset's values filled in; seeds the random generators."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="folder with sprites.npz and pool/")
    parser.add_argument("--model", type=Path, required=True, help="the diffusers folder under construction")
    parser.add_argument("--work", type=Path, required=True, help="checkpoints and logs")
    parser.add_argument("--preset", choices=PRESETS, default="cpu", help="sizes and times; smoke: three steps, to see that it runs")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--minutes", type=float, help="stop (with the schedule at its end) after this long")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--lr", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pool", default="pool", help="folder of pictures inside the data folder")
    parser.add_argument("--resume", action="store_true")
    for flag in flags:
        parser.add_argument(f"--{flag}", action="store_true")
    args = parser.parse_args()
    options = dict(PRESETS[args.preset][stage])
    options.update({k: v for k, v in vars(args).items() if k in ("minutes", "steps", "batch", "lr") and v is not None})
    for key, value in options.items():
        setattr(args, key, value)
    random.seed(args.seed)
    np.random.seed(args.seed)
    torch.manual_seed(args.seed)
    args.work.mkdir(parents=True, exist_ok=True)
    return args


def pictures(images: np.ndarray, device: str | torch.device) -> Tensor:
    """uint8 (n, h, w, 3) -> float (n, 3, h, w) in -1..1."""
    x = torch.from_numpy(np.ascontiguousarray(images)).to(device)
    return x.permute(0, 3, 1, 2).float() / 127.5 - 1


def autocast(device: str | torch.device) -> torch.autocast:
    """bf16 arithmetic."""
    return torch.autocast(torch.device(device).type, dtype=torch.bfloat16)


class Clock:
    """Progress 0..1 by steps or by wall time, whichever is further; the learning rate follows it."""

    def __init__(self, args: argparse.Namespace, warmup: int = 100) -> None:
        self.steps, self.seconds, self.lr, self.warmup = args.steps, args.minutes * 60, args.lr, warmup
        self.spent, self.last = 0.0, time.time()

    def tick(self, step: int) -> bool:
        """Whether there is anything left to do."""
        now = time.time()
        self.spent, self.last = self.spent + now - self.last, now
        self.progress = min(1.0, max(step / self.steps, self.spent / self.seconds))
        return self.progress < 1

    def rate(self, step: int) -> float:
        """The learning rate: a warm-up, then half a cosine to 2 %."""
        return self.lr * min(1, (step + 1) / self.warmup) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * self.progress)))


class Average:
    """Exponential moving average of a model, its decay growing with the steps."""

    def __init__(self, model: nn.Module, decay: float = 0.999) -> None:
        self.model, self.decay = copy.deepcopy(model).eval().requires_grad_(False), decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Takes in the model after a step."""
        decay = min(self.decay, (1 + step) / (10 + step))
        ours, theirs = list(self.model.parameters()), [p.detach() for p in model.parameters()]
        torch._foreach_lerp_(ours, theirs, 1 - decay)


class Log:
    """Lines of JSON, with the means of what was added since the last line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sums: dict[str, list[float]] = {}

    def add(self, **values: float) -> None:
        """Values of one step."""
        for k, v in values.items():
            self.sums.setdefault(k, []).append(float(v))

    def write(self, **values: object) -> None:
        """A line."""
        row = values | {k: round(sum(v) / len(v), 5) for k, v in self.sums.items()}
        self.sums = {}
        with self.path.open("a") as f:
            f.write(json.dumps(row) + "\n")
        print(row, flush=True)


def save_state(path: Path, step: int, clock: Clock, model: nn.Module, average: Average, optimizer: torch.optim.Optimizer) -> None:
    """A checkpoint, whole or not at all."""
    parts = dict(step=step, spent=clock.spent, model=model.state_dict(), average=average.model.state_dict(),
                 optimizer=optimizer.state_dict())
    torch.save(parts, f"{path}.part")
    Path(f"{path}.part").replace(path)


def load_state(path: Path, clock: Clock, model: nn.Module, average: Average, optimizer: torch.optim.Optimizer) -> int:
    """Goes on from a checkpoint; returns its step."""
    parts = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(parts["model"])
    average.model.load_state_dict(parts["average"])
    optimizer.load_state_dict(parts["optimizer"])
    clock.spent = parts["spent"]
    return parts["step"]


def export(model: nn.Module, folder: Path) -> None:
    """A copy in half precision, written the diffusers / transformers way; it loads in single precision by default."""
    copy.deepcopy(model).half().save_pretrained(folder, safe_serialization=True)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    if "dtype" in config:  # transformers would take the files' own precision, unlike diffusers
        for part in (config, *(config[k] for k in ("text_config", "vision_config") if k in config)):
            part["dtype"] = "float32"
    config.pop("_name_or_path", None)
    path.write_text(json.dumps(config, indent=2) + "\n")
    for file in folder.iterdir():
        file.chmod(0o644)
