"""samples/: novel objects for implantation: Fluent 3D artwork, which no training stage has seen, on fresh backgrounds.

    python novel.py --fluent NPM/node_modules/@lobehub/fluent-emoji-3d/assets --out SAMPLES
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

import backgrounds
import sprites
import world

SIDE = 256
SINGLES = [("cat", "1f408", "table"), ("dog", "1f415", "grass"), ("teapot", "1fad6", "kitchen"),
           ("car", "1f699", "street"), ("robot", "1f916", "plain-white"), ("rabbit", "1f407", "snow"),
           ("backpack", "1f392", "beach"), ("owl", "1f989", "forest")]
SCENES = [("table", [("cup", "2615", 0.2, 0.36), ("teddy bear", "1f9f8", 0.52, 0.46), ("apple", "1f34e", 0.83, 0.3)]),
          ("grass", [("fox", "1f98a", 0.28, 0.44), ("ball", "26bd", 0.74, 0.36)])]


def find(folder: Path, code: str) -> Path | None:
    """The file of a code point, if the set has one."""
    return next((p for p in (folder / f"{code}.webp", folder / f"{code}-fe0f.webp") if p.exists()), None)


def artwork(path: Path, side: int) -> Image.Image:
    """A piece of artwork, fitted into a square."""
    return sprites.fit(Image.open(path).convert("RGBA"), side)


def backdrop(name: str, rng: np.random.Generator) -> tuple[Image.Image, float]:
    """A 64-pixel background drawn large: smooth, like a photograph out of focus."""
    image, line = backgrounds.paint(name, rng)
    image = Image.fromarray(image).resize((SIDE, SIDE), Image.BICUBIC)
    return image.filter(ImageFilter.GaussianBlur(0.8)), (0.85 if line is None else max(line, 0.78))


def put(image: Image.Image, sprite: Image.Image, x: float, bottom: float) -> tuple[Image.Image, Image.Image]:
    """Paste with a contact shadow; returns the picture and the object's alpha."""
    sprite = sprite.crop(sprite.getbbox())
    w, h = sprite.size
    left, top = int(np.clip(x * SIDE - w / 2, 2, SIDE - w - 2)), int(np.clip(bottom * SIDE - h, 2, SIDE - h - 2))
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    d = ((columns - left - w / 2) / (0.48 * w)) ** 2 + ((rows - top - h + 3) / (0.045 * SIDE)) ** 2
    shaded = np.asarray(image, np.float32) * (1 - 0.35 * np.exp(-d * d))[..., None]
    out = Image.fromarray(shaded.astype(np.uint8))
    out.paste(sprite, (left, top), sprite)
    mask = Image.new("L", (SIDE, SIDE))
    mask.paste(sprite.getchannel("A"), (left, top))
    return out, mask


def visible(masks: list[Image.Image]) -> list[Image.Image]:
    """Masks of what is seen: later objects cover earlier ones."""
    covered, result = np.zeros((SIDE, SIDE), bool), []
    for mask in reversed(masks):
        seen = (np.asarray(mask) > 127) & ~covered
        covered |= seen
        result.append(Image.fromarray(np.where(seen, 255, 0).astype(np.uint8)))
    return result[::-1]


def main() -> None:
    """Writes pictures, masks and samples.json; keeps what photos.py has written there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fluent", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rng, listing = np.random.default_rng(11), []
    jobs = [(name.replace(" ", "-"), scene, [(name, code, 0.5, 0.66)]) for name, code, scene in SINGLES]
    jobs += [("scene-" + "-".join(o[0].replace(" ", "-") for o in objects), scene, objects) for scene, objects in SCENES]
    for stem, scene, objects in jobs:
        image, line = backdrop(scene, rng)
        masks = []
        for _, code, x, size in objects:
            bottom = max(line + 0.08, 0.86) if len(objects) == 1 else rng.uniform(0.84, 0.92)
            image, mask = put(image, artwork(find(args.fluent, code), round(size * SIDE)), x, bottom)
            masks.append(mask)
        image.save(args.out / f"{stem}.png")
        entry = {"image": f"{stem}.png", "background": world.phrase(scene, random.Random(0)), "objects": [],
                 "source": "Microsoft Fluent Emoji 3D (MIT) on a procedural background"}
        for (name, *_), mask in zip(objects, visible(masks)):
            file = f"{stem}-mask.png" if len(objects) == 1 else f"{stem}-{name.replace(' ', '-')}-mask.png"
            mask.save(args.out / file)
            entry["objects"].append({"class": name, "mask": file})
        listing.append(entry)
    path = args.out / "samples.json"
    kept = [e for e in json.loads(path.read_text()) if "Fluent" not in e["source"]] if path.exists() else []
    path.write_text(json.dumps(listing + kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
