"""pipeline/: StableDiffusionPipeline from given initial latents to final latents and picture, plain and with LoRA and learned tokens."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler, PNDMScheduler, StableDiffusionPipeline
from torch import Tensor

from common import plain, randn, save_json, save_tensors

SAMPLERS = {"ddim": DDIMScheduler, "dpmpp-2m": DPMSolverMultistepScheduler, "euler": EulerDiscreteScheduler, "pndm": PNDMScheduler}
PROMPT = "a photo of a cat in the snow"
OWN_PROMPT = "a photo of <cat> in the snow"
STEPS = 8
SIDE = 64


@dataclass(frozen=True)
class Case:
    """One picture."""

    name: str
    sampler: str
    prompt: str = PROMPT
    negative_prompt: str = ""
    guidance: float = 7.5
    lora_scale: float | None = None
    in_steps: bool = False
    """Whether the latents after each call, and the prompt's embedding, are kept."""


CASES = [
    *(Case(f"plain.{sampler}", sampler, in_steps=True) for sampler in SAMPLERS),
    Case("plain.ddim.guidance1", "ddim", guidance=1.0),
    Case("plain.ddim.negative", "ddim", negative_prompt="blurry, low quality"),
    *(Case(f"lora{scale}.{sampler}", sampler, OWN_PROMPT, lora_scale=scale, in_steps=(scale, sampler) == (1.0, "ddim"))
      for sampler in ("ddim", "dpmpp-2m", "euler") for scale in (1.0, 0.6)),
]


def with_sampler(model: Path, sampler: str, **options: Any) -> StableDiffusionPipeline:
    """The pipeline of a folder; another sampler than the folder's own is made from its settings, as users do."""
    pipe = StableDiffusionPipeline.from_pretrained(model, **options)
    if not isinstance(pipe.scheduler, SAMPLERS[sampler]):
        pipe.scheduler = SAMPLERS[sampler].from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def make(model: Path, out: Path, seed: int, lora: Path, embeds: Path) -> None:
    """Writes pipeline.safetensors and pipeline.json. `lora` and `embeds` are files of the LoRA and of the learned tokens."""
    shutil.rmtree(out, ignore_errors=True)
    start = randn(seed, 1, 4, SIDE // 8, SIDE // 8)
    tensors, info = {"latents": start}, {}
    for case in CASES:
        pipe = with_sampler(model, case.sampler)
        if case.lora_scale is not None:
            pipe.load_textual_inversion(embeds.parent, weight_name=embeds.name)
            pipe.load_lora_weights(lora.parent, weight_name=lora.name)
        made, info[case.name] = draw(pipe, case, start)
        tensors |= made
    save_tensors(out / "pipeline.safetensors", tensors)
    save_json(out / "pipeline.json", info)


def draw(pipe: StableDiffusionPipeline, case: Case, start: Tensor) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of a case, and its settings with what the scheduler made of them."""
    seen = []

    def record(_pipe: Any, _step: int, _timestep: Any, values: dict[str, Tensor]) -> dict[str, Tensor]:
        seen.append(values["latents"].clone())
        return values

    settings = dict(prompt=case.prompt, negative_prompt=case.negative_prompt, height=SIDE, width=SIDE, num_inference_steps=STEPS,
                    guidance_scale=case.guidance, eta=0.0, latents=start.clone())
    if case.lora_scale is not None:
        settings["cross_attention_kwargs"] = {"scale": case.lora_scale}
    final = pipe(**settings, output_type="latent", callback_on_step_end=record).images
    image = pipe(**settings, output_type="np").images[0]
    tensors = {f"{case.name}.final_latents": final, f"{case.name}.image": torch.from_numpy(image)}
    if case.in_steps:
        embeds, negative = pipe.encode_prompt(case.prompt, "cpu", 1, case.guidance > 1, case.negative_prompt)
        tensors |= {f"{case.name}.step_latents": torch.cat(seen), f"{case.name}.prompt_embeds": embeds, "negative_prompt_embeds": negative}
    scheduler = pipe.scheduler
    return tensors, {
        "prompt": case.prompt, "negative_prompt": case.negative_prompt, "guidance_scale": case.guidance, "steps": STEPS, "height": SIDE, "width": SIDE,
        "sampler": type(scheduler).__name__, "lora_scale": case.lora_scale, "timesteps": plain(scheduler.timesteps),
        "init_noise_sigma": float(scheduler.init_noise_sigma),
        "scheduler_config": {k: plain(v) for k, v in scheduler.config.items() if not k.startswith("_")},
        "image_mean": float(image.mean()), "image_std": float(image.std()), "latents_std": final.std().item()}
