"""Stage 3: the CLIP that conditions the UNet (its text tower) and judges the pictures (both towers).

    python train_clip.py --data DATA --model MODEL --work WORK

--resume goes on from the exported weights; --vision-only then leaves the text tower as it is, for the UNet's sake.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTextModel, CLIPTokenizer

import common
import muon
import scenes
import world

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def build(args: argparse.Namespace, tokenizer: CLIPTokenizer) -> CLIPModel:
    """An untrained CLIP of the preset's size."""
    ends = dict(bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
                pad_token_id=tokenizer.eos_token_id)
    text = dict(vocab_size=len(tokenizer), hidden_size=args.text, intermediate_size=4 * args.text,
                num_hidden_layers=args.text_layers, num_attention_heads=args.text_heads,
                max_position_embeddings=tokenizer.model_max_length, hidden_act="quick_gelu",
                projection_dim=args.project, **ends)
    vision = dict(hidden_size=args.vision, intermediate_size=4 * args.vision, num_hidden_layers=args.vision_layers,
                  num_attention_heads=args.vision_heads, image_size=scenes.S, patch_size=8, hidden_act="quick_gelu",
                  projection_dim=args.project)
    return CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=args.project))


def normalise(x: Tensor) -> Tensor:
    """-1..1 -> what CLIP's image processor gives."""
    mean, std = (torch.tensor(v, device=x.device).view(1, 3, 1, 1) for v in (MEAN, STD))
    return ((x + 1) / 2 - mean) / std


def augment(x: Tensor) -> Tensor:
    """Random affine warp, colour cast, contrast and grey, for the whole batch at once."""
    n, device = len(x), x.device

    def u(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(n, *shape, device=device).uniform_(low, high)

    angle, scale = u(-0.2, 0.2), u(0.75, 1.15)
    stretch, shear = u(0.85, 1.18), u(-0.15, 0.15)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = torch.stack([torch.stack([cos * scale * stretch, -sin * scale + shear, u(-0.15, 0.15)], 1),
                        torch.stack([sin * scale, cos * scale / stretch, u(-0.15, 0.15)], 1)], 1)
    x = F.grid_sample(x, F.affine_grid(rows, x.shape, align_corners=False), padding_mode="reflection",
                      align_corners=False)
    mean = x.mean((2, 3), keepdim=True)
    x = (x - mean) * u(0.7, 1.3, 1, 1, 1) + mean + u(-0.15, 0.15, 1, 1, 1)
    x = x * u(0.88, 1.12, 3, 1, 1)
    grey = (torch.rand(n, device=device) < 0.06).view(n, 1, 1, 1)
    return torch.where(grey, x.mean(1, keepdim=True).expand_as(x), x).clamp(-1, 1)


def targets(pool: scenes.Pool, rows: np.ndarray, named: tuple[bool, ...]) -> Tensor:
    """1 where caption j is true of picture i; every row adds up to 1."""
    objects = np.concatenate([pool.classes[rows], pool.colours[rows]], 1)
    same = (objects[:, None] == objects[None]).all(-1)
    scene = pool.backgrounds[rows]
    same &= (scene[:, None] == scene[None]) | ~np.array(named)[None]
    return torch.from_numpy(same.astype(np.float32))


def export_text(clip: CLIPModel, folder: Path) -> None:
    """The text tower alone, under Stable Diffusion's tensor names (new releases of transformers drop the prefix)."""
    text = CLIPTextModel(clip.config.text_config)
    state = {k.removeprefix("text_model."): v for k, v in clip.state_dict().items() if k.startswith("text_model.")}
    getattr(text, "text_model", text).load_state_dict(state)
    common.export(text, folder)
    path = folder / "model.safetensors"
    named = {"text_model." + k.removeprefix("text_model."): v for k, v in load_file(path).items()}
    save_file(named, path, metadata={"format": "pt"})


def batches(pool: scenes.Pool, size: int) -> Iterator[np.ndarray]:
    """Mostly two backgrounds a batch: then only the objects tell the pictures apart."""
    groups = [np.flatnonzero(pool.backgrounds == b) for b in range(len(world.BACKGROUNDS))]
    while True:
        if np.random.rand() < 0.2:
            yield np.random.randint(0, len(pool), size)
            continue
        pair = np.random.choice(len(groups), 2, replace=False)
        yield np.concatenate([np.random.choice(groups[b], size // 2) for b in pair])


def main() -> None:
    """Trains the CLIP and exports it, and its text tower."""
    args = common.arguments("clip", "vision-only")
    tokenizer = CLIPTokenizer.from_pretrained(args.model / "tokenizer")
    pool, rng = scenes.Pool(args.data / "pool"), random.Random(args.seed)
    images = np.array(pool.images)
    model = CLIPModel.from_pretrained(args.model / "clip").float() if args.resume else build(args, tokenizer)
    model = model.train().to(args.device)
    if args.device == "cpu":  # the fused kernel's backward pass is slow there
        model.set_attn_implementation("eager")
    if args.vision_only:
        model.text_model.requires_grad_(False)
    optimizer = muon.Muon(model, args.lr, weight_decay=0.05)
    average, log, clock = common.Average(model, 0.995), common.Log(args.work / "clip.jsonl"), common.Clock(args, 100)
    total = {k: sum(p.numel() for p in m.parameters()) for k, m in
             (("clip", model), ("text", model.text_model), ("vision", model.vision_model))}
    log.write(parameters=total)
    step, source = 0, batches(pool, args.batch)
    while clock.tick(step):
        for group in optimizer.param_groups:
            group["lr"] = clock.rate(step)
        rows = next(source)
        texts, named = zip(*(pool.describe(i, rng) for i in rows))
        ids = tokenizer(list(texts), padding=True, return_tensors="pt")["input_ids"].to(args.device)
        x = normalise(augment(common.pictures(images[rows], args.device)))
        with common.autocast(args.device):
            out = model(input_ids=ids, pixel_values=x)
        want = targets(pool, rows, named).to(args.device)
        logits = out.logits_per_image.float()
        loss = (-(F.log_softmax(logits, 1) * want).sum(1) / want.sum(1)).mean() / 2
        loss = loss + (-(F.log_softmax(logits, 0) * want).sum(0) / want.sum(0)).mean() / 2
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, 4.6052)
        average.update(model, step)
        step += 1
        hit = want.gather(1, logits.argmax(1, keepdim=True)).mean()
        log.add(loss=loss.item(), hit=hit.item())
        if step % 50 == 0:
            log.write(step=step, seconds=round(clock.spent), scale=round(model.logit_scale.exp().item(), 2))
        if step % 400 == 0:
            torch.save(average.model.state_dict(), args.work / "clip.pt")
    clip = average.model
    common.export(clip, args.model / "clip")
    if not args.vision_only:
        export_text(clip, args.model / "text_encoder")
    side = dict(height=scenes.S, width=scenes.S)
    CLIPImageProcessor(size=dict(shortest_edge=scenes.S), crop_size=side, image_mean=MEAN,
                       image_std=STD).save_pretrained(args.model / "clip")
    tokenizer.save_pretrained(args.model / "clip")
    print(json.dumps({"steps": step, "seconds": round(clock.spent), "samples": step * args.batch}))


if __name__ == "__main__":
    main()
