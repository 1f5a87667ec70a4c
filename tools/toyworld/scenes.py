"""Stage 2: paste sprites on backgrounds and store a pool of pictures with what they show.

    python scenes.py --sprites DATA/sprites.npz --out DATA/pool --count 48000 --workers 2
"""

import argparse
import colorsys
import json
import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

import backgrounds
import sprites as sprites_stage
import world

S = backgrounds.S
COLOURS = list(world.HUES)


class Sprites:
    """The sprite pack, by class; `clip_only` sprites are drawn in about one picture of eight."""

    def __init__(self, path: Path) -> None:
        pack = np.load(path)
        self.pixels, self.labels, self.vendors = pack["pixels"], pack["labels"], pack["vendors"]
        self.ranks = pack["ranks"]
        held = sprites_stage.VENDORS.index(sprites_stage.CLIP_ONLY)
        self.clip_only = self.vendors == held
        self.saturation = np.array([self._saturated(p) for p in self.pixels])
        everything = range(len(world.NAMES))
        self.common = [np.flatnonzero((self.labels == c) & ~self.clip_only) for c in everything]
        self.extra = [np.flatnonzero((self.labels == c) & self.clip_only) for c in everything]

    @staticmethod
    def _saturated(pixels: np.ndarray) -> float:
        seen = pixels[pixels[..., 3] > 200][:, :3].astype(np.float32)
        low, high = seen.min(1), seen.max(1)
        return float((((high - low) / (high + 1) > 0.35) & (high > 70)).mean())

    def simplify(self) -> None:
        """Two sprites a class, in one pose: what a short training can learn to draw well."""
        chosen = [sprites_stage.VENDORS.index(v) for v in ("noto", "twemoji")]
        for c, name in enumerate(world.NAMES):
            ranks = (0, 1) if name == "car" else (0,)
            fits = (self.labels == c) & np.isin(self.vendors, chosen) & np.isin(self.ranks, ranks)
            self.common[c] = np.flatnonzero(fits)

    def pick(self, c: int, rng: np.random.Generator, extra: bool) -> int:
        """The number of a sprite of a class."""
        options = self.extra[c] if extra and len(self.extra[c]) else self.common[c]
        return int(rng.choice(options))


def repaint(pixels: np.ndarray, hue: float) -> np.ndarray:
    """Turn every saturated pixel to one hue (degrees)."""
    rgb = pixels[..., :3].astype(np.float32) / 255
    high, low = rgb.max(-1), rgb.min(-1)
    saturation = np.where(high > 0, (high - low) / np.maximum(high, 1e-6), 0)
    amount = np.clip((saturation - 0.2) / 0.25, 0, 1)
    saturation = np.where(amount > 0, np.clip(saturation * 0.9 + 0.08, 0, 1), saturation)
    pure = np.array(colorsys.hsv_to_rgb(hue / 360, 1, 1), np.float32)
    painted = high[..., None] * (1 - saturation[..., None] * (1 - pure))
    out = pixels.copy()
    out[..., :3] = np.clip((rgb + (painted - rgb) * amount[..., None]) * 255, 0, 255)
    return out


def place(image: np.ndarray, pixels: np.ndarray, rng: np.random.Generator, size: float, x: float, line: float | None,
          flip: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Paste one sprite (longer side `size` px, centre column x in 0..1); returns picture and alpha."""
    side = image.shape[0]
    if rng.random() < flip:
        pixels = pixels[:, ::-1]
    sprite = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGBa")
    angle = rng.normal(0, 5) if rng.random() < 0.9 else rng.uniform(-25, 25)
    sprite = sprite.rotate(angle, Image.BICUBIC, expand=True)
    sprite = sprite.crop(sprite.getbbox())
    scale = size / max(sprite.size)
    sprite = sprite.resize(tuple(max(2, round(v * scale)) for v in sprite.size), Image.LANCZOS)
    w, h = sprite.size
    bottom = rng.uniform(0.42, 0.58) * side + h / 2 if line is None else rng.uniform(max(line, 0.72), 0.95) * side
    bottom = round(np.clip(bottom, h + 1, side - 1))
    left = round(np.clip(x * side - w / 2, 1, side - w - 1))
    layer = np.zeros((side, side, 4), np.float32)
    layer[bottom - h:bottom, left:left + w] = np.asarray(sprite, np.float32)
    if line is not None:
        rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
        d = ((columns - left - w / 2) / (0.48 * w)) ** 2 + ((rows - bottom + 1) / (0.045 * side)) ** 2
        image = image * (1 - rng.uniform(0.25, 0.45) * np.exp(-d * d))[..., None]
    alpha = layer[..., 3:] / 255
    colour = layer[..., :3] * rng.uniform(0.9, 1.06) * rng.uniform(0.97, 1.03, 3).astype(np.float32)
    return image * (1 - alpha) + np.minimum(colour, 255 * alpha), alpha[..., 0]


def compose(pack: Sprites, rng: np.random.Generator, simple: bool = False) -> tuple[np.ndarray, list[int], list[int], int, bool, np.ndarray]:
    """One picture: (uint8 image, [class, class], [colour, colour], background, clip_only, 16 x 16 object mask)."""
    name = str(rng.choice(list(world.SCENES))) if rng.random() < 0.72 else "plain-" + str(rng.choice(list(world.PLAIN)))
    image, line = backgrounds.paint(name, rng)
    image = image.astype(np.float32)
    extra = bool(rng.random() < 0.13) and not simple
    count = 2 if rng.random() < (0.2 if simple else 0.25) else 1
    mask = np.zeros((S, S), np.float32)
    classes = rng.choice(len(world.NAMES), count, replace=False)
    colours, used = [-1, -1], False
    for k, c in enumerate(classes):
        i = pack.pick(c, rng, extra)
        pixels, used = pack.pixels[i], used or bool(pack.clip_only[i])
        if world.NAMES[c] in world.PAINTABLE and pack.saturation[i] > 0.3 and rng.random() < 0.35:
            colours[k] = int(rng.integers(len(COLOURS)))
            pixels = repaint(pixels, world.HUES[COLOURS[colours[k]]] + rng.normal(0, 4))
        if count == 1:
            size, x = rng.uniform(0.52 if simple else 0.42, 0.82) * S, rng.normal(0.5, 0.06 if simple else 0.08)
        else:
            size, x = rng.uniform(0.36, 0.5) * S, (0.26, 0.74)[k] + rng.normal(0, 0.02)
        image, alpha = place(image, pixels, rng, size, x, line, 0 if simple else 0.5)
        mask = np.maximum(mask, alpha)
    classes = list(classes) + [-1] * (2 - count)
    mask = (mask.reshape(16, S // 16, 16, S // 16).mean((1, 3)) * 255).astype(np.uint8)
    return np.clip(image, 0, 255).astype(np.uint8), classes, colours, world.BACKGROUNDS.index(name), used, mask


def chunk(job: tuple[Path, int, int, bool]) -> tuple[np.ndarray, ...]:
    """The work of one process: a number of pictures, and what they show."""
    path, count, seed, simple = job
    pack, rng = Sprites(path), np.random.default_rng(seed)
    if simple:
        pack.simplify()
    rows = [compose(pack, rng, simple) for _ in range(count)]
    return np.stack([r[0] for r in rows]), *(np.array([r[k] for r in rows], np.int16) for k in range(1, 6))


class Pool:
    """Pictures on disk; captions are drawn anew at every use."""

    def __init__(self, folder: Path) -> None:
        self.images = np.load(folder / "images.npy", mmap_mode="r")
        facts = np.load(folder / "facts.npz")
        self.classes, self.colours = facts["classes"], facts["colours"]
        self.backgrounds, self.clip_only = facts["backgrounds"], facts["clip_only"].astype(bool)
        self.masks = facts["masks"]

    def __len__(self) -> int:
        """Pictures."""
        return len(self.images)

    def objects(self, i: int) -> list[world.Object]:
        """What picture i shows, left to right."""
        pairs = zip(self.classes[i], self.colours[i])
        return [(world.NAMES[c], COLOURS[k] if k >= 0 else None) for c, k in pairs if c >= 0]

    def describe(self, i: int, rng: random.Random, full: bool = False) -> tuple[str, bool]:
        """A caption of picture i, and whether it names the background."""
        return world.describe(self.objects(i), world.BACKGROUNDS[self.backgrounds[i]], rng, full)

    def caption(self, i: int, rng: random.Random, full: bool = False) -> str:
        """A caption of picture i."""
        return self.describe(i, rng, full)[0]


def main() -> None:
    """Paints a pool in chunks of at most 500."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sprites", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=48000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--simple", action="store_true", help="two sprites a class, less variation")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    step = min(500, args.count)
    jobs = [(args.sprites, step, args.seed * 100003 + k, args.simple) for k in range(args.count // step)]
    with ProcessPoolExecutor(args.workers) as workers:
        parts = list(workers.map(chunk, jobs))
    images, classes, colours, scenes, clip_only, masks = (np.concatenate(p) for p in zip(*parts))
    args.out.mkdir(parents=True, exist_ok=True)
    np.save(args.out / "images.npy", images)
    np.savez_compressed(args.out / "facts.npz", classes=classes, colours=colours, backgrounds=scenes,
                        clip_only=clip_only, masks=masks.astype(np.uint8))
    print(json.dumps({"pictures": len(images), "clip_only": int(clip_only.sum()), "two": int((classes[:, 1] >= 0).sum())}))


if __name__ == "__main__":
    main()
