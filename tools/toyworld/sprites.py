"""Stage 1: draw the classes from emoji artwork (SVG) into one pack of RGBA sprites.

    python sprites.py --icons NPM/node_modules/@iconify-json --out DATA/sprites.npz
"""

import argparse
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

import world

SIDE = 112  # the longer side of a stored sprite
VENDORS = ("noto", "noto-v1", "twemoji", "fxemoji", "fluent-emoji-flat")
CLIP_ONLY = "fluent-emoji-flat"  # never shown to the VAE and the UNet

SKIP = {("noto-v1", "basketball")}  # shows a hoop as well

# FxEmoji has names of its own
FX = {
    "dog": "dogside dog", "bear": "bear", "panda": "pandaface", "frog": "frog", "chicken": "chicken rooster",
    "penguin": "penguin", "fish": "fish tropicalfish", "turtle": "turtle", "elephant": "elephant",
    "pig": "pigside pig", "cow": "cow cowface", "horse": "horse horseface", "snail": "snail",
    "apple": "redapple", "banana": "banana", "strawberry": "strawberry", "orange": "tangerine", "pear": "pear",
    "cherries": "cherries", "watermelon": "watermelon", "pizza": "sliceofpizza", "burger": "hamburger",
    "cake": "birthdaycake shortcake", "donut": "doughnut", "mushroom": "mushroom", "pumpkin": "jackolantern",
    "cactus": "cactus", "flower": "sunflower blossom tulip", "tree": "deciduoustree evergreen",
    "cup": "hotbeverage teacupwithouthandle", "hat": "tophat womanshat",
    "shoe": "mensshoe", "key": "key", "book": "bluebook orangebook", "camera": "camera", "bell": "bell",
    "crown": "crown", "guitar": "guitar", "balloon": "balloon", "ball": "soccerball basketball",
    "car": "automobile", "bus": "bus", "bicycle": "bicycle", "airplane": "airplane", "rocket": "rocket",
    "snowman": "snowmanwithoutsnow", "cat": "cat catside", "rabbit": "rabbit rabbitside",
}


class Icons:
    """One Iconify set: SVG text by icon name."""

    def __init__(self, root: Path, vendor: str) -> None:
        self.data = json.loads((root / vendor / "icons.json").read_text())
        chars = root / ("noto" if vendor == "noto-v1" else vendor) / "chars.json"
        self.chars = json.loads(chars.read_text())

    def svg(self, name: str) -> str | None:
        """None where the set has no such icon."""
        if name in self.data.get("aliases", {}):
            name = self.data["aliases"][name]["parent"]
        icon = self.data["icons"].get(name)
        if icon is None:
            return None
        width = icon.get("width", self.data.get("width", 16))
        height = icon.get("height", self.data.get("height", 16))
        return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
                f'viewBox="0 0 {width} {height}" width="512" height="512">{icon["body"]}</svg>')


def fit(image: Image.Image, side: int = SIDE) -> Image.Image:
    """Crop to the visible part, longer side to `side`, centred on a square."""
    alpha = np.asarray(image)[..., 3]
    ys, xs = np.where(alpha > 8)
    image = image.crop((xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
    scale = side / max(image.size)
    size = tuple(max(1, round(v * scale)) for v in image.size)
    image = image.convert("RGBa").resize(size, Image.LANCZOS).convert("RGBA")
    square = Image.new("RGBA", (side, side))
    square.paste(image, ((side - size[0]) // 2, (side - size[1]) // 2))
    return square


def names_of(cls: str, vendor: str, icons: Icons) -> list[str]:
    """A vendor's icons of a class, the most typical first."""
    if vendor == "fxemoji":
        return FX.get(cls, "").split()
    return [icons.chars[p] for p in world.CLASSES[cls] if p in icons.chars]


def main() -> None:
    """Writes the pack, and a contact sheet on request."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--icons", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sheet", type=Path)
    args = parser.parse_args()
    import resvg_py

    pixels, labels, vendors, ranks = [], [], [], []
    for v, vendor in enumerate(VENDORS):
        icons = Icons(args.icons, vendor)
        for c, cls in enumerate(world.NAMES):
            for rank, name in enumerate(names_of(cls, vendor, icons)):
                svg = icons.svg(name)
                if svg is None or (vendor, name) in SKIP:
                    continue
                image = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA")
                pixels.append(np.asarray(fit(image)))
                labels.append(c)
                vendors.append(v)
                ranks.append(rank)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(args.out, pixels=np.stack(pixels), labels=np.array(labels), vendors=np.array(vendors),
                        ranks=np.array(ranks))
    print(f"{len(pixels)} sprites, {len(set(labels))} classes")
    if args.sheet:
        columns = 26
        rows = -(-len(pixels) // columns)
        sheet = Image.new("RGB", (columns * 56, rows * 56), "white")
        for k, i in enumerate(np.argsort(labels, kind="stable")):
            small = Image.fromarray(pixels[i]).resize((54, 54), Image.LANCZOS)
            sheet.paste(small, (k % columns * 56, k // columns * 56), small)
        sheet.save(args.sheet)


if __name__ == "__main__":
    main()
