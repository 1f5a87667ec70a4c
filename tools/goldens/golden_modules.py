"""modules/: forward passes of UNet, VAE, text encoder and CLIP with their intermediates, and CLIP's image preprocessing."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from transformers import CLIPImageProcessor
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from common import Capture, photo_like, randn, save_tensors
from method import at_first
from parts import Parts, load, tokenise

TEXTS = ["a photo of a cat in the snow", "", "an oil painting of a dog wearing a hat, high quality! " * 6]

Tensors = dict[str, Tensor]


def make(model: Path, out: Path, seed: int) -> None:
    """Writes modules.safetensors and preprocess.safetensors."""
    parts = load(model)
    with torch.no_grad():
        tensors = unet(parts, seed) | vae(parts, seed) | text_encoder(parts) | clip(parts, seed)
    save_tensors(out / "modules.safetensors", tensors)
    save_tensors(out / "preprocess.safetensors", preprocess(parts, seed))


def hooked(prefix: str, seen: Tensors) -> Tensors:
    """Intermediates under `<prefix>.hook.<module>`."""
    return {f"{prefix}.hook.{k}": v for k, v in seen.items()}


def unet(parts: Parts, seed: int) -> Tensors:
    """Batches of two with two different timesteps: square, wide, and a size that the three levels do not divide."""
    model, tensors = parts.unet, {}
    for name, (height, width), steps in (("unet.square", (16, 16), (17, 803)), ("unet.wide", (8, 24), (250, 999)), ("unet.odd", (6, 10), (1, 500))):
        x, t = randn(seed, 2, 4, height, width), torch.tensor(steps)
        c = randn(seed + 1, 2, 77, model.config.cross_attention_dim)
        with Capture(unet_hooks(model, details=name == "unet.square")) as seen:
            y = model(x, t, c).sample
        tensors |= {f"{name}.sample": x, f"{name}.timestep": t, f"{name}.encoder_hidden_states": c, f"{name}.out": y}
        if name != "unet.odd":
            tensors |= hooked(name, seen)
    return tensors


def unet_hooks(model: nn.Module, details: bool) -> dict[str, nn.Module]:
    """The modules whose outputs are kept; `details` adds what is inside the first block."""
    names = ["time_proj", "time_embedding", "conv_in", "mid_block", "conv_norm_out"]
    names += [f"down_blocks.{i}" for i in range(len(model.down_blocks))] + [f"up_blocks.{i}" for i in range(len(model.up_blocks))]
    if details:
        block = "down_blocks.0.attentions.0.transformer_blocks.0"
        names += ["down_blocks.0.resnets.0", "down_blocks.0.attentions.0", "down_blocks.0.attentions.0.proj_in"]
        names += [f"{block}.attn1", f"{block}.attn2", f"{block}.ff", block]
    return {name: model.get_submodule(name) for name in names}


def vae(parts: Parts, seed: int) -> Tensors:
    """A picture to latents, and latents to a picture."""
    model, tensors = parts.vae, {}
    factor = model.config.scaling_factor
    entering = ["encoder.conv_norm_out", "encoder.mid_block", "encoder.mid_block.attentions.0", "encoder.down_blocks.1", "quant_conv"]
    leaving = ["decoder.mid_block", "decoder.up_blocks.0"]
    for name, (height, width) in (("vae.square", (64, 64)), ("vae.wide", (48, 80))):
        x = photo_like(seed + 2, height, width).permute(2, 0, 1)[None].float() / 127.5 - 1
        with Capture({n: model.get_submodule(n) for n in entering}) as encoded:
            posterior = model.encode(x).latent_dist
        noise = randn(seed + 3, *posterior.mean.shape)
        z = randn(seed + 4, *posterior.mean.shape)
        with Capture({n: model.get_submodule(n) for n in leaving}) as decoded:
            y = model.decode(z / factor).sample
        sample = posterior.mean + posterior.std * noise
        tensors |= {f"{name}.image": x, f"{name}.mean": posterior.mean, f"{name}.logvar": posterior.logvar, f"{name}.noise": noise,
                    f"{name}.sample": sample, f"{name}.latents": sample * factor, f"{name}.decode_latents": z, f"{name}.decode_image": y}
        if name == "vae.square":
            tensors |= hooked(name, encoded | decoded)
    return tensors


def text_encoder(parts: Parts) -> Tensors:
    """Three texts: one empty, one truncated."""
    model = parts.text_encoder
    ids = tokenise(parts.tokenizer, TEXTS)
    layers = model.encoder.layers
    with Capture({"embeddings": model.embeddings, **{f"layer.{i}": layer for i, layer in enumerate(layers)}}) as seen:
        output = model(ids, output_hidden_states=True)
    penultimate = seen[f"layer.{len(layers) - 2}"]
    assert torch.equal(output.hidden_states[-2], penultimate)
    return {"text.input_ids": ids, "text.last_hidden_state": output.last_hidden_state, "text.pooler_output": output.pooler_output,
            "text.clip_skip_2": model.final_layer_norm(penultimate),
            "text.pooled_at_eos": at_first(output.last_hidden_state, ids, parts.tokenizer.eos_token_id), **hooked("text", seen)}


def clip(parts: Parts, seed: int) -> Tensors:
    """Texts and pictures in the joint space."""
    model, ids = parts.clip, tokenise(parts.tokenizer, TEXTS)
    pictures = [photo_like(seed + 5, 90, 120), photo_like(seed + 6, 64, 64), photo_like(seed + 7, 71, 33)]
    pixels = torch.cat([pixel_values(parts.processor, picture) for picture in pictures])
    tower = model.vision_model
    with Capture({"embeddings": tower.embeddings, "pre_layrnorm": tower.pre_layrnorm, "layer.0": tower.encoder.layers[0]}) as seen:
        output = model(input_ids=ids, pixel_values=pixels)
    return {"clip.pixel_values": pixels, "clip.text_features": model.get_text_features(ids).pooler_output,
            "clip.image_features": model.get_image_features(pixels).pooler_output, "clip.text_embeds": output.text_embeds,
            "clip.image_embeds": output.image_embeds, "clip.logits_per_image": output.logits_per_image,
            "clip.vision_last_hidden_state": tower(pixel_values=pixels).last_hidden_state, **hooked("clip", {f"vision.{k}": v for k, v in seen.items()})}


def pixel_values(processor: CLIPImageProcessor | CLIPImageProcessorPil, picture: Tensor) -> Tensor:
    """What a processor makes of a picture (height, width, 3): (1, 3, side, side)."""
    return processor(images=Image.fromarray(picture.numpy()), return_tensors="pt").pixel_values


def preprocess(parts: Parts, seed: int) -> Tensors:
    """Resize, crop and normalisation by both of transformers' backends."""
    processor, tensors = parts.processor, {}
    pillow = CLIPImageProcessorPil(size=processor.size, crop_size=processor.crop_size)
    for name, (height, width) in (("landscape", (90, 120)), ("portrait", (121, 77)), ("upscale", (20, 27)), ("exact", (32, 32))):
        picture = photo_like(seed + 8, height, width)
        tensors |= {f"{name}.image": picture, f"{name}.pixel_values": pixel_values(processor, picture),
                    f"{name}.pixel_values_pil": pixel_values(pillow, picture)}
    picture = photo_like(seed + 9, 90, 120)
    tensors["clip224.image"] = picture
    for suffix, kind in (("", CLIPImageProcessor), ("_pil", CLIPImageProcessorPil)):
        resized = pixel_values(kind(do_rescale=False, do_normalize=False), picture)
        tensors[f"clip224.resized{suffix}"] = resized.round().to(torch.uint8)
    return tensors
