"""Small pictures and words of files: CPU time of each, beside the same work in a new Python process for each file.

    python -m bench previews [--share=1.0]

Looks at 1,000 texts, 200 pictures and 50 PDFs, or a share of them. A text must cost at most a quarter of what it costs in a new process.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from app.lib import file_looks
from bench.calibration import calibrate

TARGET, PEERS = 4.0, 20
_ALONE = "import sys; from app.lib.file_workshop import work; work(sys.argv[1:])"


async def main() -> int:
    """Print the costs. Returns 1 when texts are too dear."""
    parser = argparse.ArgumentParser(prog="python -m bench previews")
    parser.add_argument("--share", type=float, default=1.0)
    options, _others = parser.parse_known_args()
    print(f"CPU ms of a file (calibration loop: {calibrate():.1f} ms)")
    with tempfile.TemporaryDirectory() as name:
        folder, ratios = Path(name), []
        for what, task, group, count, file in (
            ("pictures of texts", "thumb", "text", 1000, _text(folder)), ("pictures of photos", "thumb", "picture", 200, _photo(folder)),
            ("words of PDFs", "text", "pdf", 50, _pdf(folder)), ("pictures of PDFs", "thumb", "pdf", 50, folder / "a.pdf"),
        ):
            number = max(2, round(count * options.share))
            cost, alone = await _cost(task, group, file, number), _cost_alone([task, group, str(file), str(folder / "out")])
            ratios.append(alone / cost)
            print(f"  {number:5,} {what:20} {cost:6.1f}, in a new process {alone:6.1f}, ratio {ratios[-1]:.1f}; {cost * number / 1000:.1f} s together")
    return int(ratios[0] < TARGET)


async def _cost(task: str, group: str, file: Path, count: int) -> float:
    before = _spent()
    made = await asyncio.gather(*(file_looks.look(task, group, file) for _ in range(count)))
    assert all(one.content for one in made), made[0].facts
    file_looks.close()  # so that its time is told
    return (_spent() - before) / count * 1000


def _cost_alone(words: Sequence[str]) -> float:
    before = _spent()
    for _ in range(PEERS):
        subprocess.run([sys.executable, "-c", _ALONE, *words], check=True)
    return (_spent() - before) / PEERS * 1000


def _spent() -> float:
    return sum(sum(resource.getrusage(which)[:2]) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _lines(count: int) -> list[str]:
    chance = random.Random(1)
    words = [f"{chance.getrandbits(30):x}" for _ in range(500)]
    return [" ".join(chance.choices(words, k=9)) for _ in range(count)]


def _text(folder: Path) -> Path:
    file = folder / "a.txt"
    file.write_text("\n".join(_lines(60)))
    return file


def _photo(folder: Path) -> Path:
    file = folder / "a.jpg"
    Image.effect_noise((1600, 1200), 60).convert("RGB").save(file, quality=80)
    return file


def _pdf(folder: Path) -> Path:
    """A page of text."""
    shown = "BT /F1 11 Tf 50 800 Td 13 TL " + " ".join(f"({line}) Tj T*" for line in _lines(55)) + " ET"
    parts = (
        "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", f"<</Length {len(shown)}>>stream\n{shown}\nendstream",
    )
    file = folder / "a.pdf"
    objects = "".join(f"{number} 0 obj\n{part}\nendobj\n" for number, part in enumerate(parts, 1))
    file.write_text(f"%PDF-1.4\n{objects}trailer<</Root 1 0 R/Size 6>>\n%%EOF")
    return file
