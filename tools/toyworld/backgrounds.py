"""Procedural 64 x 64 backgrounds. Each painter returns (float image in 0..255, ground line or None).

All positions are shares of the height or width; the ground line says where objects stand (None: they float).
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import world

Colour = Sequence[float]
Painted = tuple[np.ndarray, float | None]

S = 64
BIG = 128  # shapes are drawn at twice the size


def noise(rng: np.random.Generator, cells: int, side: int = S) -> np.ndarray:
    """Smooth noise in 0..1."""
    grid = Image.fromarray((rng.random((cells, cells)) * 255).astype(np.uint8))
    return np.asarray(grid.resize((side, side), Image.BICUBIC), np.float32) / 255


def lerp(a: Colour | np.ndarray, b: Colour | np.ndarray, t: np.ndarray) -> np.ndarray:
    """From a to b by t, colour by colour."""
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    return a + (b - a) * t[..., None]


def jitter(rng: np.random.Generator, colour: Colour, amount: float = 10) -> np.ndarray:
    """The colour, a little lighter or darker and a little another."""
    return np.clip(np.asarray(colour, np.float32) + rng.normal(0, amount, 3) * 0.6 + rng.normal(0, amount), 0, 255)


def gradient(rng: np.random.Generator, top: Colour, bottom: Colour, start: float = 0.0, end: float = 1.0) -> np.ndarray:
    """From top to bottom between two heights (0..1)."""
    t = np.clip((np.arange(S) / (S - 1) - start) / (end - start), 0, 1)
    return lerp(jitter(rng, top, 7), jitter(rng, bottom, 7), np.repeat(t[:, None], S, 1))


def canvas(image: np.ndarray) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """The picture at twice the size, to draw on."""
    big = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).resize((BIG, BIG), Image.BILINEAR)
    return big, ImageDraw.Draw(big)


def shrink(big: Image.Image) -> np.ndarray:
    """Back to 64 x 64."""
    return np.asarray(big.resize((S, S), Image.BOX), np.float32)


def tint(colour: Colour) -> tuple[int, ...]:
    """A colour as PIL wants it."""
    return tuple(int(v) for v in np.clip(colour, 0, 255))


def ground(image: np.ndarray, rng: np.random.Generator, line: float, colour: Colour, rough: float = 10, cells: int = 14,
           wave: float = 0.6) -> np.ndarray:
    """Textured ground below `line` (0..1), with a wavy edge."""
    edge = line * S + (noise(rng, 4)[0] - 0.5) * 2 * wave
    rows = np.arange(S)[:, None]
    t = np.clip(rows - edge[None] + 0.5, 0, 1)
    depth = np.clip((rows / S - line) / (1 - line), 0, 1)
    floor = jitter(rng, colour) * (0.92 + 0.14 * depth)[..., None] + ((noise(rng, cells) - 0.5) * 2 * rough)[..., None]
    return lerp(image, np.broadcast_to(floor, image.shape), np.broadcast_to(t, (S, S)))


def clouds(draw: ImageDraw.ImageDraw, rng: np.random.Generator, count: int, low: float, high: float, colour: Colour = (250, 251, 253)) -> None:
    """Heaps of ellipses between two heights (0..1)."""
    for _ in range(count):
        x, y, w = rng.uniform(0, BIG), rng.uniform(low, high) * BIG, rng.uniform(8, 16)
        for _ in range(4):
            dx, dy, r = rng.uniform(-w, w), rng.uniform(-2, 2), rng.uniform(0.35, 0.6) * w
            draw.ellipse((x + dx - r * 1.3, y + dy - r * 0.8, x + dx + r * 1.3, y + dy + r * 0.8), fill=tint(colour))


def peaks(draw: ImageDraw.ImageDraw, rng: np.random.Generator, base: float, height: float, colour: Colour, count: int = 4, snow: bool = False) -> None:
    """A row of mountains on a base line."""
    for x in np.linspace(-5, BIG + 5, count) + rng.uniform(-10, 10, count):
        h, w = height * BIG * rng.uniform(0.65, 1.0), rng.uniform(22, 36)
        y = base * BIG
        draw.polygon([(x - w, y), (x, y - h), (x + w, y)], fill=tint(jitter(rng, colour, 6)))
        if snow:
            draw.polygon([(x - w * .3, y - h * .7), (x, y - h), (x + w * .3, y - h * .7), (x + w * .1, y - h * .62),
                          (x - w * .08, y - h * .66)], fill=(246, 248, 252))


def pines(draw: ImageDraw.ImageDraw, rng: np.random.Generator, base: float, count: int, colour: Colour, low: float = 14, high: float = 34) -> None:
    """Triangles for trees."""
    for x in rng.uniform(-4, BIG + 4, count):
        h = rng.uniform(low, high)
        y = base * BIG + rng.uniform(0, 6)
        draw.polygon([(x - h * .3, y), (x, y - h), (x + h * .3, y)], fill=tint(jitter(rng, colour, 9)))


def beach(rng: np.random.Generator) -> Painted:
    """Sky, sea, sand."""
    line = rng.uniform(0.5, 0.62)
    sea = line - rng.uniform(0.14, 0.2)
    image = ground(gradient(rng, (110, 184, 240), (196, 230, 250), 0, sea), rng, sea, (34, 132, 190), 8, 20, 0.1)
    image = ground(image, rng, line - 0.02, (240, 246, 248), 3)
    return ground(image, rng, line + 0.015, (236, 212, 160), 9, 30, 1.2), line + 0.12


def snow(rng: np.random.Generator) -> Painted:
    """Pines in front of a grey sky, snow."""
    line = rng.uniform(0.45, 0.58)
    big, draw = canvas(gradient(rng, (158, 188, 218), (214, 226, 238), 0, line))
    if rng.random() < 0.7:
        pines(draw, rng, line, rng.integers(4, 10), (74, 106, 104))
    image = ground(shrink(big), rng, line, (240, 244, 250), 5, 7, 2)
    for _ in range(rng.integers(15, 40)):
        image[rng.integers(0, int(line * S)), rng.integers(0, S)] = 252
    return image, line + 0.14


def grass(rng: np.random.Generator) -> Painted:
    """A meadow."""
    line = rng.uniform(0.42, 0.56)
    big, draw = canvas(gradient(rng, (112, 182, 242), (206, 232, 250), 0, line))
    clouds(draw, rng, rng.integers(0, 4), 0.05, 0.3)
    image = ground(shrink(big), rng, line, (112, 182, 74), 14, 32, 1.5)
    for _ in range(rng.integers(0, 16)):
        y = rng.integers(int(line * S) + 4, S)
        image[y, rng.integers(0, S)] = [(250, 240, 120), (250, 250, 250), (240, 130, 150)][rng.integers(3)]
    return image, line + 0.14


def night(rng: np.random.Generator) -> Painted:
    """Stars and a moon."""
    big, draw = canvas(gradient(rng, (12, 16, 52), (38, 46, 104)))
    for _ in range(rng.integers(30, 60)):
        x, y, r = rng.uniform(0, BIG), rng.uniform(0, BIG * .85), rng.choice([0.8, 1.0, 1.5])
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(240, 240, rng.integers(190, 255)))
    x, y, r = rng.choice([rng.uniform(12, 34), rng.uniform(94, 116)]), rng.uniform(12, 28), rng.uniform(8, 11)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=(250, 240, 196))
    image = shrink(big)
    line = rng.uniform(0.78, 0.86)
    return ground(image, rng, line, (20, 32, 44), 4, 12, 2), line + 0.04


def desert(rng: np.random.Generator) -> Painted:
    """Dunes."""
    line = rng.uniform(0.46, 0.58)
    image = ground(gradient(rng, (122, 186, 234), (250, 226, 184), 0, line), rng, line, (226, 168, 96), 5, 6, 5)
    rows = np.arange(S)[:, None] + noise(rng, 4) * 14
    ripple = np.sin(rows * rng.uniform(0.7, 1.1)) * 7 * (np.arange(S)[:, None] > (line + .06) * S)
    return image + ripple[..., None], line + 0.14


def forest(rng: np.random.Generator) -> Painted:
    """Trunks and leaves."""
    line = rng.uniform(0.6, 0.7)
    base = lerp((34, 84, 46), (92, 146, 70), noise(rng, 7)) + ((noise(rng, 24) - .5) * 34)[..., None]
    big, draw = canvas(base)
    pines(draw, rng, line, rng.integers(3, 8), (30, 74, 44), 40, 80)
    for x in rng.uniform(0, BIG, rng.integers(4, 8)):
        w = rng.uniform(3, 7)
        draw.rectangle((x - w, rng.uniform(-10, 20), x + w, (line + .03) * BIG), fill=tint(jitter(rng, (96, 66, 44))))
    return ground(shrink(big), rng, line, (92, 102, 52), 12, 24, 2), line + 0.1


def sea(rng: np.random.Generator) -> Painted:
    """Waves to the horizon."""
    line = rng.uniform(0.3, 0.42)
    image = ground(gradient(rng, (142, 200, 244), (214, 236, 250), 0, line), rng, line, (28, 108, 176), 6, 10, 0.1)
    rows, depth = np.arange(S)[:, None], np.clip((np.arange(S)[:, None] / S - line) / (1 - line), 0, 1)
    waves = np.sin(rows / (0.5 + depth) * 1.6 + noise(rng, 8) * 9) * (4 + 9 * depth) * (depth > 0)
    return image + waves[..., None] * np.array([0.7, 1, 1]), rng.uniform(0.7, 0.85)


def brick(rng: np.random.Generator) -> Painted:
    """A wall, sometimes with a pavement."""
    mortar, colour = jitter(rng, (206, 194, 184), 8), jitter(rng, (174, 82, 62), 12)
    big, draw = canvas(np.broadcast_to(mortar, (S, S, 3)))
    h, w = rng.choice([12, 14, 16]), rng.choice([24, 28, 32])
    shift = rng.uniform(0, w)
    for row, y in enumerate(range(-int(rng.integers(0, h)), BIG, h)):
        for x in np.arange(-2 * w + shift + (row % 2) * w / 2, BIG, w):
            draw.rectangle((x, y, x + w - 3, y + h - 3), fill=tint(colour + rng.normal(0, 10)))
    image = shrink(big) + ((noise(rng, 16) - .5) * 12)[..., None]
    if rng.random() < 0.5:
        line = rng.uniform(0.8, 0.88)
        return ground(image, rng, line, (150, 148, 146), 6, 20, 0.1), line + 0.04
    return image, 0.9


def table(rng: np.random.Generator) -> Painted:
    """A wooden table in front of a wall."""
    line = rng.uniform(0.4, 0.55)
    wall = [(226, 216, 200), (196, 210, 216), (210, 200, 214), (214, 222, 200)][rng.integers(4)]
    image = gradient(rng, wall, np.array(wall) - 14)
    wood = jitter(rng, (166, 108, 60), 12)
    rows, columns = np.mgrid[0:S, 0:S].astype(np.float32)
    grain = np.sin(rows * 2.3 + noise(rng, 5) * 12) * 5 + (noise(rng, 32) - .5) * 12
    depth = (rows / S - line) / (1 - line)
    lines = (columns - 32) / (0.6 + 0.6 * np.clip(depth, 0, 1)) / rng.uniform(13, 18) + rng.random()
    planks = np.where(np.abs(lines % 1 - 0.5) > 0.47, -26, 0)
    floor = wood * (0.94 + 0.14 * np.clip(depth, 0, 1))[..., None] + (grain + planks)[..., None]
    floor = np.where((rows < line * S + 1.5)[..., None], wood * 1.22, floor)
    return np.where((rows >= line * S)[..., None], floor, image), line + 0.15


def street(rng: np.random.Generator) -> Painted:
    """Houses, pavement, road."""
    line = rng.uniform(0.58, 0.68)
    big, draw = canvas(gradient(rng, (150, 196, 234), (222, 230, 236), 0, line))
    x = -rng.uniform(0, 20)
    while x < BIG:
        w, top = rng.uniform(18, 34), rng.uniform(0.06, 0.36) * BIG
        choice = [(150, 132, 126), (122, 136, 152), (176, 156, 130), (106, 108, 118), (160, 102, 88)][rng.integers(5)]
        draw.rectangle((x, top, x + w, line * BIG), fill=tint(jitter(rng, choice)))
        lit = tint(jitter(rng, (236, 224, 170) if rng.random() < .5 else (70, 86, 104)))
        for wy in np.arange(top + 4, line * BIG - 6, 8):
            for wx in np.arange(x + 3, x + w - 5, 7):
                draw.rectangle((wx, wy, wx + 3, wy + 4), fill=lit)
        x += w + rng.uniform(0, 2)
    image = ground(shrink(big), rng, line, (168, 166, 164), 3, 10, 0.1)
    image = ground(image, rng, line + 0.07, (84, 86, 92), 6, 30, 0.1)
    big, draw = canvas(image)
    y = (line + .07 + (1 - line) * .5) * BIG
    for x in np.arange(-rng.uniform(0, 20), BIG, 26):
        draw.rectangle((x, y, x + 13, y + 3), fill=(236, 232, 214))
    return shrink(big), line + 0.14


def sunset(rng: np.random.Generator) -> Painted:
    """A low sun."""
    line = rng.uniform(0.6, 0.7)
    image = lerp(gradient(rng, (86, 52, 120), (240, 110, 70), 0, line * .8), jitter(rng, (254, 204, 96), 6),
                 np.clip(np.repeat(((np.arange(S) / S - line * .5) / (line * .5))[:, None], S, 1), 0, 1))
    big, draw = canvas(image)
    x, r = rng.uniform(20, 108), rng.uniform(12, 18)
    y = line * BIG - rng.uniform(0, 10)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=(255, 236, 150))
    return ground(shrink(big), rng, line, (74, 40, 62), 7, 16, 1.5), line + 0.12


def space(rng: np.random.Generator) -> Painted:
    """Stars and planets."""
    cloud = np.clip(noise(rng, 4) * 1.5 - 0.5, 0, 1)
    image = lerp((8, 6, 20), [(70, 30, 110), (24, 50, 110), (110, 26, 80)][rng.integers(3)], cloud)
    big, draw = canvas(image)
    for _ in range(rng.integers(35, 70)):
        x, y, r = rng.uniform(0, BIG), rng.uniform(0, BIG), rng.choice([0.7, 1.0, 1.6])
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(250, 250, 250))
    for _ in range(rng.integers(1, 3)):
        x, y, r = rng.choice([rng.uniform(6, 30), rng.uniform(98, 122)]), rng.uniform(6, 122), rng.uniform(6, 14)
        colour = [(206, 128, 80), (96, 160, 190), (190, 176, 130), (150, 96, 160)][rng.integers(4)]
        if rng.random() < .5:
            draw.ellipse((x - r * 1.8, y - r * .4, x + r * 1.8, y + r * .4), outline=(226, 206, 170), width=2)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tint(jitter(rng, colour)))
    return shrink(big), None


def kitchen(rng: np.random.Generator) -> Painted:
    """Tiles, cupboards, a counter."""
    line = rng.uniform(0.6, 0.68)
    tile = jitter(rng, [(226, 236, 236), (200, 226, 222), (238, 230, 214)][rng.integers(3)], 6)
    big, draw = canvas(np.broadcast_to(tile, (S, S, 3)))
    step = rng.choice([12, 14, 16])
    for v in range(0, BIG, step):
        draw.line((v, 0, v, BIG), fill=tint(tile - 26), width=1)
        draw.line((0, v, BIG, v), fill=tint(tile - 26), width=1)
    door = jitter(rng, [(120, 160, 168), (196, 148, 98), (236, 236, 232), (104, 130, 104)][rng.integers(4)])
    bottom, w = rng.uniform(0.18, 0.26) * BIG, rng.uniform(28, 40)
    for x in np.arange(-rng.uniform(0, w), BIG, w):
        draw.rectangle((x, 0, x + w - 2, bottom), fill=tint(door), outline=tint(door - 34))
        draw.rectangle((x + w - 8, bottom - 8, x + w - 6, bottom - 3), fill=(90, 90, 90))
    image = ground(shrink(big), rng, line, (206, 202, 198), 5, 28, 0.1)
    low = min(line + 0.26, 0.93)
    return ground(image, rng, low, door - 24, 1, 4, 0.1), line + 0.12


def sky(rng: np.random.Generator) -> Painted:
    """Clouds."""
    big, draw = canvas(gradient(rng, (78, 156, 236), (182, 220, 250)))
    clouds(draw, rng, rng.integers(5, 10), 0.05, 0.95)
    return shrink(big.filter(ImageFilter.GaussianBlur(1.2))), None


def mountains(rng: np.random.Generator) -> Painted:
    """Two ranges."""
    line = rng.uniform(0.6, 0.68)
    big, draw = canvas(gradient(rng, (128, 184, 236), (216, 230, 244), 0, line))
    peaks(draw, rng, line, 0.48, (124, 136, 158), 4, True)
    peaks(draw, rng, line, 0.24, (94, 112, 116), 5)
    return ground(shrink(big), rng, line, (126, 152, 96), 10, 22, 1.5), line + 0.12


def plain(rng: np.random.Generator, colour: str) -> Painted:
    """One colour of world.PLAIN."""
    base = jitter(rng, world.PLAIN[colour], 5)
    image = np.broadcast_to(base, (S, S, 3)).copy()
    if rng.random() < 0.5:  # a little light from one side
        rows, columns = np.mgrid[0:S, 0:S] / S - 0.5
        angle = rng.uniform(0, 6.283)
        image = image + ((np.cos(angle) * columns + np.sin(angle) * rows) * rng.uniform(0, 18))[..., None]
    return image, (rng.uniform(0.8, 0.92) if rng.random() < 0.5 else None)


PAINTERS = {f.__name__: f for f in (beach, snow, grass, night, desert, forest, sea, brick, table, street, sunset,
                                     space, kitchen, sky, mountains)}


def paint(name: str, rng: np.random.Generator) -> tuple[np.ndarray, float | None]:
    """A background by its name in world.BACKGROUNDS: uint8 (64, 64, 3), and the ground line."""
    image, line = plain(rng, name[6:]) if name.startswith("plain-") else PAINTERS[name](rng)
    image = image * rng.uniform(0.94, 1.06)
    if rng.random() < 0.5:
        image = image[:, ::-1]
    return np.clip(image, 0, 255).astype(np.uint8), line
