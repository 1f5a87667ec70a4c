#!/usr/bin/env python3
"""Stable Diffusion 1.5's UNet at its real size with random weights in PyTorch: what the benches are compared with.

diffusers and peft where they can be imported, else the same layers written out here. One JSON line a case on stdout:
  peer.py --device cuda:0 --cases train:fp32:1,train:bf16:1,train:bf16:8,forward:bf16:1 [--pixels 512] [--seconds 120]
TF32 is off. Seconds are the median of three runs after one that does not count; device_gb is what the allocator took at most.
"""
import argparse
import json
import math
import resource
import time

import torch
import torch.nn.functional as F
from torch import nn

WIDTHS = (320, 640, 1280, 1280)
HEADS = 8
TEXT = 768
RANK = 4


class Lora(nn.Module):
    """A frozen linear layer with two small trained ones beside it, in float32."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(RANK, base.in_features) / RANK)
        self.b = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, x):
        return self.base(x) + F.linear(F.linear(x.float(), self.a), self.b).to(x.dtype)


class Resnet(nn.Module):
    def __init__(self, inner, outer):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(32, inner), nn.Conv2d(inner, outer, 3, padding=1)
        self.time = nn.Linear(4 * WIDTHS[0], outer)
        self.norm2, self.conv2 = nn.GroupNorm(32, outer), nn.Conv2d(outer, outer, 3, padding=1)
        self.skip = nn.Conv2d(inner, outer, 1) if inner != outer else nn.Identity()

    def forward(self, x, t):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(t))[:, :, None, None]
        return self.skip(x) + self.conv2(F.silu(self.norm2(h)))


class Attention(nn.Module):
    def __init__(self, width, context):
        super().__init__()
        self.q, self.k = Lora(nn.Linear(width, width, bias=False)), Lora(nn.Linear(context, width, bias=False))
        self.v, self.out = Lora(nn.Linear(context, width, bias=False)), Lora(nn.Linear(width, width))

    def forward(self, x, context):
        def heads(y):
            return y.view(y.shape[0], y.shape[1], HEADS, -1).transpose(1, 2)

        y = F.scaled_dot_product_attention(heads(self.q(x)), heads(self.k(context)), heads(self.v(context)))
        return self.out(y.transpose(1, 2).reshape(x.shape))


class Transformer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.proj_in, self.proj_out = nn.GroupNorm(32, width), nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(width), nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn1, self.attn2 = Attention(width, width), Attention(width, TEXT)
        self.wide, self.narrow = nn.Linear(width, 8 * width), nn.Linear(4 * width, width)

    def forward(self, x, states):
        b, c, h, w = x.shape
        y = self.proj_in(self.norm(x)).flatten(2).transpose(1, 2)
        n = self.norm1(y)
        y = y + self.attn1(n, n)
        y = y + self.attn2(self.norm2(y), states)
        value, gate = self.wide(self.norm3(y)).chunk(2, dim=-1)
        y = y + self.narrow(value * F.gelu(gate))
        return x + self.proj_out(y.transpose(1, 2).reshape(b, c, h, w))


class UNet(nn.Module):
    """The layers of Stable Diffusion 1.5's UNet2DConditionModel, level by level."""

    def __init__(self):
        super().__init__()
        self.conv_in = nn.Conv2d(4, WIDTHS[0], 3, padding=1)
        self.time = nn.Sequential(nn.Linear(WIDTHS[0], 4 * WIDTHS[0]), nn.SiLU(), nn.Linear(4 * WIDTHS[0], 4 * WIDTHS[0]))
        self.down, self.up, skips, width = nn.ModuleList(), nn.ModuleList(), [WIDTHS[0]], WIDTHS[0]
        for level, outer in enumerate(WIDTHS):
            last = level == len(WIDTHS) - 1
            for _ in range(2):
                self.down.append(nn.ModuleList([Resnet(width, outer), nn.Identity() if last else Transformer(outer)]))
                width = outer
                skips.append(width)
            if not last:
                self.down.append(nn.ModuleList([nn.Conv2d(width, width, 3, stride=2, padding=1)]))
                skips.append(width)
        self.mid = nn.ModuleList([Resnet(width, width), Transformer(width), Resnet(width, width)])
        for level, outer in reversed(list(enumerate(WIDTHS))):
            for _ in range(3):
                self.up.append(nn.ModuleList([Resnet(width + skips.pop(), outer), nn.Identity() if level == len(WIDTHS) - 1 else Transformer(outer)]))
                width = outer
            if level > 0:
                self.up.append(nn.ModuleList([nn.Conv2d(width, width, 3, padding=1)]))
        self.norm, self.conv_out = nn.GroupNorm(32, width), nn.Conv2d(width, 4, 3, padding=1)

    def forward(self, x, t, states):
        half = WIDTHS[0] // 2
        angles = t[:, None].float() * torch.exp(-math.log(10000) * torch.arange(half, device=x.device) / half)
        t = self.time(torch.cat([angles.cos(), angles.sin()], dim=-1).to(x.dtype))

        def step(block, x):
            x = block[0](x, t)
            return block[1](x, states) if isinstance(block[1], Transformer) else x

        x = self.conv_in(x)
        skips = [x]
        for block in self.down:
            x = block[0](x) if len(block) == 1 else step(block, x)
            skips.append(x)
        x = self.mid[2](self.mid[1](self.mid[0](x, t), states), t)
        for block in self.up:
            if len(block) == 1:
                x = block[0](F.interpolate(x, size=skips[-1].shape[2:], mode="nearest"))
            else:
                x = step(block, torch.cat([x, skips.pop()], dim=1))
        return self.conv_out(F.silu(self.norm(x)))


def model(device, dtype):
    """The UNet with LoRA of rank 4 on its attention, all else frozen; and whose it is."""
    try:
        import diffusers
        import peft

        with torch.device(device):
            unet = diffusers.UNet2DConditionModel(
                cross_attention_dim=TEXT, block_out_channels=WIDTHS, attention_head_dim=HEADS, sample_size=64,
                down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",), up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3)
        unet.requires_grad_(False).to(dtype)
        unet.add_adapter(peft.LoraConfig(r=RANK, lora_alpha=RANK, init_lora_weights="gaussian", target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
        for name, parameter in unet.named_parameters():
            if "lora" in name:
                parameter.data = parameter.data.float()
        return (lambda x, t, s: unet(x, t, s).sample), [p for p in unet.parameters() if p.requires_grad], f"diffusers {diffusers.__version__}"
    except ImportError:
        with torch.device(device):
            unet = UNet()
        for name, parameter in unet.named_parameters():
            trained = name.endswith((".a", ".b"))
            parameter.requires_grad_(trained)
            if not trained:
                parameter.data = parameter.data.to(dtype)
        return unet, [p for p in unet.parameters() if p.requires_grad], f"torch {torch.__version__}"


def measure(kind, dtype, batch, device, pixels):
    torch.manual_seed(0)
    cuda = device.startswith("cuda")
    if cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    unet, trained, peer = model(device, dtype)
    side = pixels // 8
    x, states = torch.randn(batch, 4, side, side, device=device, dtype=dtype), torch.randn(batch, 77, TEXT, device=device, dtype=dtype)
    t = torch.full((batch,), 420, device=device)
    target = torch.randn(batch, 4, side, side, device=device)
    optimiser = torch.optim.AdamW(trained, lr=1e-4)

    def train():
        with torch.autocast("cuda" if cuda else "cpu", dtype=torch.bfloat16, enabled=dtype != torch.float32):
            loss = F.mse_loss(unet(x, t, states).float(), target)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    @torch.no_grad()
    def forward():
        unet(x, t, states)

    run = train if kind == "train" else forward
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        run()
        if cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    line = {"case": kind, "dtype": "fp32" if dtype == torch.float32 else "bf16", "batch": batch, "seconds": sorted(seconds[1:])[1], "device": device, "pixels": pixels, "peer": peer}
    line["device_gb" if cuda else "peak_gb"] = (torch.cuda.max_memory_reserved() / 2**30) if cuda else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return line


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--cases", default="train:fp32:1,train:bf16:1,forward:fp32:1,forward:bf16:1")
    parser.add_argument("--pixels", type=int, default=512)
    parser.add_argument("--seconds", type=float, default=1e9, help="no case begins later than this")
    options = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    began = time.perf_counter()
    for case in options.cases.split(","):
        kind, dtype, batch = case.split(":")
        if time.perf_counter() - began > options.seconds:
            print(json.dumps({"case": kind, "dtype": dtype, "batch": int(batch), "error": "no time left"}), flush=True)
            continue
        try:
            line = measure(kind, torch.float32 if dtype == "fp32" else torch.bfloat16, int(batch), options.device, options.pixels)
        except RuntimeError as error:  # of memory, most of all
            line = {"case": kind, "dtype": dtype, "batch": int(batch), "error": str(error).split("\n")[0][:200]}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
