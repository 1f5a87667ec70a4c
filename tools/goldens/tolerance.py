"""tolerances.json: how far fp32 is from fp64 on the same goldens, which is the noise floor under every tolerance."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

import golden_pipeline
import method
from common import save_json
from golden_lora import add_lora
from golden_method import alphas_cumprod
from parts import Parts, load


def rounded(value: float) -> float:
    """Three digits."""
    return float(f"{value:.2e}")


def error(a: Tensor, b: Tensor) -> dict[str, float]:
    """Largest absolute error, and the same divided by the largest absolute value."""
    worst = (a.double() - b.double()).abs().max().item()
    return {"max_abs": rounded(worst), "relative_to_max": rounded(worst / b.double().abs().max().item())}


def make(model: Path, goldens: Path) -> None:
    """Computes some of the goldens again in float64 and writes tolerances.json beside them."""
    parts = load(model)
    for part in parts.models:
        part.double()
    with torch.no_grad():
        out = modules(parts, load_file(goldens / "modules" / "modules.safetensors"))
        out |= pipelines(model, load_file(goldens / "pipeline" / "pipeline.safetensors"))
    info = json.loads((goldens / "method" / "method.json").read_text())
    save_json(goldens / "tolerances.json", out | training(parts, load_file(goldens / "method" / "method.safetensors"), info))


def modules(parts: Parts, golden: dict[str, Tensor]) -> dict[str, Any]:
    """Single forward passes."""
    out = {}
    for name in ("unet.square", "unet.wide"):
        sample, c = golden[f"{name}.sample"].double(), golden[f"{name}.encoder_hidden_states"].double()
        out[f"{name}.out"] = error(golden[f"{name}.out"], parts.unet(sample, golden[f"{name}.timestep"], c).sample)
    image, latents = golden["vae.square.image"].double(), golden["vae.square.decode_latents"].double()
    out["vae.square.mean"] = error(golden["vae.square.mean"], parts.vae.encode(image).latent_dist.mean)
    decoded = parts.vae.decode(latents / parts.vae.config.scaling_factor).sample
    out["vae.square.decode_image"] = error(golden["vae.square.decode_image"], decoded)
    out["text.last_hidden_state"] = error(golden["text.last_hidden_state"], parts.text_encoder(golden["text.input_ids"]).last_hidden_state)
    features = parts.clip.get_image_features(golden["clip.pixel_values"].double()).pooler_output
    out["clip.image_features"] = error(golden["clip.image_features"], features)
    return out


def pipelines(model: Path, golden: dict[str, Tensor]) -> dict[str, Any]:
    """Whole pictures, by every sampler."""
    out = {}
    for sampler in golden_pipeline.SAMPLERS:
        name = f"plain.{sampler}"
        pipe = golden_pipeline.with_sampler(model, sampler, torch_dtype=torch.float64)
        case = next(case for case in golden_pipeline.CASES if case.name == name)
        tensors, _ = golden_pipeline.draw(pipe, case, golden["latents"].double())
        for key in (f"{name}.final_latents", f"{name}.image"):
            out[f"pipeline.{key}"] = error(golden[key], tensors[key])
    return out


def training(parts: Parts, golden: dict[str, Tensor], info: dict[str, Any]) -> dict[str, Any]:
    """The three steps of AdamW."""
    lora = add_lora(parts.unet, 4, 4, seed=0)
    parts.unet.double()
    abars = alphas_cumprod().double()
    masks = golden["latent_masks"].double().split(1)
    steps = [method.Step(golden["z"].double(), masks, golden["train.eps"][i:i + 1].double(), torch.tensor([step["timestep"]]),
                         abars[step["timestep"]], step["subset"], step["p"]) for i, step in enumerate(info["train"]["steps"])]
    prompts = method.Prompts(golden["multi.global_ids"], golden["multi.object_ids"].split(1), golden["multi.own_ids"].split(1),
                             golden["multi.class_embeddings"].double().split(1))
    models = method.Models(parts.unet, parts.text_encoder, parts.clip, info["eos_id"])
    out = {}
    for run, settings in info["train"]["runs"].items():
        for name, (a, b) in lora.items():
            a.data.copy_(golden[f"lora.unet.{name}.lora_A.weight"].double())
            b.data.copy_(golden[f"lora.unet.{name}.lora_B.weight"].double() * (0 if run == "zero-b" else 1))
        vectors = golden["multi.vectors"].double().requires_grad_(True)
        options = {key: settings[key] for key in ("p_cl", "normalisation", "prediction_type")}
        trace = method.train(models, [weight for pair in lora.values() for weight in pair], vectors, steps, prompts, **options)
        entry = {
            "losses_max_abs": rounded(max(abs(ours["total"] - theirs["total"]) for ours, theirs in zip(trace, settings["losses"]))),
            "vectors_max_abs": rounded((golden[f"train.{run}.vectors"].double() - vectors.detach()).abs().max().item())}
        off = {letter: torch.cat([(golden[f"train.{run}.unet.{name}.lora_{letter}.weight"].double() - pair[i].data).abs().flatten()
                                  for name, pair in lora.items()]) for i, letter in enumerate("AB")}
        entry |= {f"lora_{letter}_max_abs": rounded(values.max().item()) for letter, values in off.items()}
        entry |= {f"lora_{letter}_share_above_1e-6": rounded((values > 1e-6).double().mean().item()) for letter, values in off.items()}
        out[f"train.{run}"] = entry
    return out
