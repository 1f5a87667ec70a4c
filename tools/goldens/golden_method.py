"""method/: the paper's losses (method.py) with gradients: prototypical embedding, class loss, object loss, and short training runs."""

import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import DDPMScheduler
from torch import Tensor
from transformers import CLIPTokenizer

import method
from common import photo_like, plain, randn, save_json, save_tensors, soft_disc
from golden_lora import Lora, add_lora
from golden_modules import pixel_values
from parts import load, tokenise

SIDE = 64
CLASSES = ("strawberry", "cup", "teapot")
SINGLE = "dog"
TIMESTEP = 420


def make(model: Path, out: Path, seed: int) -> None:
    """Writes method.safetensors and method.json."""
    shutil.rmtree(out, ignore_errors=True)
    goldens = MethodGoldens(model, seed)
    goldens.inputs()
    goldens.prototype()
    goldens.class_loss()
    goldens.one_object()
    goldens.several_objects()
    goldens.training()
    save_tensors(out / "method.safetensors", goldens.tensors)
    save_json(out / "method.json", plain(goldens.info))


def alphas_cumprod() -> Tensor:
    """abar of Stable Diffusion's 1000 timesteps."""
    return DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear").alphas_cumprod


def numbered(values: dict[str, Any]) -> dict[str, Any]:
    """Losses with the masked terms' objects as the strings that JSON has for keys."""
    return {k: {str(i): x for i, x in v.items()} if isinstance(v, dict) else v for k, v in values.items()}


class MethodGoldens:
    """Gathers `tensors` and `info` section by section; a later section uses what an earlier one made."""

    def __init__(self, model: Path, seed: int) -> None:
        self.tokenizer_folder = model / "tokenizer"
        self.seed = seed
        self.parts = load(model)
        self.eos: int = self.parts.tokenizer.eos_token_id
        self.table: Tensor = self.parts.text_encoder.embeddings.token_embedding.weight.detach()
        self.models = method.Models(self.parts.unet, self.parts.text_encoder, self.parts.clip, self.eos)
        self.abars = alphas_cumprod()
        self.tensors: dict[str, Tensor] = {}
        self.info: dict[str, Any] = {"eos_id": self.eos, "vocabulary": len(self.table), "n": method.VECTORS}

    # ------------------------------------------------------------------------------------------ text

    def class_ids(self, name: str) -> list[int]:
        """Ids of a class name, without start and end token."""
        return self.parts.tokenizer(name, add_special_tokens=False).input_ids

    def class_embedding(self, name: str) -> tuple[Tensor, Tensor]:
        """Ids of a class name as a text, and T(c_c)."""
        ids = tokenise(self.parts.tokenizer, [name])
        with torch.no_grad():
            return ids, method.text_embedding(self.parts.clip, ids, torch.zeros(0, self.table.shape[1]), self.eos)

    def encode(self, text: str, names: list[str]) -> tuple[str, Tensor]:
        """Expands the placeholders and tokenises, with a tokenizer of its own that knows them."""
        tokenizer = CLIPTokenizer.from_pretrained(self.tokenizer_folder)
        for name in names:
            tokenizer.add_tokens(method.token_names(name))
            text = text.replace(name, method.expand(name))
        return text, tokenise(tokenizer, [text])

    # ------------------------------------------------------------------------------------------ sections

    def inputs(self) -> None:
        """Picture, masks, latents."""
        latent = SIDE // 8
        self.image = photo_like(self.seed, SIDE, SIDE)
        self.masks = [soft_disc(SIDE, SIDE, *disc) for disc in ((-0.35, -0.4, 0.45), (0.4, 0.3, 0.4), (-0.3, 0.6, 0.2))]
        noise = randn(self.seed + 1, 1, 4, latent, latent)
        with torch.no_grad():
            posterior = self.parts.vae.encode(self.image.permute(2, 0, 1)[None].float() / 127.5 - 1).latent_dist
            self.z = (posterior.mean + posterior.std * noise) * self.parts.vae.config.scaling_factor
        self.latent_masks = [method.latent_mask(m, latent, latent) for m in self.masks]
        odd = soft_disc(50, 70, 0.1, 0.0, 0.6)
        self.tensors |= {
            "image": self.image, "vae_noise": noise, "z": self.z, "masks": torch.cat(self.masks), "latent_masks": torch.cat(self.latent_masks),
            "odd_mask": odd, "odd_latent_mask": method.latent_mask(odd, 6, 8)}

    def prototype(self) -> None:
        """Eq. 2, for the first mask and the class `dog`: every fusion, and 20 Adam steps from three starts."""
        clip = self.parts.clip
        masked = method.masked_image(self.image, self.masks[0])
        pixels, masked_pixels = (pixel_values(self.parts.processor, picture) for picture in (self.image, masked))
        own_text, self.own_ids = self.encode("<dog>", ["<dog>"])
        class_text_ids, self.single_embedding = self.class_embedding(SINGLE)
        with torch.no_grad():
            e_image, e_masked = method.image_embedding(clip, pixels), method.image_embedding(clip, masked_pixels)
        weights = (0.5, 0.3, 0.2)
        fusions = {option: method.fuse(option, e_image, e_masked, self.single_embedding, weights)
                   for option in ("average", "image", "masked-image", "class", "weighted")}
        self.tensors |= {
            "pe.masked_image": masked, "pe.pixel_values": pixels, "pe.pixel_values_masked": masked_pixels, "pe.image_embedding": e_image,
            "pe.masked_image_embedding": e_masked, "pe.class_embedding": self.single_embedding, "pe.own_ids": self.own_ids,
            "pe.class_ids": class_text_ids, **{f"pe.theta.{option}": theta for option, theta in fusions.items()}}

        self.start = method.class_initialisation(self.table, self.class_ids(SINGLE))
        norm = method.vocabulary_norm(self.table)
        pe: dict[str, Any] = {
            "own_text": own_text, "class_text": SINGLE, "class_token_ids": self.class_ids(SINGLE), "weights_of_weighted": weights,
            "vocabulary_norm": norm.item(), "loss": {}, "trajectories": {}}
        for option, theta in fusions.items():
            vectors = self.start.clone().requires_grad_(True)
            loss = method.prototype_loss(clip, self.own_ids, vectors, theta, self.eos)
            loss.backward()
            pe["loss"][option] = loss.item()
            self.tensors[f"pe.grad.{option}"] = vectors.grad

        random = method.unit(randn(self.seed + 2, method.VECTORS, self.table.shape[1])) * norm
        for name, start, keep_norm in (("class", self.start, True), ("class-free-norm", self.start, False), ("random", random, True)):
            losses, history = method.prototype_training(clip, self.own_ids, start, fusions["average"], self.eos, 20, 0.01, keep_norm)
            pe["trajectories"][name] = {"lr": 0.01, "steps": 20, "keep_norm": keep_norm, "losses": losses}
            self.tensors[f"pe.trajectory.{name}"] = history
        self.info["pe"] = pe

    def class_loss(self) -> None:
        """Eq. 3, with two alphas."""
        vectors = (self.start + 0.03 * randn(self.seed + 3, *self.start.shape)).requires_grad_(True)
        self.tensors["cl.vectors"] = vectors.detach().clone()
        self.info["cl"] = {}
        for alpha in (1.0, 0.7):
            loss = method.class_loss(self.parts.clip, self.own_ids, vectors, self.single_embedding, self.eos, alpha)
            loss.backward()
            self.info["cl"][f"alpha_{alpha}"] = loss.item()
            self.tensors[f"cl.grad.alpha_{alpha}"] = vectors.grad.clone()
            vectors.grad = None

    def one_object(self) -> None:
        """Eq. 4: soft and binary mask, area normalisation, v-prediction; of the first the pieces too, to find an error by."""
        self.lora: Lora = add_lora(self.parts.unet, 4, 4, self.seed + 4, b_std=0.1)
        for name, (a, b) in self.lora.items():
            self.tensors |= {f"lora.unet.{name}.lora_A.weight": a.detach().clone(), f"lora.unet.{name}.lora_B.weight": b.detach().clone()}
        self.eps, self.t, self.abar = randn(self.seed + 5, *self.z.shape), torch.tensor([TIMESTEP]), self.abars[TIMESTEP]
        self.tensors["eps"] = self.eps

        unet, z, eps, t, abar = self.parts.unet, self.z, self.eps, self.t, self.abar
        vectors = self.tensors["cl.vectors"].clone().requires_grad_(True)
        expanded, ids = self.encode("a photo of <dog>", ["<dog>"])
        soft = self.latent_masks[0]
        binary = (soft > 0.5).float()
        self.tensors |= {"sp1.ids": ids, "sp1.binary_mask": binary}
        sp1: dict[str, Any] = {"text": "a photo of <dog>", "expanded": expanded, "timestep": TIMESTEP, "abar": abar.item(), "vectors": "cl.vectors",
                               "cases": {}}
        for name, mask, prediction, normalisation in (
                ("soft", soft, "epsilon", "none"), ("binary", binary, "epsilon", "none"), ("area", soft, "epsilon", "area"),
                ("v", soft, "v_prediction", "none")):
            c = method.condition(self.parts.text_encoder, ids, vectors)
            loss, terms, whole = method.object_loss(unet, z, [mask], eps, t, abar, c, {0: c}, [0], prediction, normalisation)
            loss.backward()
            self.take_gradients(f"sp1.{name}", vectors)
            sp1["cases"][name] = {"prediction_type": prediction, "mask_normalisation": normalisation,
                                  "mask": "sp1.binary_mask" if name == "binary" else "latent_masks[0]",
                                  "loss": loss.item(), "masked": terms[0].item(), "global": whole.item()}
        self.info["sp1"] = sp1
        with torch.no_grad():
            z_masked = z * soft
            c = method.condition(self.parts.text_encoder, ids, vectors)
            self.tensors |= {
                "sp1.soft.z_masked_t": method.noisy(z_masked, eps, abar), "sp1.soft.z_t": method.noisy(z, eps, abar), "sp1.soft.c": c,
                "sp1.soft.prediction_masked": unet(method.noisy(z_masked, eps, abar), t, c).sample,
                "sp1.soft.prediction_global": unet(method.noisy(z, eps, abar), t, c).sample,
                "sp1.v.target_masked": method.target_of("v_prediction", z_masked, eps, abar),
                "sp1.v.target_global": method.target_of("v_prediction", z, eps, abar)}

    def several_objects(self) -> None:
        """Eq. 5 with r = 3 and S = {0, 2}, and L_CL over S."""
        names, subset = [f"<{c}>" for c in CLASSES], [0, 2]
        vectors = torch.cat([method.class_initialisation(self.table, self.class_ids(c)) for c in CLASSES])
        vectors = vectors + 0.03 * randn(self.seed + 6, *vectors.shape)
        self.tensors["multi.vectors"] = vectors.clone()
        global_text, global_ids = self.encode("a photo of " + " and ".join(names), names)
        object_ids = [self.encode(f"a photo of {n}", names)[1] for n in names]
        own_ids = [self.encode(n, names)[1] for n in names]
        class_ids, class_embeddings = zip(*(self.class_embedding(c) for c in CLASSES))
        self.prompts = method.Prompts(global_ids, object_ids, own_ids, class_embeddings)
        self.tensors |= {
            "multi.global_ids": global_ids, "multi.object_ids": torch.cat(object_ids), "multi.own_ids": torch.cat(own_ids),
            "multi.class_ids": torch.cat(class_ids), "multi.class_embeddings": torch.cat(class_embeddings)}
        multi: dict[str, Any] = {
            "classes": CLASSES, "names": names, "first_row": {n: method.VECTORS * i for i, n in enumerate(names)}, "global_text": global_text,
            "subset": subset, "timestep": TIMESTEP, "abar": self.abar.item(), "cases": {}}
        step = method.Step(self.z, self.latent_masks, self.eps, self.t, self.abar, subset, p=0.0)
        vectors.requires_grad_(True)
        for name, prediction, normalisation in (("plain", "epsilon", "none"), ("area", "epsilon", "area"), ("v", "v_prediction", "none")):
            losses = method.total_loss(self.models, step, self.prompts, vectors, prediction_type=prediction, normalisation=normalisation)
            losses["l_sp"].backward(retain_graph=True)
            self.take_gradients(f"multi.{name}.l_sp", vectors)
            multi["cases"][name] = {"prediction_type": prediction, "mask_normalisation": normalisation, **plain(numbered(losses))}
            losses["l_cl"].backward()
            self.tensors[f"multi.{name}.l_cl.grad.vectors"] = vectors.grad.clone()
            vectors.grad = None
        self.info["multi"] = multi

    def training(self) -> None:
        """Three steps of AdamW from B = 0, and from B != 0 with L_CL switched off in one step and area normalisation."""
        schedule = [(37, [0, 2], 0.2), (511, [1, 2], 0.9), (902, [0, 1], 0.5)]
        eps = randn(self.seed + 7, len(schedule), *self.z.shape[1:])
        self.tensors["train.eps"] = eps
        train: dict[str, Any] = {
            "optimiser": "AdamW betas (0.9, 0.999) eps 1e-8 weight_decay 0.01 lr 1e-4, one group: all LoRA A and B, and the 12 token vectors",
            "steps": [{"timestep": t, "subset": subset, "p": p} for t, subset, p in schedule], "runs": {}}
        steps = [method.Step(self.z, self.latent_masks, eps[i:i + 1], torch.tensor([t]), self.abars[t], subset, p)
                 for i, (t, subset, p) in enumerate(schedule)]
        flat = [weight for pair in self.lora.values() for weight in pair]
        for name, zero_b, p_cl, normalisation in (("zero-b", True, 1.0, "none"), ("random-b", False, 0.6, "area")):
            options = {"p_cl": p_cl, "normalisation": normalisation, "prediction_type": "epsilon"}
            for n, (a, b) in self.lora.items():
                a.data.copy_(self.tensors[f"lora.unet.{n}.lora_A.weight"])
                b.data.copy_(torch.zeros_like(b) if zero_b else self.tensors[f"lora.unet.{n}.lora_B.weight"])
            vectors = self.tensors["multi.vectors"].clone().requires_grad_(True)
            trace = method.train(self.models, flat, vectors, steps, self.prompts, **options)
            self.tensors[f"train.{name}.vectors"] = vectors.detach().clone()
            for n, (a, b) in self.lora.items():
                self.tensors |= {f"train.{name}.unet.{n}.lora_A.weight": a.detach().clone(),
                                 f"train.{name}.unet.{n}.lora_B.weight": b.detach().clone()}
            train["runs"][name] = {"start": "lora.* with B set to 0" if zero_b else "lora.*", "vectors": "multi.vectors", **options, "losses": trace}
        self.info["train"] = train

    def take_gradients(self, prefix: str, vectors: Tensor) -> None:
        """Keeps the gradients of adapter and vectors under `<prefix>.grad.`, and clears them."""
        for name, (a, b) in self.lora.items():
            for letter, weight in (("A", a), ("B", b)):
                self.tensors[f"{prefix}.grad.unet.{name}.lora_{letter}.weight"] = weight.grad.clone()
                weight.grad = None
        self.tensors[f"{prefix}.grad.vectors"] = vectors.grad.clone()
        vectors.grad = None
