"""Numbers and contact sheets of a finished model.

    python evaluate.py --data DATA --model MODEL --out OUT --fluent FLUENT_3D_FOLDER [--judge WORK/judge.pt]
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPModel, CLIPTextModel, CLIPTokenizer

import backgrounds
import common
import judge as judges
import novel
import sampling
import scenes
import train_clip
import train_vae
import world

SHEET = [f"a photo of {x}" for x in (
    "a cat on the beach", "a cat in the snow", "a cat on a wooden table", "a cat in space", "a dog on the grass",
    "a dog on a city street", "a rabbit in the forest", "a fox in the snow", "a panda in the forest",
    "a lion in the desert", "a penguin in the snow", "an owl at night", "a turtle on the beach", "a fish in the sea",
    "an elephant in the mountains", "a cow on the grass", "a horse at sunset", "an apple on a wooden table",
    "a banana on a blue background", "a strawberry in the kitchen", "a pizza on a wooden table",
    "a burger on a white background", "a cake in the kitchen", "a mushroom in the forest", "a cactus in the desert",
    "a flower on the grass", "a cup on a wooden table", "a teapot in the kitchen", "a red car on a city street",
    "a blue car in the desert", "a bus on a city street", "a bicycle in front of a brick wall",
    "an airplane in the sky", "a rocket in space", "a boat in the sea", "a balloon in the sky",
    "a guitar in front of a brick wall", "a green backpack on the beach", "a teddy bear on a pink background",
    "a robot on a purple background", "a snowman in the snow", "a cat and a cup on a wooden table",
    "a dog and a ball on the grass", "a robot and a flower in space")]


def prompts(count: int = 60, seed: int = 5) -> list[tuple[str, str, str]]:
    """Single objects, nearly every class once, each in front of a random scene."""
    rng = random.Random(seed)
    names = rng.sample(world.NAMES, count)
    return [(n, s, world.caption([(n, None)], s, rng, full=True)) for n, s in
            ((n, rng.choice(world.BACKGROUNDS)) for n in names)]


class Clip:
    """Zero-shot class and background; the other fact is averaged out."""

    @torch.no_grad()
    def __init__(self, folder: Path, device: str) -> None:
        self.model = CLIPModel.from_pretrained(folder).float().eval().to(device)
        tokenizer, rng = CLIPTokenizer.from_pretrained(folder), random.Random(0)
        texts = [world.caption([(n, None)], s, rng, full=True) for n in world.NAMES for s in world.BACKGROUNDS]
        self.joint = self.texts(tokenizer, texts).view(len(world.NAMES), len(world.BACKGROUNDS), -1)
        self.plain = self.texts(tokenizer, [f"a photo of {world.article(n)}" for n in world.NAMES])

    def texts(self, tokenizer: CLIPTokenizer, texts: list[str]) -> torch.Tensor:
        """Text embeddings of length 1."""
        ids = tokenizer(texts, padding="max_length", return_tensors="pt")["input_ids"].to(self.model.device)
        with torch.no_grad():
            out = self.model.text_projection(self.model.text_model(input_ids=ids).pooler_output)
        return torch.nn.functional.normalize(out, dim=-1)

    @torch.no_grad()
    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Class and scene by number; `plain` is the class by a prompt that names no scene."""
        x = train_clip.normalise(common.pictures(images, self.model.device))
        f = torch.cat([self.model.visual_projection(self.model.vision_model(pixel_values=p).pooler_output) for p in x.split(128)])
        f = torch.nn.functional.normalize(f, dim=-1)
        scores = torch.einsum("nd,csd->ncs", f, self.joint) * self.model.logit_scale.exp()
        return {"class": scores.logsumexp(2).argmax(1).cpu().numpy(), "scene": scores.logsumexp(1).argmax(1).cpu().numpy(),
                "plain": (f @ self.plain.T).argmax(1).cpu().numpy()}


def fluent(folder: Path, each: int = 8, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Composites of Fluent 3D artwork: pictures and classes."""
    rng, images, labels = np.random.default_rng(seed), [], []
    for c, codes in enumerate(world.CLASSES.values()):
        art = []
        for code in codes:
            if path := novel.find(folder, code):
                art.append(np.asarray(novel.artwork(path, 112)))
        for _ in range(each if art else 0):
            scene = str(rng.choice(list(world.SCENES)))
            image, line = backgrounds.paint(scene, rng)
            image, _ = scenes.place(image.astype(np.float32), art[rng.integers(len(art))], rng,
                                    rng.uniform(0.5, 0.8) * 64, rng.normal(0.5, 0.06), line)
            images.append(np.clip(image, 0, 255).astype(np.uint8))
            labels.append(c)
    return np.stack(images), np.array(labels)


def main() -> None:
    """Writes evaluation.json, sheet.png, sheet.txt, evaluated.png and vae.png."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True, help="folder with test/, a pool no stage has trained on")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for numbers and sheets")
    parser.add_argument("--fluent", type=Path, help="Fluent 3D artwork: measures the CLIP on pictures that nothing has seen")
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--guidance", type=float, default=4.5)
    parser.add_argument("--skip-pictures", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    result = {}
    pool = scenes.Pool(args.data / "test")
    rows = np.flatnonzero((pool.classes[:, 1] < 0) & ~pool.clip_only)
    images, labels, places = pool.images[rows], pool.classes[rows, 0], pool.backgrounds[rows]
    clip = Clip(args.model / "clip", args.device)
    judge = judges.load(args.judge) if args.judge else None

    def report(name: str, images: np.ndarray, labels: np.ndarray, places: np.ndarray | None = None) -> None:
        seen = clip(images)
        row = {"pictures": len(images), "clip_class": float((seen["class"] == labels).mean()),
               "clip_class_short_prompt": float((seen["plain"] == labels).mean())}
        if places is not None:
            row["clip_scene"] = float((seen["scene"] == places).mean())
        if judge:
            with torch.no_grad():
                a, b = judge(common.pictures(images, "cpu"))
            row["judge_class"] = float((a.argmax(1).numpy() == labels).mean())
            if places is not None:
                row["judge_scene"] = float((b.argmax(1).numpy() == places).mean())
        result[name] = {k: round(v, 4) for k, v in row.items()}
        print(name, result[name], flush=True)

    report("held-out composites", images, labels, places)
    if args.fluent:
        report("fluent 3d composites", *fluent(args.fluent))
    vae = AutoencoderKL.from_pretrained(args.model / "vae").float().eval().to(args.device)
    held = common.pictures(pool.images[~pool.clip_only][:256], args.device)
    result["vae"] = dict(zip(("psnr", "latent_mean", "latent_std"), train_vae.measure(vae, held)))
    with torch.no_grad():
        z = vae.encode(held[:16]).latent_dist.mean
        y = ((vae.decode(z).sample.clamp(-1, 1) + 1) * 127.5).byte().permute(0, 2, 3, 1).cpu().numpy()
    both = np.concatenate([pool.images[~pool.clip_only][:16], y])
    sampling.sheet(both, 16, 1).save(args.out / "vae.png")
    print("vae", result["vae"], flush=True)
    if not args.skip_pictures:
        tokenizer = CLIPTokenizer.from_pretrained(args.model / "tokenizer")
        text_encoder = CLIPTextModel.from_pretrained(args.model / "text_encoder").float().eval().to(args.device)
        unet = UNet2DConditionModel.from_pretrained(args.model / "unet").float().eval().to(args.device)
        empty = sampling.embed(tokenizer, text_encoder, [""])
        plan = prompts()
        texts = [p for _, _, p in plan for _ in range(4)]
        options = dict(steps=args.steps, guidance=args.guidance)
        made = sampling.draw(unet, vae, sampling.embed(tokenizer, text_encoder, texts), empty,
                             [k % 4 for k in range(len(texts))], **options)
        labels = np.array([world.NAMES.index(n) for n, _, _ in plan for _ in range(4)])
        places = np.array([world.BACKGROUNDS.index(s) for _, s, _ in plan for _ in range(4)])
        report(f"drawn: {len(plan)} prompts x 4 seeds", made, labels, places)
        wrong = clip(made)["class"] != labels
        result["classes drawn wrong more than once"] = sorted(
            n for k, (n, _, _) in enumerate(plan) if wrong[4 * k:4 * k + 4].sum() > 1)
        sampling.sheet(made, 24, 1).save(args.out / "evaluated.png")
        texts = [p for p in SHEET for _ in range(2)]
        made = sampling.draw(unet, vae, sampling.embed(tokenizer, text_encoder, texts), empty,
                             [k % 2 for k in range(len(texts))], **options)
        sampling.sheet(made, 12, 2).save(args.out / "sheet.png")
        (args.out / "sheet.txt").write_text("".join(f"{p}\n" for p in SHEET))
    (args.out / "evaluation.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
