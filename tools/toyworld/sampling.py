"""Draw pictures with the parts of a pipeline, many prompts at once."""

import numpy as np
import torch
from diffusers import AutoencoderKL, DPMSolverMultistepScheduler, UNet2DConditionModel
from PIL import Image
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

import common
import layout

PNDM_ONLY = ("skip_prk_steps", "clip_sample", "set_alpha_to_one")
CONFIG = {k: v for k, v in layout.SCHEDULER.items() if not k.startswith("_") and k not in PNDM_ONLY}


@torch.no_grad()
def embed(tokenizer: CLIPTokenizer, text_encoder: CLIPTextModel, texts: list[str], size: int = 512) -> Tensor:
    """What the UNet attends to: (texts, length, width)."""
    rows = []
    for k in range(0, len(texts), size):
        ids = tokenizer(texts[k:k + size], padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
        rows.append(text_encoder(ids.to(text_encoder.device))[0].float())
    return torch.cat(rows)


@torch.no_grad()
def draw(unet: UNet2DConditionModel, vae: AutoencoderKL, cond: Tensor, empty: Tensor, seeds: list[int], steps: int = 25, guidance: float = 4.5,
         batch: int = 64) -> np.ndarray:
    """Pictures by DPM++ 2M: cond (n, length, width), one seed a picture; uint8 (n, 64, 64, 3)."""
    device, out = cond.device, []
    for k in range(0, len(cond), batch):
        c = cond[k:k + batch]
        noise = [torch.randn(4, 16, 16, generator=torch.Generator().manual_seed(s)) for s in seeds[k:k + batch]]
        z = torch.stack(noise).to(device)
        plan = DPMSolverMultistepScheduler(**CONFIG)
        plan.set_timesteps(steps)
        both = torch.cat([empty.expand_as(c), c])
        for t in plan.timesteps:
            with common.autocast(device):
                e = unet(torch.cat([z, z]), t.to(device), both).sample.float()
            e0, e1 = e.chunk(2)
            z = plan.step(e0 + guidance * (e1 - e0), t, z).prev_sample
        x = vae.decode(z / vae.config.scaling_factor).sample.float()
        out.append(((x.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy())
    return np.concatenate(out)


def sheet(images: np.ndarray, columns: int, scale: int = 2, gap: int = 2) -> Image.Image:
    """The pictures in rows."""
    n, s = len(images), images.shape[1]
    rows = -(-n // columns)
    canvas = np.full((rows * (s + gap), columns * (s + gap), 3), 255, np.uint8)
    for k, image in enumerate(images):
        y, x = k // columns * (s + gap), k % columns * (s + gap)
        canvas[y:y + s, x:x + s] = image
    size = (canvas.shape[1] * scale, canvas.shape[0] * scale)
    return Image.fromarray(canvas).resize(size, Image.NEAREST)
