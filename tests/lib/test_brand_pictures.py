"""Logos and slides: what comes out, and what nasty files come to."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image, features

from app.lib import brand_pictures
from app.lib.brand_pictures import PictureError
from app.lib.brand_workshop import PHONE_BYTES, Unfit, cut_logo, logo_source, slide
from tests.pictures import logo, photo, png_claiming, svg, written


def why(make: object, content: bytes) -> str:
    with pytest.raises(Unfit) as caught:
        make(content)  # type: ignore[operator]
    return caught.value.why


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


# -- logos


def test_a_logo_is_cut_to_270_by_70_and_sharp_on_fine_screens() -> None:
    files, facts = logo_source(written(logo(2160, 560)))
    assert opened(files["source"]).size == (1620, 420)
    cut, about = cut_logo(files["source"], tuple(facts["seen"]))
    assert about["width"] <= 270 and about["height"] <= 70 and 270 in (about["width"], *([about["height"]] if about["height"] == 70 else [270]))
    assert opened(cut["png"]).width <= 540 and opened(cut["png"]).height <= 140
    assert opened(cut["webp"]).size == opened(cut["png"]).size
    assert max(map(len, cut.values())) < 30_000


def test_the_part_that_was_chosen_is_what_is_kept() -> None:
    half = Image.new("RGB", (800, 200), "#ff0000")
    half.paste("#0000ff", (400, 0, 800, 200))
    cut, about = cut_logo(logo_source(written(half))[0]["source"], (0.5, 0, 0.5, 1))
    colour = opened(cut["png"]).convert("RGB").getpixel((5, 5))
    assert colour == (0, 0, 255)
    assert (about["width"], about["height"]) == (140, 70)


def test_small_logos_are_not_blown_up() -> None:
    _cut, about = cut_logo(logo_source(written(Image.new("RGB", (120, 30), "#123456")))[0]["source"], (0, 0, 1, 1))
    assert (about["width"], about["height"]) == (120, 30)


def test_it_is_noticed_where_a_logo_can_hardly_be_seen() -> None:
    assert cut_logo(logo_source(written(logo(colour="#10131a")))[0]["source"], (0, 0, 1, 1))[1]["faint_on"] == ["dark"]
    assert cut_logo(logo_source(written(logo(colour="#fdfdfd")))[0]["source"], (0, 0, 1, 1))[1]["faint_on"] == ["light"]
    assert cut_logo(logo_source(written(logo(colour="#2f7bea")))[0]["source"], (0, 0, 1, 1))[1]["faint_on"] == []


def test_a_drawing_is_rasterised() -> None:
    files, facts = logo_source(svg())
    assert opened(files["source"]).size == (1620, 420)
    assert not facts["has_letters"]
    assert facts["seen"][2] == pytest.approx(200 / 270, abs=0.01), "the empty edge is left out"


def test_a_drawing_with_letters_says_that_its_font_may_differ() -> None:
    assert logo_source(svg('<rect width="9" height="9"/><text x="9" y="40">Alpina</text>'))[1]["has_letters"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (svg("<script>alert(1)</script>"), "svg-script"),
        (svg('<rect width="9" height="9" onload="alert(1)"/>'), "svg-script"),
        (svg('<a href="javascript:alert(1)"><rect width="9" height="9"/></a>'), "svg-script"),
        (svg('<foreignObject width="9" height="9"><p xmlns="http://www.w3.org/1999/xhtml">hi</p></foreignObject>'), "svg-script"),
        (svg('<image href="file:///etc/passwd" width="9" height="9"/>'), "svg-reference"),
        (svg('<image xlink:href="https://tracker.example/x.png" width="9" height="9"/>'), "svg-reference"),
        (svg('<image href="data:image/svg+xml;base64,PHN2Zz4=" width="9" height="9"/>'), "svg-script"),
        (svg('<use href="other.svg#shape"/>'), "svg-reference"),
        (svg('<style>@import "https://fonts.example/x.css";</style><rect width="9" height="9"/>'), "svg-reference"),
        (svg('<rect width="9" height="9" style="fill:url(https://x.example/#p)"/>'), "svg-reference"),
        (svg('<rect width="9" height="9" style="fill:u\\72l(https://x.example/#p)"/>'), "svg-reference"),
        (svg('<rect width="9" height="9"/>', before='<?xml-stylesheet href="https://x.example/a.css"?>'), "svg-reference"),
        (svg("<text>&x;</text>", before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "svg-entity"),
        (svg("<text>&b;</text>", before='<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'), "svg-entity"),
        (svg('<rect width="9" height="9"><animate attributeName="x" to="9"/></rect>'), "svg-moving"),
        (svg(root='viewBox="0 0 900000 900000"'), "svg-huge"),
        (svg(root='viewBox="0 0 9000 2"'), "svg-huge"),
        (svg('<g><rect width="1" height="1"/></g>' * 20_000), "svg-huge"),
        (svg("<g>" * 5_000 + "</g>" * 5_000), "svg-huge"),
        (svg(" " * 2_000_001), "svg-huge"),
        (svg(root=""), "svg-broken"),
        (b"<svg", "svg-broken"),
        (b"<html><body>hello</body></html>", "svg-broken"),
        (svg("<g/>"), "blank"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_drawings_that_could_do_something_are_refused(content: bytes, reason: str) -> None:
    assert why(logo_source, content) == reason


# -- slides


def test_a_slide_comes_in_several_widths_for_windows_and_phones() -> None:
    files, facts = slide(written(photo(2000, 2800), "JPEG", quality=90))
    assert features.check("avif")
    assert facts["widths"] == [540, 865, 1300, 1730]
    assert set(files) == {
        *(f"w{width}-{kind}" for width in (540, 865, 1300, 1730) for kind in ("avif", "webp")), "w865-jpeg", *(f"p{width}-{kind}" for width in (480, 860) for kind in ("avif", "webp")),
    }
    assert opened(files["w1300-avif"]).size == (1300, 1820)
    assert opened(files["p860-webp"]).size == (860, 430)
    assert len(files["p860-avif"]) < 40_000


def test_the_strip_for_phones_stays_light_whatever_it_shows() -> None:
    busy = Image.merge("RGB", [Image.effect_noise((225, 315), 120).resize((900, 1260), Image.Resampling.BICUBIC) for _ in range(3)])
    files, _facts = slide(written(busy, "JPEG", quality=92))
    assert all(len(files[f"p{width}-avif"]) <= PHONE_BYTES for width in (480, 860))


def test_a_slide_of_just_the_least_size_is_taken_and_one_pixel_less_is_not() -> None:
    assert slide(written(photo(865, 1200)))[1]["widths"] == [540, 865]
    with pytest.raises(Unfit) as caught:
        slide(written(photo(864, 1200)))
    assert (caught.value.why, caught.value.width, caught.value.height) == ("small", 864, 1200)


def test_a_photograph_lying_on_its_side_is_measured_and_shown_upright() -> None:
    lying = photo(1250, 900)
    lying.paste("#ff0000", (0, 0, 300, 900))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise: what is left comes to the top
    files, facts = slide(written(lying, "JPEG", exif=exif, quality=95))
    assert (facts["width"], facts["height"]) == (900, 1250)
    red, green, _blue = opened(files["w865-jpeg"]).convert("RGB").getpixel((400, 20))
    assert red > 200 and green < 60
    assert why(slide, written(photo(1250, 864), "JPEG", exif=exif)) == "small"


def test_nothing_but_the_picture_remains() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET PLACE"
    sent = written(photo(), "JPEG", exif=exif, comment=b"SECRET WORD") + b"PK\x03\x04<script>SECRET FILE</script>"
    for name, body in slide(sent)[0].items():
        assert b"SECRET" not in body and b"script" not in body, name
        assert not opened(body).getexif(), name
        assert "icc_profile" not in opened(body).info, name


def test_colours_for_print_become_colours_for_screens() -> None:
    files, _facts = slide(written(Image.new("CMYK", (900, 1250), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = opened(files["w865-jpeg"]).convert("RGB").getpixel((400, 400))
    assert red > 200 and green < 90 and blue < 90


def test_sixteen_bits_of_grey_keep_their_greys() -> None:
    deep = Image.new("I;16", (900, 1250), 0x8000)
    tone = opened(slide(written(deep))[0]["w865-jpeg"]).convert("L").getpixel((400, 400))
    assert 120 <= tone <= 136


def test_a_palette_with_a_transparent_colour_is_taken() -> None:
    assert slide(written(photo().quantize(16)))[1]["widths"] == [540, 865]


@pytest.mark.parametrize("make", [slide, logo_source])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"hello, I am a picture", "type"),
        (written(photo(), "JPEG")[:4_000], "type"),
        (written(photo())[:-4_000], "type"),
        (b"GIF89a" + b"\0" * 400, "type"),
        (written(Image.new("P", (900, 1250)), "GIF"), "type"),
        (b"%PDF-1.7 " + b"\0" * 400, "type"),
        (png_claiming(20_000, 20_000), "large"),
        (png_claiming(2_000_000_000, 2_000_000_000), "large"),
        (written(photo(), "PNG", save_all=True, append_images=[photo(colour="#ff0000")]), "animated"),
        (written(photo(), "WEBP", save_all=True, append_images=[photo(colour="#ff0000")]), "animated"),
    ],
    ids=["empty", "text", "cut-jpeg", "cut-png", "broken-gif", "gif", "pdf", "bomb", "larger-bomb", "apng", "moving-webp"],
)
def test_files_that_are_no_still_picture_are_refused(make: object, content: bytes, reason: str) -> None:
    found = why(make, content)
    assert found == reason or (content[1:4] == b"PNG" and reason == "large" and found == "type")


async def test_forty_megapixels_take_bounded_time_beside_the_server() -> None:
    sent = written(photo(5200, 7700), "PNG", compress_level=1)
    assert 5200 * 7700 > 40_000_000
    began = time.perf_counter()
    made = await brand_pictures.slide(sent)
    assert made.facts["widths"] == [540, 865, 1300, 1730]
    assert time.perf_counter() - began < brand_pictures.TIMEOUT


async def test_a_refusal_is_a_sentence_with_the_size() -> None:
    with pytest.raises(PictureError, match=r"640 × 960 pixels\. A slide needs at least 865 × 1200"):
        await brand_pictures.slide(written(photo(640, 960), "JPEG"))
    with pytest.raises(PictureError, match="script"):
        await brand_pictures.logo_source(svg("<script/>"))


async def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brand_pictures, "TIMEOUT", 0.01)
    with pytest.raises(PictureError, match="too much to read"):
        await brand_pictures.slide(written(photo(), "JPEG"))
