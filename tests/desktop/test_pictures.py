"""Every page and state looks as it was when somebody last looked at it, and liked it.

After a change that is meant to be seen: `make screenshots`, look at what has changed, commit it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("PIL", reason="Pillow compares the pictures")

import screenshots
from PIL import Image, ImageChops, ImageStat

BLOCK = 6
"""Pixels of a kept picture that are looked at as one: what is drawn a little otherwise (another
version of a font or of Qt) does not count, what is elsewhere does."""
DIFFERENCE_MOST = 40
"""Of 255, in any block."""
AVERAGE_MOST = 1.0
"""Of 255, in the whole picture."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("Xvfb"):
        pytest.skip("Xvfb is missing (Debian: xvfb)")
    folder = tmp_path_factory.mktemp("drawn")
    screenshots.draw_all(list(screenshots.VARIANTS), folder)
    return folder


@pytest.mark.slow
@pytest.mark.xdist_group("pictures")
@pytest.mark.parametrize("variant", screenshots.VARIANTS)
def test_the_windows_look_as_they_are_known(drawn: Path, variant: str, tmp_path: Path) -> None:
    kept = screenshots.KEPT / variant
    assert {p.name for p in kept.iterdir()} == {p.name for p in (drawn / variant).iterdir()}
    others = [p.stem for p in sorted(kept.iterdir()) if differs(drawn / variant / p.name, p)]
    assert others == [], "see them with: python tools/screenshots.py --to FOLDER " + variant


def test_a_line_of_text_that_is_gone_would_be_seen(tmp_path: Path) -> None:
    kept = screenshots.KEPT / "light" / "removal.png"
    drawing = Image.open(kept).convert("RGB").resize((460, 196))
    drawing.paste(drawing.getpixel((5, 5)), (20, 20, 300, 34))
    drawing.save(tmp_path / "removal.png")
    assert differs(tmp_path / "removal.png", kept)


def test_pictures_that_nothing_draws_any_more_are_taken_away_and_no_others(tmp_path: Path) -> None:
    kept = shutil.copytree(screenshots.KEPT, tmp_path / "kept")
    docs = shutil.copytree(screenshots.DOCS, tmp_path / "docs")
    before = sorted(tmp_path.rglob("*"))
    (kept / "sepia").mkdir()
    shutil.copy(kept / "light" / "removal.png", kept / "sepia")
    shutil.copy(docs / "removal-light.png", docs / "wizard-7-light.png")
    screenshots.clear(kept, docs)
    assert sorted(tmp_path.rglob("*")) == before


def differs(fresh: Path, kept: Path) -> bool:
    one, other = screenshots.reduced(fresh).convert("RGB"), Image.open(kept).convert("RGB")
    if one.size != other.size:
        return True
    difference = ImageChops.difference(one, other)
    blocks = ImageChops.difference(one.reduce(BLOCK), other.reduce(BLOCK)).convert("L")
    average = max(ImageStat.Stat(difference).mean)
    return average > AVERAGE_MOST or max(blocks.getextrema()) > DIFFERENCE_MOST
