"""Two real photographs (CC0, from scikit-image) with GrabCut masks: a cat and a cup.

    python photos.py --out SAMPLES        # needs scikit-image and opencv-python-headless
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

SIDE = 256
# crop (left, top, side) in the original; in the 256-pixel crop: ellipses (centre x, y, radius x, y, angle) or an outline
PHOTOS = {
    "photo-cat": dict(file="chelsea.png", name="cat", crop=(110, 0, 300), background="on a sofa",
                      outline=[(-20, -20), (250, -20), (246, 8), (209, 64), (220, 102), (214, 136), (193, 171),
                               (188, 200), (205, 226), (238, 280), (-20, 280)]),
    "photo-cup": dict(file="coffee.png", name="cup", crop=(110, 0, 400), background="on a wooden table",
                      inside=[(120, 70, 72, 54, 0), (114, 118, 62, 52, 0), (72, 172, 12, 16, 0)],
                      maybe=[(120, 75, 82, 66, 0), (115, 125, 76, 60, 0), (72, 172, 20, 26, 0)]),
}


def ellipse(mask: np.ndarray, shape: tuple[int, int, int, int, int], value: int) -> None:
    """A filled ellipse."""
    x, y, rx, ry, angle = shape
    cv2.ellipse(mask, (x, y), (rx, ry), angle, 0, 360, value, -1)


def largest(mask: np.ndarray) -> np.ndarray:
    """The largest connected area alone."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    return np.where(labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax(), 255, 0).astype(np.uint8)


def cut(image: np.ndarray, inside: list = (), maybe: list = (), outline: list | None = None) -> np.ndarray:
    """A mask by GrabCut, from ellipses that are surely or maybe the object, or from a rough outline."""
    mask = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    for shape in maybe:
        ellipse(mask, shape, cv2.GC_PR_FGD)
    for shape in inside:
        ellipse(mask, shape, cv2.GC_FGD)
    if outline:  # a rough outline: the band around it is left to GrabCut
        cv2.fillPoly(mask, [np.array(outline)], cv2.GC_FGD)
        cv2.polylines(mask, [np.array(outline)], True, cv2.GC_PR_FGD, 18)
    cv2.setRNGSeed(0)
    cv2.grabCut(image, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 6, cv2.GC_INIT_WITH_MASK)
    found = np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    found = cv2.morphologyEx(cv2.morphologyEx(found, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel)
    found = largest(found)
    return 255 - largest(255 - found) if (found == 0).any() else found


def main() -> None:
    """Writes pictures, masks and their entries of samples.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    import skimage
    folder, listing = Path(skimage.__file__).parent / "data", []
    for stem, photo in PHOTOS.items():
        image = cv2.imread(str(folder / photo["file"]))
        x, y, side = photo["crop"]
        image = cv2.resize(image[y:y + side, x:x + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(args.out / f"{stem}.png"), image)
        hints = {k: photo[k] for k in ("inside", "maybe", "outline") if k in photo}
        cv2.imwrite(str(args.out / f"{stem}-mask.png"), cut(image, **hints))
        listing.append({"image": f"{stem}.png", "background": photo["background"], "source": f"scikit-image {photo['file']} (CC0)",
                        "objects": [{"class": photo["name"], "mask": f"{stem}-mask.png"}]})
    path = args.out / "samples.json"
    kept = [e for e in json.loads(path.read_text()) if "scikit" not in e["source"]] if path.exists() else []
    path.write_text(json.dumps(kept + listing, indent=2) + "\n")


if __name__ == "__main__":
    main()
