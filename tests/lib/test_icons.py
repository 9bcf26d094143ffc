"""Icons that a brand gets without drawing any."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.lib import icons

BRAND = ("Alpina", "#0b6b4f", "#ffffff")


def picture(name: str, *brand: str) -> Image.Image:
    return Image.open(io.BytesIO(icons.draw(name, *(brand or BRAND))))


@pytest.mark.parametrize("name", icons.ICONS)
def test_each_icon_is_a_png_of_its_size(name: str) -> None:
    icon = picture(name)
    assert (icon.format, icon.size) == ("PNG", (icons.ICONS[name].size,) * 2)


def test_the_favicon_has_the_sizes_that_browsers_show() -> None:
    icon = picture(icons.FAVICON)
    assert icon.format == "ICO" and icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}


def test_a_maskable_icon_fills_its_square_and_keeps_the_letter_in_the_safe_circle() -> None:
    icon = picture("maskable-512.png").convert("RGBA")
    assert icon.getchannel("A").getextrema() == (255, 255)
    white = [(x, y) for x in range(0, 512, 3) for y in range(0, 512, 3) if min(icon.getpixel((x, y))[:3]) > 200]
    assert white and max((x - 256) ** 2 + (y - 256) ** 2 for x, y in white) < (0.4 * 512) ** 2


def test_a_plain_icon_has_round_corners_and_a_monochrome_one_is_a_shape_only() -> None:
    assert picture("any-192.png").getpixel((0, 0))[3] == 0
    shape = picture("monochrome-512.png")
    assert shape.getpixel((4, 4))[3] == 0 and shape.getchannel("A").getextrema() == (0, 255)


@pytest.mark.parametrize(("title", "letter"), [("alpina", "A"), ("«Été»", "É"), ("42 Alps", "4"), ("中国", "中"), ("…", ""), ("ßig", "S")])
def test_the_letter_is_the_first_that_counts(title: str, letter: str) -> None:
    assert icons.initial(title) == letter


@pytest.mark.parametrize("title", ["中国", "…", ""])
def test_a_gable_stands_in_for_letters_that_the_font_lacks(title: str) -> None:
    assert icons.draw("any-192.png", title, *BRAND[1:]) == icons.draw("any-192.png", "", *BRAND[1:])


def test_the_colours_are_those_of_the_brand() -> None:
    red, green, blue, _alpha = picture("any-192.png").getpixel((96, 6))
    assert abs(red - 0x0B) < 12 and abs(green - 0x6B) < 12 and abs(blue - 0x4F) < 12


@pytest.mark.parametrize(("text", "is_one"), [("#2f5bea", True), ("#FFF", False), ("red", False), ("#2f5bea;}", False), ("#2f5bea\n", False), ("", False)])
def test_only_six_digits_make_a_colour(text: str, is_one: bool) -> None:
    assert icons.is_colour(text) is is_one
