"""metrics/: KID, cross-checked with torchmetrics, and the cosines that text and image alignment are made of."""

from pathlib import Path
from typing import Any

import torch
import torchmetrics
from torch import Tensor
from torchmetrics.image.kid import poly_mmd

import method
from common import generator, photo_like, plain, randn, save_json, save_tensors
from golden_modules import pixel_values
from parts import load, tokenise

PROMPTS = ["a photo of a cat in the snow", "a dog on the beach", "a cup and a teapot", "an oil painting of a strawberry"]

Tensors = dict[str, Tensor]


def make(model: Path, out: Path, seed: int) -> None:
    """Writes metrics.safetensors and metrics.json."""
    kid_tensors, kid_info = kid_goldens(seed)
    align_tensors, align_info = alignment(model, seed)
    save_tensors(out / "metrics.safetensors", kid_tensors | align_tensors)
    save_json(out / "metrics.json", {"kid": kid_info, "alignment": align_info})


def kernel(a: Tensor, b: Tensor) -> Tensor:
    """Polynomial kernel, degree 3, gamma 1 / d, coefficient 1."""
    return (a @ b.T / a.shape[1] + 1) ** 3


def kid(x: Tensor, y: Tensor) -> Tensor:
    """Unbiased MMD^2: the diagonals of k(x, x) and k(y, y) are left out; x and y may differ in number."""
    m, n = len(x), len(y)
    xx, yy, xy = kernel(x, x), kernel(y, y), kernel(x, y)
    return (xx.sum() - xx.diagonal().sum()) / (m * (m - 1)) + (yy.sum() - yy.diagonal().sum()) / (n * (n - 1)) - 2 * xy.mean()


def kid_goldens(seed: int) -> tuple[Tensors, dict[str, Any]]:
    """KID of two sets, of sets of unequal number, of a set with itself, and over subsets."""
    x, y = randn(seed, 50, 24), 0.8 * randn(seed + 1, 50, 24) + 0.3
    big_x, big_y = randn(seed + 2, 64, 96), randn(seed + 3, 41, 96) * 1.1 - 0.1
    source = generator(seed + 4)
    subsets = torch.stack([torch.stack([torch.randperm(50, generator=source)[:20] for _ in "xy"]) for _ in range(10)])
    scores = torch.stack([kid(x[a].double(), y[b].double()) for a, b in subsets])
    full = kid(x.double(), y.double())
    assert abs(poly_mmd(x.double(), y.double()) - full) < 1e-12
    for (a, b), score in zip(subsets, scores):
        assert abs(poly_mmd(x[a].double(), y[b].double()) - score) < 1e-12
    return {"kid.x": x, "kid.y": y, "kid.big_x": big_x, "kid.big_y": big_y, "kid.subsets": subsets}, {
        "full": full.item(), "full_fp32": kid(x, y).item(), "unequal_numbers": kid(big_x.double(), big_y.double()).item(),
        "self": kid(x.double(), x.double()).item(), "subset_scores": plain(scores), "subset_mean": scores.mean().item(),
        "subset_std_population": scores.std(unbiased=False).item(), "subset_std_sample": scores.std().item(),
        "cross_check": f"torchmetrics {torchmetrics.__version__} poly_mmd agrees within 1e-12 (full set and all subsets)"}


def alignment(model: Path, seed: int) -> tuple[Tensors, dict[str, Any]]:
    """TA of four prompts with four pictures, and IA of these with a reference."""
    parts = load(model)
    ids = tokenise(parts.tokenizer, PROMPTS)
    pictures = [photo_like(seed + 10 + i, 64, 64) for i in range(5)]  # the reference is the last
    pixels = torch.cat([pixel_values(parts.processor, picture) for picture in pictures])
    with torch.no_grad():
        no_vectors = torch.zeros(0, parts.text_encoder.config.hidden_size)
        text = method.text_embedding(parts.clip, ids, no_vectors, parts.tokenizer.eos_token_id)
        image = method.image_embedding(parts.clip, pixels)
        output = parts.clip(input_ids=ids, pixel_values=pixels[:4])
    ta, ia = method.cosine(text, image[:4]), method.cosine(image[:4], image[4:])
    assert (output.logits_per_image.diagonal() / parts.clip.logit_scale.exp() - ta).abs().max() < 1e-5
    return {"align.input_ids": ids, "align.images": torch.stack(pictures), "align.pixel_values": pixels, "align.text_features": text,
            "align.image_features": image}, {
        "prompts": PROMPTS, "ta": plain(ta), "ta_mean": ta.mean().item(), "ia": plain(ia), "ia_mean": ia.mean().item(),
        "clip_score": plain(2.5 * ta.clamp(min=0)), "logit_scale": parts.clip.logit_scale.item()}
