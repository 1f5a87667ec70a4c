"""The parts of a Stable Diffusion folder, as diffusers and transformers load them."""

from dataclasses import dataclass
from pathlib import Path

from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPImageProcessor, CLIPModel, CLIPTextModel, CLIPTokenizer

LENGTH = 77
"""Positions of the text encoder."""


@dataclass
class Parts:
    """The models of one folder, fp32, in evaluation mode and without gradients."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    clip: CLIPModel
    tokenizer: CLIPTokenizer
    processor: CLIPImageProcessor

    @property
    def models(self) -> tuple[nn.Module, ...]:
        """Those with weights."""
        return self.unet, self.vae, self.text_encoder, self.clip


def load(folder: Path) -> Parts:
    """Reads `folder`, which has `clip/` beside the parts of Stable Diffusion 1.x."""
    parts = Parts(
        UNet2DConditionModel.from_pretrained(folder, subfolder="unet"),
        AutoencoderKL.from_pretrained(folder, subfolder="vae"),
        CLIPTextModel.from_pretrained(folder / "text_encoder"),
        CLIPModel.from_pretrained(folder / "clip"),
        CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        CLIPImageProcessor.from_pretrained(folder / "clip"))
    for model in parts.models:
        model.float().eval().requires_grad_(False)
    return parts


def tokenise(tokenizer: CLIPTokenizer, texts: list[str]) -> Tensor:
    """Token ids, padded and truncated to 77: (texts, 77)."""
    return tokenizer(texts, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt").input_ids
