"""The vocabulary of the toy world: classes, colours, backgrounds and the caption grammar."""

import random

Object = tuple[str, str | None]
"""Class name, and colour word where it was painted."""

# class name -> emoji code points that show it (the first ones are the most typical)
CODE_POINTS = {
    "cat": "1f408 1f431", "dog": "1f415 1f436", "rabbit": "1f407 1f430", "fox": "1f98a", "bear": "1f43b",
    "panda": "1f43c", "lion": "1f981", "frog": "1f438", "chicken": "1f414 1f413", "penguin": "1f427",
    "owl": "1f989", "duck": "1f986", "fish": "1f41f 1f420", "turtle": "1f422", "elephant": "1f418",
    "pig": "1f416 1f437", "cow": "1f404 1f42e", "horse": "1f40e 1f434", "snail": "1f40c",
    "butterfly": "1f98b",
    "apple": "1f34e", "banana": "1f34c", "strawberry": "1f353", "orange": "1f34a", "pear": "1f350",
    "cherries": "1f352", "watermelon": "1f349", "pizza": "1f355", "burger": "1f354", "cake": "1f382 1f370",
    "donut": "1f369", "mushroom": "1f344", "pumpkin": "1f383",
    "cactus": "1f335", "flower": "1f33b 1f33c 1f337", "tree": "1f333 1f332",
    "cup": "2615 1f375", "teapot": "1fad6", "umbrella": "2602 2614", "hat": "1f3a9 1f452",
    "backpack": "1f392", "shoe": "1f45f 1f45e", "clock": "23f0 1f570", "key": "1f511", "gift": "1f381",
    "book": "1f4d5 1f4d7 1f4d8", "chair": "1fa91", "camera": "1f4f7", "bell": "1f514", "crown": "1f451",
    "guitar": "1f3b8", "balloon": "1f388", "ball": "26bd 1f3c0",
    "car": "1f697 1f699", "bus": "1f68c", "bicycle": "1f6b2", "airplane": "2708", "rocket": "1f680",
    "boat": "26f5", "teddy bear": "1f9f8", "robot": "1f916", "snowman": "26c4 2603",
}
CLASSES = {name: points.split() for name, points in CODE_POINTS.items()}
NAMES = list(CLASSES)

# objects that may be repainted, and the hue (degrees) of every colour word
PAINTABLE = ("car bus bicycle balloon backpack hat shoe umbrella gift book chair guitar teapot crown "
             "flower butterfly rocket bell key boat apple fish").split()
HUES = {"red": 0, "orange": 28, "yellow": 52, "green": 125, "blue": 215, "purple": 275, "pink": 325}

PLAIN = {
    "white": (247, 247, 247), "gray": (142, 142, 146), "black": (22, 22, 24), "red": (206, 52, 48),
    "orange": (240, 146, 52), "yellow": (246, 214, 76), "green": (86, 174, 88), "blue": (62, 122, 210),
    "purple": (136, 84, 190), "pink": (244, 164, 192),
}

# background -> phrases; a scene's ground line says where objects stand (None: they float)
SCENES = {
    "beach": ["on the beach", "on a beach", "at the beach", "with a beach in the background"],
    "snow": ["in the snow", "on the snow", "in the winter snow"],
    "grass": ["on the grass", "on green grass", "in a meadow"],
    "night": ["in the night sky", "at night", "under the night sky"],
    "desert": ["in the desert", "in a desert", "with a desert in the background"],
    "forest": ["in the forest", "in a forest", "with a forest in the background"],
    "sea": ["in the sea", "on the sea", "on the water"],
    "brick": ["in front of a brick wall", "against a brick wall", "with a brick wall in the background"],
    "table": ["on a wooden table", "on a table", "on the wooden table"],
    "street": ["on a city street", "in the city", "with a city in the background"],
    "sunset": ["at sunset", "in front of a sunset", "with a sunset in the background"],
    "space": ["in space", "in outer space", "floating in space"],
    "kitchen": ["in the kitchen", "in a kitchen", "on a kitchen counter"],
    "sky": ["in the sky", "in the clouds", "in the blue sky"],
    "mountains": ["in the mountains", "with mountains in the background", "in front of mountains"],
}
BACKGROUNDS = list(SCENES) + [f"plain-{c}" for c in PLAIN]

TEMPLATES = ["a photo of {}", "{}", "a picture of {}", "an image of {}"]
# words that occur in no caption but may be typed; each stays one token
EXTRA_WORDS = ("the my this that with and of one two small big little old new nice good cute toy object thing "
               "animal fruit food plant vehicle drawing painting style sitting standing lying top floor wood "
               "jungle garden room house road river lake rain ice fire next to near behind left right").split()


def article(noun: str) -> str:
    """The noun with its article."""
    if noun == "cherries":
        return noun
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def phrase(background: str, rng: random.Random) -> str:
    """How a caption names a background."""
    if background.startswith("plain-"):
        return f"on a {background[6:]} background"
    options = SCENES[background]
    return options[0] if rng.random() < 0.5 else rng.choice(options)


def describe(objects: list[Object], background: str, rng: random.Random, full: bool = False) -> tuple[str, bool]:
    """objects: [(class name, colour word or None)], left to right; full: nothing is left out.

    Returns the caption and whether it names the background.
    """
    words = [f"{colour} {name}" if colour else name for name, colour in objects]
    if not full and len(words) == 1 and rng.random() < 0.05:
        return words[0], False
    text = " and ".join(article(w) for w in words)
    named = full or rng.random() < 0.88
    if named:
        text = f"{text} {phrase(background, rng)}"
    template = TEMPLATES[0] if full or rng.random() < 0.6 else rng.choice(TEMPLATES)
    return template.format(text), named


def caption(objects: list[Object], background: str, rng: random.Random, full: bool = False) -> str:
    """The caption alone."""
    return describe(objects, background, rng, full)[0]


def words() -> list[str]:
    """Every word of every caption, plus the extra ones."""
    texts = list(NAMES) + list(HUES) + list(PLAIN) + TEMPLATES + EXTRA_WORDS + ["a", "an", "and", "on a background"]
    for options in SCENES.values():
        texts += options
    return sorted({w for t in texts for w in t.replace("{}", "").split()})
