"""Reference implementation of docs/METHOD.md (Lu, Xie, Guo 2024) on top of diffusers, transformers and peft: the executable spec.

Shapes: image (H, W, 3) uint8; mask (1, 1, H, W) in [0, 1]; latents (1, 4, h, w); token ids (1, 77); token vectors (rows, d).
A learned token has the id `vocabulary size + row`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
VECTORS = 4
"""Token vectors of an object (n)."""


# ------------------------------------------------------------------------------------------ text with learned tokens

class _ExtendedEmbedding(nn.Module):
    def __init__(self, base: nn.Embedding, vectors: Tensor) -> None:
        super().__init__()
        self.base, self.vectors = base, vectors  # vectors: a tensor with gradient, not a parameter of the module

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, torch.cat([self.base.weight, self.vectors]))


@contextmanager
def learned_tokens(text_model: nn.Module, vectors: Tensor) -> Iterator[None]:
    """Inside the block, id `vocabulary + j` of this text model is row j of `vectors`; gradients reach `vectors`."""
    base = text_model.embeddings.token_embedding
    text_model.embeddings.token_embedding = _ExtendedEmbedding(base, vectors)
    try:
        yield
    finally:
        text_model.embeddings.token_embedding = base


def condition(text_encoder: nn.Module, ids: Tensor, vectors: Tensor) -> Tensor:
    """c: what the UNet attends to: last hidden state after the final norm, all 77 positions, no attention mask. (1, 77, d)"""
    with learned_tokens(text_encoder, vectors):
        return text_encoder(ids).last_hidden_state


def text_embedding(clip: nn.Module, ids: Tensor, vectors: Tensor, eos_id: int) -> Tensor:
    """T(.): pooled at the FIRST end token (found by id, never by argmax: learned ids are larger than the end token's), projected. (1, joint)"""
    with learned_tokens(clip.text_model, vectors):
        hidden = clip.text_model(ids).last_hidden_state
    return clip.text_projection(at_first(hidden, ids, eos_id))


def at_first(hidden: Tensor, ids: Tensor, eos_id: int) -> Tensor:
    """The hidden state (rows, 77, d) at each row's first end token: (rows, d)."""
    return hidden[torch.arange(len(ids)), (ids == eos_id).int().argmax(dim=-1)]


def image_embedding(clip: nn.Module, pixel_values: Tensor) -> Tensor:
    """I(.): (1, joint), not normalised."""
    return clip.visual_projection(clip.vision_model(pixel_values=pixel_values).pooler_output)


def token_names(name: str) -> list[str]:
    """`<dog>`: `<dog>`, `<dog>_1`, `<dog>_2`, `<dog>_3`."""
    return [name] + [f"{name}_{i}" for i in range(1, VECTORS)]


def expand(name: str) -> str:
    """`<dog>` -> `<dog> <dog>_1 <dog>_2 <dog>_3`, as diffusers' loader expands it in prompts."""
    return " ".join(token_names(name))


# ------------------------------------------------------------------------------------------ 1. prototypical embedding

def masked_image(image: Tensor, mask: Tensor) -> Tensor:
    """x_m: outside the mask CLIP's mean colour. Blended in [0, 1], rounded (half to even) back to uint8. (H, W, 3) uint8"""
    m = mask[0, 0][..., None]
    x = image.float() / 255 * m + torch.tensor(CLIP_MEAN) * (1 - m)
    return (x * 255).round().clamp(0, 255).to(torch.uint8)


def unit(x: Tensor) -> Tensor:
    """Rows of length 1."""
    return x / x.norm(dim=-1, keepdim=True)


def fuse(option: str, image: Tensor, masked: Tensor, text: Tensor, weights: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)) -> Tensor:
    """theta_m. Every embedding is L2-normalised first; the fused vector is not normalised again (the cosine does not care)."""
    parts = {"image": unit(image), "masked-image": unit(masked), "class": unit(text)}
    if option == "average":
        return (parts["image"] + parts["masked-image"] + parts["class"]) / 3
    if option == "weighted":
        return weights[0] * parts["image"] + weights[1] * parts["masked-image"] + weights[2] * parts["class"]
    return parts[option]


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Cosine of each pair of rows."""
    return (unit(a) * unit(b)).sum(-1)


def prototype_loss(clip: nn.Module, ids: Tensor, vectors: Tensor, target: Tensor, eos_id: int) -> Tensor:
    """L_PE = 1 - cos(T(c_p), theta_m); theta_m is a constant."""
    return 1 - cosine(text_embedding(clip, ids, vectors, eos_id), target).mean()


def class_initialisation(token_embedding: Tensor, class_ids: list[int]) -> Tensor:
    """The class name's own token embeddings (without start and end token), repeated in order to n rows; not rescaled."""
    return torch.stack([token_embedding[class_ids[j % len(class_ids)]] for j in range(VECTORS)]).clone()


def vocabulary_norm(token_embedding: Tensor) -> Tensor:
    """The mean, over all rows of the unextended vocabulary, of the rows' L2 norms."""
    return token_embedding.norm(dim=-1).mean()


def prototype_training(clip: nn.Module, ids: Tensor, vectors: Tensor, target: Tensor, eos_id: int, steps: int, lr: float,
                       keep_norm: bool = True) -> tuple[list[float], Tensor]:
    """Adam (betas 0.9/0.999, eps 1e-8, no decay) on the vectors alone.

    After EVERY Adam step each row is rescaled to the vocabulary's mean norm; Adam's moments are left alone. The starting vectors are not rescaled.
    Returns the losses and the vectors (steps + 1, n, d). losses[i] is L_PE before step i + 1; the last entry is L_PE of the result: steps + 1 entries.
    """
    vectors = vectors.clone().requires_grad_(True)
    norm = vocabulary_norm(clip.text_model.embeddings.token_embedding.weight.detach())
    optimiser = torch.optim.Adam([vectors], lr=lr)
    losses, history = [], [vectors.detach().clone()]
    for _ in range(steps):
        optimiser.zero_grad()
        loss = prototype_loss(clip, ids, vectors, target, eos_id)
        loss.backward()
        optimiser.step()
        if keep_norm:
            with torch.no_grad():
                vectors.mul_(norm / vectors.norm(dim=-1, keepdim=True))
        losses.append(loss.item())
        history.append(vectors.detach().clone())
    with torch.no_grad():
        losses.append(prototype_loss(clip, ids, vectors, target, eos_id).item())
    return losses, torch.stack(history)


# ------------------------------------------------------------------------------------------ 2. class-characterizing regularization

def class_loss(clip: nn.Module, ids: Tensor, vectors: Tensor, class_embedding: Tensor, eos_id: int, alpha_cl: float = 1.0) -> Tensor:
    """L_CL of one object: 1 - alpha_cl cos(T(c_p), T(c_c)); T(c_c) is a constant."""
    return 1 - alpha_cl * cosine(text_embedding(clip, ids, vectors, eos_id), class_embedding).mean()


# ------------------------------------------------------------------------------------------ 3. object-specific loss

def latent_mask(mask: Tensor, height: int, width: int) -> Tensor:
    """Area downsampling = adaptive average pooling; windows of uneven size when the sizes do not divide."""
    return F.interpolate(mask, size=(height, width), mode="area")


def noisy(z: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """z_t = sqrt(abar_t) z + sqrt(1 - abar_t) eps."""
    return abar.sqrt() * z + (1 - abar).sqrt() * eps


def target_of(prediction_type: str, z: Tensor, eps: Tensor, abar: Tensor) -> Tensor:
    """What the model should predict: eps, or v = sqrt(abar) eps - sqrt(1 - abar) z."""
    return eps if prediction_type == "epsilon" else abar.sqrt() * eps - (1 - abar).sqrt() * z


def global_term(unet: nn.Module, z: Tensor, eps: Tensor, t: Tensor, abar: Tensor, c: Tensor, prediction_type: str = "epsilon") -> Tensor:
    """|| eps - eps_theta(z_t, t, c) ||^2 as the mean over all elements."""
    prediction = unet(noisy(z, eps, abar), t, c).sample
    return (target_of(prediction_type, z, eps, abar) - prediction).square().mean()


def masked_term(unet: nn.Module, z: Tensor, m: Tensor, eps: Tensor, t: Tensor, abar: Tensor, c_m: Tensor, prediction_type: str = "epsilon",
                normalisation: str = "none") -> Tensor:
    """|| eps~ - eps_theta(z~_t, t, c_m) ||^2.

    The latent is masked, the noise is not. For v-prediction the target v is that of the masked latent z~. eps~ keeps its gradient (nothing is detached), so
    the residual is exactly m (target - prediction): with a soft mask, value and gradient are weighted by m squared.
    normalisation "area": divided by the mean of the latent mask.
    """
    z_masked = z * m
    prediction = unet(noisy(z_masked, eps, abar), t, c_m).sample
    target = target_of(prediction_type, z_masked, eps, abar) * m + prediction * (1 - m)
    loss = (target - prediction).square().mean()
    return loss / m.mean() if normalisation == "area" else loss


def object_loss(unet: nn.Module, z: Tensor, masks: Sequence[Tensor], eps: Tensor, t: Tensor, abar: Tensor, c: Tensor, c_m: dict[int, Tensor],
                subset: Sequence[int], prediction_type: str = "epsilon", normalisation: str = "none") -> tuple[Tensor, dict[int, Tensor], Tensor]:
    """L_SP (eq. 4 and 5): a sum of the masked terms over the subset, plus the one global term. c_m[i] belongs to object i.

    Returns L_SP, the masked terms by object, and the global term.
    """
    terms = {i: masked_term(unet, z, masks[i], eps, t, abar, c_m[i], prediction_type, normalisation) for i in subset}
    whole = global_term(unet, z, eps, t, abar, c, prediction_type)
    return sum(terms.values()) + whole, terms, whole


# ------------------------------------------------------------------------------------------ the training step

@dataclass(frozen=True)
class Models:
    """What a loss needs: the UNet, the text encoder that conditions it, the CLIP of T(.), and the id of the end token."""

    unet: nn.Module
    text_encoder: nn.Module
    clip: nn.Module
    eos_id: int


@dataclass(frozen=True)
class Prompts:
    """Token ids (1, 77): of all objects together (c), of each object (c_m), each object's own text (c_p); and the constant T(c_c) of each object."""

    whole: Tensor
    objects: Sequence[Tensor]
    own: Sequence[Tensor]
    class_embeddings: Sequence[Tensor]


@dataclass(frozen=True)
class Step:
    """What one training step draws: the subset S, the noise, the timestep with its abar, and p of eq. 3."""

    z: Tensor
    masks: Sequence[Tensor]
    eps: Tensor
    t: Tensor
    abar: Tensor
    subset: Sequence[int]
    p: float


def total_loss(models: Models, step: Step, prompts: Prompts, vectors: Tensor, *, alpha_cl: float = 1.0, p_cl: float = 1.0,
               prediction_type: str = "epsilon", normalisation: str = "none") -> dict[str, Any]:
    """L = L_SP + L_CL, and its parts: `total`, `l_sp`, `l_cl`, `global`, and `masked` by object."""
    c = condition(models.text_encoder, prompts.whole, vectors)
    c_m = {i: condition(models.text_encoder, prompts.objects[i], vectors) for i in step.subset}
    l_sp, terms, whole = object_loss(
        models.unet, step.z, step.masks, step.eps, step.t, step.abar, c, c_m, step.subset, prediction_type, normalisation)
    if step.p < p_cl:
        l_cl = sum(class_loss(models.clip, prompts.own[i], vectors, prompts.class_embeddings[i], models.eos_id, alpha_cl) for i in step.subset)
    else:
        l_cl = l_sp * 0
    return {"total": l_sp + l_cl, "l_sp": l_sp, "l_cl": l_cl, "global": whole, "masked": terms}


def train(models: Models, lora: Sequence[Tensor], vectors: Tensor, steps: Sequence[Step], prompts: Prompts, *, lr: float = 1e-4,
          weight_decay: float = 0.01, **options: Any) -> list[dict[str, Any]]:
    """AdamW (betas 0.9/0.999, eps 1e-8, decoupled decay on everything that trains) over the LoRA tensors and the token vectors, one parameter group.

    The token vectors are NOT renormalised here. Returns the losses of each step, before its update.
    """
    optimiser = torch.optim.AdamW([*lora, vectors], lr=lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=weight_decay)
    trace = []
    for step in steps:
        optimiser.zero_grad()
        losses = total_loss(models, step, prompts, vectors, **options)
        losses["total"].backward()
        optimiser.step()
        trace.append({k: ({i: x.item() for i, x in v.items()} if isinstance(v, dict) else v.item()) for k, v in losses.items()})
    return trace
