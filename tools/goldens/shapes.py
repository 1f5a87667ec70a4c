"""Parameter names and shapes of the full-size models, built on the meta device from their published configs."""

import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel

import configs
from common import save_json

SD15_UNET = configs.unet((320, 640, 1280, 1280), heads=8, layers=2, cross=768, size=64)
SD15_VAE = configs.vae((128, 256, 512, 512), layers=2, sample_size=512)
SD15_TEXT = configs.text(49408, hidden=768, layers=12, heads=12, projection=768, legacy_ids=True)
CLIP_L14: configs.Config = {
    "architectures": ["CLIPModel"], "initializer_factor": 1.0, "logit_scale_init_value": 2.6592, "model_type": "clip", "projection_dim": 768,
    "text_config": SD15_TEXT, "vision_config": configs.vision(hidden=1024, layers=24, heads=16, projection=768, image=224, patch=14)}
SD21_UNET = configs.unet((320, 640, 1280, 1280), heads=[5, 10, 20, 20], layers=2, cross=1024, size=96) | {
    "_diffusers_version": "0.10.0.dev0", "dual_cross_attention": False, "num_class_embeds": None, "only_cross_attention": False,
    "upcast_attention": True, "use_linear_projection": True}
SDXL_UNET = configs.unet((320, 640, 1280), heads=[5, 10, 20], layers=2, cross=2048, size=128) | {
    "_diffusers_version": "0.19.0.dev0", "addition_embed_type": "text_time", "addition_time_embed_dim": 256,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"], "projection_class_embeddings_input_dim": 2816,
    "transformer_layers_per_block": [1, 2, 10], "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "use_linear_projection": True}

PUBLISHED = {
    "sd15_unet": 859520964, "sd15_vae": 83653863, "sd15_text_encoder": 123060480, "clip_vit_l14": 427616513, "sd21_unet": 865910724,
    "sdxl_unet": 2567463684}
"""Parameter counts that are known of these models."""

LORA_TARGETS = (".to_q", ".to_k", ".to_v", ".to_out.0")


def make(out: Path) -> None:
    """Writes each model's `name: [shape]` list and config, the LoRA targets of SD 1.5's UNet with their kohya names, and the totals."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with torch.device("meta"):
        models: dict[str, tuple[nn.Module, configs.Config, str]] = {
            "sd15_unet": (UNet2DConditionModel.from_config(SD15_UNET), SD15_UNET, ""),
            "sd15_vae": (AutoencoderKL.from_config(SD15_VAE), SD15_VAE, ""),
            "sd15_text_encoder": (
                CLIPTextModel(CLIPTextConfig(**{k: v for k, v in SD15_TEXT.items() if k != "architectures"})), SD15_TEXT, "text_model."),
            "clip_vit_l14": (
                CLIPModel(CLIPConfig(text_config=SD15_TEXT, vision_config=CLIP_L14["vision_config"], projection_dim=768)), CLIP_L14, ""),
            "sd21_unet": (UNet2DConditionModel.from_config(SD21_UNET), SD21_UNET, ""),
            "sdxl_unet": (UNet2DConditionModel.from_config(SDXL_UNET), SDXL_UNET, ""),
        }
    totals = {}
    for name, (model, config, prefix) in models.items():
        rows = [(prefix + n, list(p.shape)) for n, p in model.named_parameters()]
        totals[name] = {"parameters": sum(p.numel() for p in model.parameters()), "tensors": len(rows)}
        assert totals[name]["parameters"] == PUBLISHED[name], (name, totals[name])
        write_rows(out / f"{name}.txt", rows)
        save_json(out / f"{name}.config.json", config)
        if name == "sd15_vae":
            write_rows(out / "sd15_vae_old_names.txt", [(old_vae_name(n), s) for n, s in rows])

    targets = [(n, m) for n, m in models["sd15_unet"][0].named_modules() if isinstance(m, nn.Linear) and n.endswith(LORA_TARGETS)]
    totals["sd15_lora_rank4"] = {"modules": len(targets), "parameters": sum(4 * (m.in_features + m.out_features) for _, m in targets)}
    with (out / "sd15_lora_modules.txt").open("w", newline="\n") as file:
        for n, m in targets:
            file.write(f"{n} lora_unet_{n.replace('.', '_')} in={m.in_features} out={m.out_features}\n")
    save_json(out / "totals.json", totals)


def old_vae_name(key: str) -> str:
    """The attention names of the VAE file that SD 1.5 really ships."""
    for new, old in ((".to_q.", ".query."), (".to_k.", ".key."), (".to_v.", ".value."), (".to_out.0.", ".proj_attn.")):
        if "mid_block.attentions" in key:
            key = key.replace(new, old)
    return key


def write_rows(path: Path, rows: list[tuple[str, list[int]]]) -> None:
    """One `name: [shape]` a line."""
    with path.open("w", newline="\n") as file:
        file.writelines(f"{name}: {shape}\n" for name, shape in rows)
