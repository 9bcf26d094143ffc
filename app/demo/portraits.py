"""Pictures for Alpina's people: a small mountain scene each, drawn from a number, so that nobody's face is lent out."""

from __future__ import annotations

import asyncio
import io
import math
import random

from PIL import Image, ImageDraw, ImageFilter

from app.lib import blobs
from app.lib.pictures import square
from app.models.account import Account

_SIDE = 512
_SMALL = "small"
_WITHOUT = ("david", "ines", "katja", "mira")  # some people never choose one

Colour = tuple[int, int, int]
_SKIES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (  # zenith, horizon, sun, nearest ridge
    ((255, 190, 140), (255, 232, 205), (255, 246, 224), (96, 60, 74)),
    ((96, 150, 214), (214, 234, 250), (255, 250, 230), (30, 66, 92)),
    ((70, 60, 122), (246, 166, 150), (255, 224, 180), (40, 30, 66)),
    ((120, 196, 200), (232, 246, 236), (255, 248, 214), (28, 84, 82)),
    ((30, 42, 86), (120, 134, 190), (244, 244, 255), (16, 22, 46)),
    ((244, 206, 120), (254, 240, 206), (255, 255, 240), (112, 78, 38)),
    ((206, 170, 214), (250, 230, 238), (255, 250, 240), (84, 52, 96)),
    ((148, 196, 128), (238, 246, 214), (255, 252, 220), (40, 78, 46)),
)


async def fill(cast: dict[str, Account]) -> None:
    """Give most of them a picture."""
    for number, (name, account) in enumerate(cast.items()):
        if name not in _WITHOUT:
            large, small = await square(await asyncio.to_thread(draw, number))
            picture = await blobs.store().put(large)
            await blobs.store().put_derivative(picture, _SMALL, small)
            await account.change(avatar=picture)


def draw(number: int) -> bytes:
    """The scene of this number, as PNG."""
    chance = random.Random(number * 7919 + 11)
    zenith, horizon, sun, near = _SKIES[number % len(_SKIES)]
    scene = Image.linear_gradient("L").resize((_SIDE, _SIDE))
    picture = Image.composite(Image.new("RGB", scene.size, horizon), Image.new("RGB", scene.size, zenith), scene)
    _shine(picture, sun, chance)
    pen = ImageDraw.Draw(picture)
    for layer in range(4):
        far = 1 - layer / 3
        colour = tuple(round(n + (h - n) * far * 0.78) for n, h in zip(near, horizon, strict=True))
        pen.polygon(_ridge(chance, _SIDE * (0.46 + layer * 0.14), _SIDE * (0.17 - layer * 0.03)), fill=colour)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _shine(picture: Image.Image, colour: Colour, chance: random.Random) -> None:
    """A sun or a moon, with some light around it."""
    x, y, size = chance.uniform(0.25, 0.75) * _SIDE, chance.uniform(0.2, 0.36) * _SIDE, chance.uniform(0.07, 0.11) * _SIDE
    glow = Image.new("L", picture.size, 0)
    pen = ImageDraw.Draw(glow)
    pen.ellipse((x - size * 2.4, y - size * 2.4, x + size * 2.4, y + size * 2.4), fill=70)
    glow = glow.filter(ImageFilter.GaussianBlur(28))
    ImageDraw.Draw(glow).ellipse((x - size, y - size, x + size, y + size), fill=255)
    picture.paste(Image.new("RGB", picture.size, colour), mask=glow.filter(ImageFilter.GaussianBlur(1.2)))


def _ridge(chance: random.Random, height: float, roughness: float) -> list[tuple[float, float]]:
    """The outline of a ridge: some waves on one another."""
    waves = [(chance.uniform(1, 3) * 2**octave, chance.uniform(0, math.tau), roughness / 1.9**octave) for octave in range(4)]
    line = [(x, height - sum(math.sin(x / _SIDE * pace * math.pi + shift) * size for pace, shift, size in waves)) for x in range(0, _SIDE + 8, 8)]
    return [*line, (_SIDE + 8, _SIDE), (0, _SIDE)]
