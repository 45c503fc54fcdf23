"""The icons are up to date, hold the sizes that systems ask for, and can be told apart."""

from __future__ import annotations

import importlib.util
import io
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image, ImageChops, ImageStat
from PIL.IcnsImagePlugin import IcnsImageFile
from PIL.IcoImagePlugin import IcoImageFile

ICONS = Path(__file__).resolve().parents[2] / "icons"
LIGHT_PANEL = (243, 243, 243)
DARK_PANEL = (32, 33, 36)
VARIANTS = ("", "-dark")
# WCAG 2.2, 1.4.11: graphical objects have a contrast of at least 3 to 1.
LEGIBLE = 3.0


@pytest.fixture(scope="module")
def renderer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("icons_render", ICONS / "render.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_committed_files_are_what_the_svgs_render_to(renderer: ModuleType) -> None:
    for path, made in renderer.files().items():
        assert path.is_file(), f"{path} is missing: run icons/render.py"
        if path.suffix == ".svg":
            assert path.read_bytes() == made, f"{path} is not a copy: run icons/render.py"
            continue
        for now, then in zip(frames(made), frames(path.read_bytes()), strict=True):
            assert now.size == then.size
            # Another release of Qt may smooth an edge a little differently.
            difference = ImageStat.Stat(ImageChops.difference(now, then))
            assert max(difference.mean) < 2, f"{path} is out of date: run icons/render.py"


def test_rendering_twice_gives_the_same_bytes(renderer: ModuleType) -> None:
    assert renderer.files() == renderer.files()


def test_windows_gets_every_size_that_it_shows(renderer: ModuleType) -> None:
    with Image.open(ICONS / "rendered" / "qubix.ico") as icon:
        assert {(16, 16), (24, 24), (32, 32), (48, 48), (256, 256)} <= icon.info["sizes"]
        assert icon.info["sizes"] == {(size, size) for size in renderer.ICO_SIZES}


def test_macos_gets_every_size_up_to_the_large_one() -> None:
    with Image.open(ICONS / "rendered" / "qubix.icns") as icon:
        pixels = {width * scale for width, _, scale in icon.info["sizes"]}
    assert pixels == {32, 64, 128, 256, 512, 1024}


def test_the_png_files_have_the_size_in_their_name(renderer: ModuleType) -> None:
    for size in renderer.PNG_SIZES:
        with Image.open(ICONS / "rendered" / f"qubix-{size}.png") as icon:
            assert (icon.size, icon.mode) == ((size, size), "RGBA")


@pytest.mark.parametrize("size", [16, 22, 32])
@pytest.mark.parametrize("panel", [LIGHT_PANEL, DARK_PANEL], ids=["light", "dark"])
@pytest.mark.parametrize("variant", VARIANTS, ids=["plain", "for-dark"])
def test_tray_states_differ_in_shape_and_not_only_in_colour(
    renderer: ModuleType, size: int, panel: tuple[int, int, int], variant: str
) -> None:
    masks = {
        state: mask(renderer.render(renderer.DESKTOP / f"tray-{state}{variant}.svg", size), panel)
        for state in renderer.TRAY_STATES
    }
    for one, other in itertools.combinations(masks, 2):
        differing = ImageStat.Stat(ImageChops.difference(masks[one], masks[other])).mean[0] / 255
        assert differing > 0.06, f"{one} and {other} look alike: {differing:.1%} of the pixels"


@pytest.mark.parametrize("panel", [LIGHT_PANEL, DARK_PANEL], ids=["light", "dark"])
def test_every_icon_stands_out_from_the_panel_at_16_pixels(
    renderer: ModuleType, panel: tuple[int, int, int]
) -> None:
    svgs = sorted(renderer.DESKTOP.glob("*.svg"))
    assert len(svgs) == 1 + len(renderer.TRAY_STATES) * len(VARIANTS)
    for svg in svgs:
        shown = on_panel(renderer.render(svg, 16), panel)
        clear = sum(contrast(pixel, panel) >= LEGIBLE for pixel in pixels_of(shown))
        assert clear >= 256 // 6, f"{svg.name}: only {clear} of 256 pixels stand out"


@pytest.mark.parametrize("variant", VARIANTS, ids=["plain", "for-dark"])
@pytest.mark.parametrize("panel", [LIGHT_PANEL, DARK_PANEL], ids=["light", "dark"])
def test_every_colour_of_the_tray_stands_out_from_its_panel_and_from_a_wrongly_guessed_one(
    renderer: ModuleType, panel: tuple[int, int, int], variant: str
) -> None:
    for state in renderer.TRAY_STATES:
        for body in bodies(renderer.DESKTOP / f"tray-{state}{variant}.svg"):
            assert contrast(body, panel) >= LEGIBLE, (state, body)
            assert contrast(body, (255, 255, 255)) >= LEGIBLE, "what is drawn inside is white"


def test_the_icons_for_dark_panels_are_lighter_and_otherwise_the_same(
    renderer: ModuleType,
) -> None:
    for state in renderer.TRAY_STATES:
        plain = renderer.DESKTOP / f"tray-{state}.svg"
        dark = renderer.DESKTOP / f"tray-{state}-dark.svg"
        (colour,), (lighter,) = bodies(plain), bodies(dark)
        assert contrast(lighter, DARK_PANEL) > 1.15 * contrast(colour, DARK_PANEL), state
        shapes = [renderer.render(svg, 32).getchannel("A") for svg in (plain, dark)]
        assert shapes[0].tobytes() == shapes[1].tobytes(), state


@pytest.mark.parametrize(
    "name",
    [
        "qubix",
        *(f"tray-{state}{dark}" for state in ("online", "working", "paused") for dark in VARIANTS),
    ],
)
def test_what_is_drawn_inside_the_cube_is_seen_at_16_pixels(
    renderer: ModuleType, name: str
) -> None:
    drawn = renderer.render(renderer.DESKTOP / f"{name}.svg", 16)
    shown = list(pixels_of(on_panel(drawn, DARK_PANEL)))
    body = max(set(shown) - {DARK_PANEL}, key=shown.count)
    # At least the area of a line of two pixels, half the cube's height long.
    assert sum(contrast(pixel, body) >= LEGIBLE and min(pixel) > 180 for pixel in shown) >= 12


@pytest.mark.parametrize("size", [16, 32, 512])
def test_the_mark_is_centred_and_fills_its_square(renderer: ModuleType, size: int) -> None:
    left, top, right, bottom = renderer.render(ICONS / "qubix.svg", size).getbbox()
    assert abs(left - (size - right)) <= 1
    assert abs(top - (size - bottom)) <= 1
    assert bottom - top >= 0.9 * size


def frames(data: bytes) -> Iterator[Image.Image]:
    """Every picture in a .png, .ico or .icns, largest last."""
    with Image.open(io.BytesIO(data)) as icon:
        if isinstance(icon, IcoImageFile):
            yield from (icon.ico.getimage(size) for size in sorted(icon.info["sizes"]))
        elif isinstance(icon, IcnsImageFile):
            yield from (icon.icns.getimage(size) for size in sorted(icon.info["sizes"]))
        else:
            yield icon.convert("RGBA")


def on_panel(icon: Image.Image, panel: tuple[int, int, int]) -> Image.Image:
    ground = Image.new("RGBA", icon.size, (*panel, 255))
    return Image.alpha_composite(ground, icon).convert("RGB")


def mask(icon: Image.Image, panel: tuple[int, int, int]) -> Image.Image:
    """White where the icon's coloured body is, black where the panel or white shows: its shape
    as somebody sees it who sees no colours."""
    grey = ImageChops.difference(on_panel(icon, panel).convert("L"), Image.new("L", icon.size, 255))
    alpha = icon.getchannel("A")
    return ImageChops.multiply(grey.point(lambda value: 255 if value > 70 else 0), alpha)


def bodies(svg: Path) -> set[tuple[int, int, int]]:
    """Every colour of a drawing but white."""
    found = set(re.findall("#[0-9A-Fa-f]{6}", svg.read_text(encoding="utf-8"))) - {"#FFFFFF"}
    return {(int(c[1:3], 16), int(c[3:5], 16), int(c[5:7], 16)) for c in found}


def pixels_of(image: Image.Image) -> Iterator[tuple[int, int, int]]:
    data = image.tobytes()
    return zip(data[0::3], data[1::3], data[2::3], strict=True)


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """WCAG 2.2's contrast ratio, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: tuple[int, int, int]) -> float:
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
