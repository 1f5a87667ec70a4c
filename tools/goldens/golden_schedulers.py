"""schedulers/: every scheduler's timesteps, sigmas and a whole trajectory with a stand-in for the UNet."""

from pathlib import Path
from typing import Any

import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler, PNDMScheduler
from torch import Tensor

from common import plain, randn, save_json, save_tensors

BASE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000, "steps_offset": 1}
DDIM = {"clip_sample": False, "set_alpha_to_one": False}
VARIANTS: dict[str, tuple[type, dict[str, Any]]] = {
    "ddim": (DDIMScheduler, DDIM | {"timestep_spacing": "leading"}),
    "ddim-trailing": (DDIMScheduler, DDIM | {"timestep_spacing": "trailing"}),
    "dpmpp-2m": (DPMSolverMultistepScheduler, {"timestep_spacing": "linspace"}),
    "dpmpp-2m-leading": (DPMSolverMultistepScheduler, {"timestep_spacing": "leading"}),
    "dpmpp-2m-karras": (DPMSolverMultistepScheduler, {"timestep_spacing": "linspace", "use_karras_sigmas": True}),
    "euler": (EulerDiscreteScheduler, {"timestep_spacing": "linspace"}),
    "euler-leading": (EulerDiscreteScheduler, {"timestep_spacing": "leading"}),
    "pndm": (PNDMScheduler, {"skip_prk_steps": True, "set_alpha_to_one": False, "timestep_spacing": "leading"}),
}
COUNTS = (8, 20)
SHAPE = (1, 4, 4, 6)


def fake_model(x: Tensor, t: Tensor, i: int, noise: Tensor) -> Tensor:
    """Stands for the UNet: depends on the input, the timestep and a stored tensor; O(1) everywhere."""
    step = float(t)
    return 0.5 * torch.tanh(x) * (0.5 + step / 2000) + 0.6 * noise[i] + 0.1 * torch.sin(torch.tensor(step / 100 + i))


def trajectory(scheduler: Any, start: Tensor, noise: Tensor) -> dict[str, list[Tensor]]:
    """Samples from the start to the end, and what the model was given and gave at each call."""
    x = start * scheduler.init_noise_sigma
    options = {"eta": 0.0} if isinstance(scheduler, DDIMScheduler) else {}
    out: dict[str, list[Tensor]] = {"samples": [x], "model_outputs": [], "model_inputs": []}
    for i, t in enumerate(scheduler.timesteps):
        model_input = scheduler.scale_model_input(x, t)
        y = fake_model(model_input, t, i, noise)
        x = scheduler.step(y, t, x, **options).prev_sample
        out["model_inputs"].append(model_input)
        out["model_outputs"].append(y)
        out["samples"].append(x)
    return out


def make(out: Path, seed: int) -> None:
    """Writes schedulers.safetensors and schedulers.json."""
    ddpm = DDPMScheduler(**{k: v for k, v in BASE.items() if k != "steps_offset"})
    x0, eps, t = randn(seed, 5, 4, 4, 6), randn(seed + 1, 5, 4, 4, 6), torch.tensor([0, 1, 250, 500, 999])
    noise, start = randn(seed + 2, max(COUNTS) + 1, *SHAPE), randn(seed + 3, *SHAPE)
    tensors = {
        "alphas_cumprod": ddpm.alphas_cumprod, "betas": ddpm.betas, "add_noise.x0": x0, "add_noise.noise": eps, "add_noise.timesteps": t,
        "add_noise.out": ddpm.add_noise(x0, eps, t), "velocity.out": ddpm.get_velocity(x0, eps, t), "fake.noise": noise, "fake.initial": start}
    info = {}
    for name, (kind, options) in VARIANTS.items():
        for prediction in ("epsilon", "v_prediction"):
            for count in COUNTS:
                key = f"{name}.{prediction}.{count}"
                scheduler = kind(**BASE, **options, prediction_type=prediction)
                scheduler.set_timesteps(count)
                run = trajectory(scheduler, start, noise)
                if kind is not EulerDiscreteScheduler:  # the others take the sample as it is
                    del run["model_inputs"]
                tensors |= {f"{key}.{k}": torch.stack(v) for k, v in run.items()}
                info[key] = {
                    "class": kind.__name__, "config": {k: plain(v) for k, v in scheduler.config.items() if not k.startswith("_")},
                    "timesteps": plain(scheduler.timesteps), "calls": len(scheduler.timesteps), "init_noise_sigma": float(scheduler.init_noise_sigma)}
                if hasattr(scheduler, "sigmas"):
                    info[key]["sigmas"] = plain(scheduler.sigmas)
    save_tensors(out / "schedulers.safetensors", tensors)
    save_json(out / "schedulers.json", info)
