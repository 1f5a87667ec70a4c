"""Stage 5: the UNet, on latents and text embeddings worked out beforehand.

    python train_unet.py --data DATA --model MODEL --work WORK [--resume | --warm]
"""

import argparse
import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

import common
import layout
import muon
import sampling
import scenes

PROMPTS = [f"a photo of {x}" for x in (
    "a cat on the beach", "a cat in the snow", "a dog on the grass", "a red car on a city street",
    "an apple on a wooden table", "a penguin in the snow", "a panda in the forest", "a rocket in space",
    "a cup on a wooden table", "a guitar in front of a brick wall", "a robot in the kitchen", "a fish in the sea",
    "a cactus in the desert", "a balloon in the sky", "an owl at night", "a teddy bear on a pink background",
    "a blue bicycle at sunset", "a cat and a cup on a wooden table", "a dog and a ball on the grass",
    "a pizza on a white background", "an elephant in the mountains", "a snowman in the snow",
    "a crown on a purple background", "a boat in the sea")]


def build(args: argparse.Namespace) -> UNet2DConditionModel:
    """An untrained UNet of the preset's size."""
    return UNet2DConditionModel(
        sample_size=16, in_channels=4, out_channels=4, layers_per_block=args.layers, block_out_channels=args.channels,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=128, attention_head_dim=8)


@torch.no_grad()
def encode_pictures(args: argparse.Namespace, vae: AutoencoderKL) -> Tensor:
    """Scaled latents of the pool's first pictures."""
    pool = scenes.Pool(args.data / args.pool)
    keep = np.flatnonzero(~pool.clip_only)[:args.latents]
    latents = []
    for k in range(0, len(keep), 128):
        with common.autocast(args.device):
            z = vae.encode(common.pictures(pool.images[keep[k:k + 128]], args.device)).latent_dist.mean
        latents.append((z.float() * vae.config.scaling_factor).half())
    return torch.cat(latents)


def encode_captions(args: argparse.Namespace, tokenizer: CLIPTokenizer, text_encoder: CLIPTextModel) -> tuple[Tensor, Tensor]:
    """Embeddings of captions, and for every latent the numbers of those that fit it."""
    pool, rng = scenes.Pool(args.data / args.pool), random.Random(args.seed)
    keep = np.flatnonzero(~pool.clip_only)[:args.latents]
    each = max(1, args.texts // len(keep))
    captions = [[pool.caption(i, rng) for _ in range(each)] for i in keep]
    unique = sorted({c for row in captions for c in row})
    index = {c: k for k, c in enumerate(unique)}
    table = torch.tensor([[index[c] for c in row] for row in captions])
    texts = torch.cat([sampling.embed(tokenizer, text_encoder, unique[k:k + 4096]).half()
                       for k in range(0, len(unique), 4096)])
    return texts, table


def times(n: int, device: str) -> Tensor:
    """One time step from each of n equally likely parts of the schedule; the ends, with little to learn, are rarer."""
    u = (torch.randperm(n, device=device) + torch.rand(n, device=device)) / n
    low, high = u / 0.05 * 100, 800 + (u - 0.88) / 0.12 * 200
    middle = 100 + (u - 0.05) / 0.83 * 700
    return torch.where(u < 0.05, low, torch.where(u < 0.88, middle, high)).long().clamp(0, 999)


def cached(path: Path, args: argparse.Namespace, work: Callable):
    """What `work` returns, or on --resume what it returned the last time."""
    if not (path.exists() and args.resume):
        torch.save(work(), path)
    return torch.load(path, map_location=args.device)


def main() -> None:
    """Trains the UNet and exports its moving average."""
    args = common.arguments("unet", "latents-only", "warm")
    vae = AutoencoderKL.from_pretrained(args.model / "vae").float().to(args.device).eval()
    start = time.time()
    latents = cached(args.work / "latents.pt", args, lambda: encode_pictures(args, vae))
    print(f"{len(latents)} latents after {time.time() - start:.0f} s, deviation {latents.float().std():.3f}", flush=True)
    if args.latents_only:
        return
    layout.write(args.model)
    tokenizer = CLIPTokenizer.from_pretrained(args.model / "tokenizer")
    text_encoder = CLIPTextModel.from_pretrained(args.model / "text_encoder").float().to(args.device).eval()
    texts, table = cached(args.work / "texts.pt", args, lambda: encode_captions(args, tokenizer, text_encoder))
    print(f"{len(texts)} captions after {time.time() - start:.0f} s", flush=True)
    empty = sampling.embed(tokenizer, text_encoder, [""])
    shown = sampling.embed(tokenizer, text_encoder, PROMPTS)

    unet = build(args).to(args.device)
    if args.warm:  # from the exported average, where the work folder is gone
        unet.load_state_dict(UNet2DConditionModel.from_pretrained(args.model / "unet").state_dict())
    if args.device == "cpu":  # the fused attention's backward pass is slow there
        unet.set_attn_processor(AttnProcessor())
    optimizer = muon.Muon(unet, args.lr)
    average, log = common.Average(unet, args.ema), common.Log(args.work / "unet.jsonl")
    state, step = args.work / "unet.pt", 0
    clock = common.Clock(args, args.warmup)
    if args.resume and state.exists():
        step = common.load_state(state, clock, unet, average, optimizer)
    log.write(parameters=sum(p.numel() for p in unet.parameters()), step=step)
    noiser = DDPMScheduler(**{k: layout.SCHEDULER[k] for k in ("beta_start", "beta_end", "beta_schedule")})
    alphas = noiser.alphas_cumprod.to(args.device)
    ratio = alphas / (1 - alphas)
    weights = ratio.clamp(max=5) / ratio
    pool = scenes.Pool(args.data / args.pool)
    emphasis = torch.ones(len(latents), 1, 16, 16, device=args.device)
    masks = torch.from_numpy(pool.masks[np.flatnonzero(~pool.clip_only)[:len(latents)]])
    emphasis += 2 * masks.to(args.device).float()[:, None] / 255  # objects count three times as much as what is behind them
    emphasis /= emphasis.mean()
    n, device, saved = args.batch, args.device, clock.spent
    while clock.tick(step):
        for group in optimizer.param_groups:
            group["lr"] = clock.rate(step)
        rows = torch.randint(len(latents), (n,), device=device)
        z = latents[rows].float()
        c = texts[table[rows, torch.randint(table.shape[1], (n,), device=device)]].float()
        c = torch.where(torch.rand(n, 1, 1, device=device) < 0.1, empty, c)
        t = times(n, device)
        noise = torch.randn_like(z)
        a = alphas[t].view(-1, 1, 1, 1)
        with common.autocast(device):
            guess = unet(a.sqrt() * z + (1 - a).sqrt() * noise, t, c).sample
        errors = ((guess.float() - noise).pow(2) * emphasis[rows]).mean((1, 2, 3))
        loss = (errors * weights[t]).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        average.update(unet, step)
        step += 1
        if step % 10 == 0:
            log.add(loss=loss.item(), mse=errors.mean().item())
        if step % 100 == 0:
            log.write(step=step, samples=step * n, seconds=round(clock.spent))
        if clock.spent - saved > 300:
            saved = clock.spent
            common.save_state(state, step, clock, unet, average, optimizer)
            common.export(average.model, args.model / "unet")
            images = sampling.draw(average.model, vae, shown, empty, [7] * len(shown), steps=16)
            sampling.sheet(images, 8, 2).save(args.work / f"step{step:06d}.png")
    common.save_state(state, step, clock, unet, average, optimizer)
    common.export(average.model, args.model / "unet")
    images = sampling.draw(average.model, vae, shown, empty, [7] * len(shown), steps=args.sheet_steps)
    sampling.sheet(images, 8, 2).save(args.work / "final.png")
    print(json.dumps({"steps": step, "samples": step * n, "seconds": round(clock.spent)}))


if __name__ == "__main__":
    main()
