"""`sd15-tiny`: a tiny Stable Diffusion 1.5 with random weights, written as a diffusers folder with the config files of the real one."""

import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDPMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel

import configs
import tiny_tokenizer
from common import generator, randn, save_json

UNET_SIZE = 16
"""Latents are this high and wide, pictures eight times as much."""


# ---------------------------------------------------------------------------------------------- weights

def randomise(model: nn.Module, seed: int) -> nn.Module:
    """Fan-in scaled normal weights, norms near 1 but not 1, biases that are not 0: a wrong or missing term always shows."""
    source = generator(seed)
    for name, parameter in sorted(model.named_parameters()):
        n = torch.randn(parameter.shape, generator=source)
        if name.endswith("logit_scale"):
            continue
        if "norm" in name and name.endswith("weight"):
            value = 1 + 0.2 * n
        elif name.endswith("bias"):
            value = 0.1 * n
        elif "token_embedding" in name or "class_embedding" in name:
            value = 0.07 * n
        elif "position_embedding" in name:
            value = 0.03 * n
        elif parameter.ndim >= 2:
            value = n / parameter[0].numel() ** 0.5
        else:
            value = 0.1 * n
        parameter.data.copy_(value)
    return model.eval()


def round_weights(model: nn.Module) -> None:
    """Values that both bf16 and fp16 hold exactly: the fp32 file packs well in git, and a bf16 or fp16 copy of it is the same model."""
    for parameter in model.parameters():
        parameter.data.copy_(parameter.data.bfloat16().half().float())


@torch.no_grad()
def calibrate_unet(unet: UNet2DConditionModel, seed: int, keep: float = 0.15) -> None:
    """Fits conv_out by ridge regression so that the random network is a crude denoiser (its latents then stay O(1) while sampling).

    The rest stays random, and `keep` of a random conv_out is added back, so that text, time and LoRA all show in the output.
    """
    source = generator(seed)
    abars = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear").alphas_cumprod
    features: list[Tensor] = []
    hook = unet.conv_out.register_forward_pre_hook(lambda _module, inputs: features.append(inputs[0]))
    rows, targets = [], []
    n = 8
    for side in (UNET_SIZE // 2, UNET_SIZE) * 8:
        low = torch.randn(n, 4, side // 4 + 1, side // 4 + 1, generator=source)
        x0 = nn.functional.interpolate(low, size=(side, side), mode="bicubic", align_corners=True)
        eps, t = torch.randn(n, 4, side, side, generator=source), torch.randint(0, 1000, (n,), generator=source)
        abar = abars[t].view(-1, 1, 1, 1)
        c = torch.randn(n, 77, unet.config.cross_attention_dim, generator=source)
        unet(abar.sqrt() * x0 + (1 - abar).sqrt() * eps, t, c)
        rows.append(nn.functional.unfold(features.pop(), 3, padding=1).transpose(1, 2).reshape(n * side * side, -1))
        targets.append(eps.permute(0, 2, 3, 1).reshape(n * side * side, 4))
    hook.remove()
    x, y = torch.cat(rows).double(), torch.cat(targets).double()
    x = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    solved = torch.linalg.solve(x.T @ x + 1e-3 * len(x) * torch.eye(x.shape[1], dtype=x.dtype), x.T @ y)
    random = unet.conv_out.weight.data / (x[:, :-1] @ unet.conv_out.weight.data.flatten(1).double().T).std().float()
    unet.conv_out.weight.data.copy_(solved[:-1].T.float().reshape_as(random) + keep * random)
    unet.conv_out.bias.data.copy_(solved[-1].float() + 0.03 * torch.randn(4, generator=source))


@torch.no_grad()
def calibrate_vae(vae: AutoencoderKL, seed: int) -> None:
    """Latents of unit scale after scaling_factor, log-variances around -4, pictures that use [-1, 1] without clipping much."""
    factor = vae.config.scaling_factor
    x = nn.functional.interpolate(randn(seed, 2, 3, 12, 12), size=(64, 64), mode="bicubic").clamp(-1, 1)
    mean, logvar = vae.quant_conv(vae.encoder(x)).chunk(2, 1)
    quant = vae.quant_conv
    quant.weight.data[:4].mul_(1 / (factor * mean.std()))
    quant.bias.data[:4].mul_(1 / (factor * mean.std()))
    quant.weight.data[4:].mul_(0.5 / logvar.std())
    quant.bias.data[4:].copy_(quant.bias.data[4:] - 4)
    vae.post_quant_conv.weight.data.mul_(factor)
    y = vae.decode(randn(seed + 1, 2, 4, 8, 8) / factor).sample
    vae.decoder.conv_out.weight.data.mul_(0.45 / y.std())
    vae.decoder.conv_out.bias.data.mul_(0.5)


# ---------------------------------------------------------------------------------------------- writing

def save_model(model: nn.Module, path: Path, config: configs.Config, prefix: str = "", extra: dict[str, Tensor] | None = None) -> None:
    """Weights as one safetensors file, each key behind `prefix`, with `extra` tensors; config.json beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    round_weights(model)
    state = {prefix + k: v.detach().contiguous().clone() for k, v in model.state_dict().items()}
    save_file(state | (extra or {}), path, metadata={"format": "pt"})
    path.chmod(0o644)
    save_json(path.parent / "config.json", config)


def make(folder: Path, seed: int) -> None:
    """Writes the folder, with `clip/` beside the pipeline's own parts, and loads it again."""
    shutil.rmtree(folder, ignore_errors=True)
    vocabulary = len(tiny_tokenizer.make(folder / "tokenizer"))

    config = configs.unet((32, 64, 64), heads=4, layers=2, cross=32, size=UNET_SIZE)
    unet = randomise(UNet2DConditionModel.from_config(config), seed)
    calibrate_unet(unet, seed + 10)
    save_model(unet, folder / "unet" / "diffusion_pytorch_model.safetensors", config)

    config = configs.vae((32, 32, 64, 64), layers=1, sample_size=UNET_SIZE * 8)
    vae = randomise(AutoencoderKL.from_config(config), seed + 1)
    calibrate_vae(vae, seed + 11)
    save_model(vae, folder / "vae" / "diffusion_pytorch_model.safetensors", config)

    text_config = configs.text(vocabulary, hidden=32, layers=3, heads=4, projection=24, legacy_ids=False)
    vision_config = configs.vision(hidden=32, layers=3, heads=4, projection=24, image=32, patch=8)
    clip = randomise(CLIPModel(CLIPConfig(text_config=text_config, vision_config=vision_config, projection_dim=24)), seed + 2)
    clip.logit_scale.data.fill_(4.6052)
    save_model(clip, folder / "clip" / "model.safetensors", {
        "architectures": ["CLIPModel"], "initializer_factor": 1.0, "logit_scale_init_value": 2.6592, "model_type": "clip", "projection_dim": 24,
        "text_config": text_config, "text_config_dict": None, "torch_dtype": "float32", "vision_config": vision_config, "vision_config_dict": None})
    save_json(folder / "clip" / "preprocessor_config.json", configs.preprocessor(32))

    # The text encoder has the weights of CLIP's text tower, and SD 1.5's names: `text_model.` in front, and position_ids that nothing reads.
    config = configs.text(vocabulary, hidden=32, layers=3, heads=4, projection=24, legacy_ids=True)
    text_encoder = CLIPTextModel(CLIPTextConfig(**{k: v for k, v in config.items() if k != "architectures"})).eval()
    tower = {k.removeprefix("text_model."): v for k, v in clip.state_dict().items() if k.startswith("text_model.")}
    text_encoder.load_state_dict({k: tower[k] for k in text_encoder.state_dict()})
    save_model(text_encoder, folder / "text_encoder" / "model.safetensors", config, prefix="text_model.",
               extra={"text_model.embeddings.position_ids": torch.arange(77)[None]})

    save_json(folder / "feature_extractor" / "preprocessor_config.json", configs.preprocessor(32))
    save_json(folder / "scheduler" / "scheduler_config.json", configs.SD15_SCHEDULER)
    save_json(folder / "model_index.json", configs.SD15_INDEX)
    check_reload(folder)


def check_reload(folder: Path) -> None:
    """Every part loads with from_pretrained, and no key is missing or left over."""
    pipe = StableDiffusionPipeline.from_pretrained(folder, low_cpu_mem_usage=False)
    written = load_file(folder / "text_encoder" / "model.safetensors")
    written = {k.removeprefix("text_model."): v for k, v in written.items() if not k.endswith("position_ids")}
    loaded = {k.removeprefix("text_model."): v for k, v in pipe.text_encoder.state_dict().items() if not k.endswith("position_ids")}
    assert loaded.keys() == written.keys(), loaded.keys() ^ written.keys()
    assert all(torch.equal(loaded[k], written[k]) for k in written)
    _, info = CLIPModel.from_pretrained(folder / "clip", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
