"""Stage 4: the autoencoder, 64 x 64 x 3 <-> 16 x 16 x 4.

    python train_vae.py --data DATA --model MODEL --work WORK

With --decoder the finished autoencoder's decoder learns on while the latents stay as they are (a UNet may
depend on them); it sees slightly noisy latents, since a UNet's are never exact. With --more the whole finished autoencoder learns on.
"""

import argparse
import json

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor

import common
import muon
import scenes


def build(args: argparse.Namespace) -> AutoencoderKL:
    """An untrained autoencoder of the preset's size."""
    blocks = len(args.channels)
    return AutoencoderKL(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=args.channels,
                         down_block_types=["DownEncoderBlock2D"] * blocks, up_block_types=["UpDecoderBlock2D"] * blocks,
                         layers_per_block=args.layers, norm_num_groups=args.groups, sample_size=scenes.S,
                         scaling_factor=1.0)


def edges(x: Tensor) -> tuple[Tensor, Tensor]:
    """Differences of neighbours, across and down."""
    return x[..., :, 1:] - x[..., :, :-1], x[..., 1:, :] - x[..., :-1, :]


def reconstruction(y: Tensor, x: Tensor) -> Tensor:
    """L1, half of MSE, and the edges."""
    loss = F.l1_loss(y, x) + 0.5 * F.mse_loss(y, x)
    for a, b in zip(edges(y), edges(x)):
        loss = loss + 0.5 * F.l1_loss(a, b)
    return loss


def batch(images: np.ndarray, args: argparse.Namespace, cropped: bool) -> np.ndarray:
    """Small crops first (more steps in the same time), then a third as many whole pictures."""
    if not cropped:
        return images[np.random.randint(0, len(images), max(4, args.batch // 3))]
    side, last = args.crop, images.shape[1] - args.crop + 1
    rows, ys, xs = (np.random.randint(0, n, args.batch) for n in (len(images), last, last))
    return np.stack([images[i, y:y + side, x:x + side] for i, y, x in zip(rows, ys, xs)])


@torch.no_grad()
def measure(vae: AutoencoderKL, x: Tensor) -> tuple[float, float, float]:
    """PSNR, and the mean and deviation of the latents."""
    z = torch.cat([vae.encode(part).latent_dist.mean for part in x.split(64)])
    y = torch.cat([vae.decode(part).sample for part in z.split(64)]).clamp(-1, 1)
    errors = ((y - x) / 2).pow(2).mean((1, 2, 3))
    return (-10 * torch.log10(errors)).mean().item(), z.mean().item(), z.std().item()


@torch.no_grad()
def centre(vae: AutoencoderKL, x: Tensor) -> None:
    """Give every latent channel mean 0 and the same deviation, by folding the change into the two 1 x 1 convolutions."""
    z = torch.cat([vae.encode(part).latent_dist.mean for part in x.split(64)])
    mean, std = z.mean((0, 2, 3)), z.std((0, 2, 3))
    gain = std.pow(2).mean().sqrt() / std
    enter, leave = vae.quant_conv, vae.post_quant_conv
    leave.bias += (leave.weight * mean.view(1, -1, 1, 1)).sum((1, 2, 3))
    leave.weight /= gain.view(1, -1, 1, 1)
    enter.weight[:4] *= gain.view(-1, 1, 1, 1)
    enter.bias[:4] = (enter.bias[:4] - mean) * gain
    enter.bias[4:] += 2 * gain.log()


def main() -> None:
    """Trains the autoencoder, centres its latents and exports it."""
    args = common.arguments("vae", "decoder", "more")
    pool = scenes.Pool(args.data / "pool")
    images = np.array(pool.images)[~pool.clip_only]
    held = common.pictures(images[-256:], args.device)
    images = images[:-256]
    vae = AutoencoderKL.from_pretrained(args.model / "vae").float() if args.decoder or args.more else build(args)
    vae.train().to(args.device)
    if args.decoder:
        vae.encoder.requires_grad_(False)
        vae.quant_conv.requires_grad_(False)
        args.crops = 0
    optimizer = muon.Muon(vae, args.lr)
    name = "decoder" if args.decoder else "vae"
    average, log, clock = common.Average(vae, 0.995), common.Log(args.work / f"{name}.jsonl"), common.Clock(args, 100)
    log.write(parameters=sum(p.numel() for p in vae.parameters()))
    state, step = args.work / f"{name}.pt", 0
    if args.resume and state.exists():
        step = common.load_state(state, clock, vae, average, optimizer)
    while clock.tick(step):
        for group in optimizer.param_groups:
            group["lr"] = clock.rate(step)
        x = common.pictures(batch(images, args, clock.progress < args.crops), args.device)
        with common.autocast(args.device):
            with torch.set_grad_enabled(not args.decoder):
                spread = vae.encode(x).latent_dist
                z = spread.sample()
            if args.decoder:
                z = spread.mean + torch.randn_like(z) * 0.04 / vae.config.scaling_factor
            y = vae.decode(z).sample
        loss = reconstruction(y.float(), x)
        kl = spread.kl().float().mean() / spread.mean[0].numel()
        optimizer.zero_grad(set_to_none=True)
        (loss + 2e-4 * kl).backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        average.update(vae, step)
        step += 1
        log.add(loss=loss.item(), kl=kl.item())
        if step % 200 == 0:
            log.write(step=step, seconds=round(clock.spent))
        if step % 400 == 0:
            common.save_state(state, step, clock, vae, average, optimizer)
        if step % 400 == 0:
            log.write(step=step, psnr=round(measure(average.model, held)[0], 3))
    if not args.decoder:
        centre(average.model, common.pictures(images[:2048], args.device))
    psnr, mean, std = measure(average.model, held)
    if not args.decoder:
        average.model.register_to_config(scaling_factor=round(1 / std, 5))
    common.export(average.model, args.model / "vae")
    print(json.dumps({"steps": step, "seconds": round(clock.spent), "psnr": psnr, "mean": mean, "std": std}))


if __name__ == "__main__":
    main()
