"""Renders the master SVGs into the files that systems ask for. Run it after changing an SVG.

    python icons/render.py            writes icons/rendered/ and the desktop's copies
    python icons/render.py --check    says which of them are out of date, and writes nothing

The SVGs are the source; everything written here is committed, so that building a package needs
no renderer. Qt draws, because it is what draws the tray icons at run time too. The tray's icons
for dark panels are the same drawings in lighter colours (DARK), so they have no SVG of their own.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).resolve().parent
RENDERED = ICONS / "rendered"
DESKTOP = ICONS.parent / "desktop" / "qubix_desktop" / "resources" / "icons"

TRAY_STATES = ("starting", "online", "working", "paused", "offline", "attention")
DARK = {
    "#4478E6": "#5886E9",
    "#757C89": "#838A95",
    "#1F8F57": "#229C5F",
    "#C2620E": "#D66C0F",
}
"""The colours on a dark panel, in place of the masters'. Their luminance is 0.25, about the
lightest that still contrasts 3 to 1 with a light panel: what colour a panel has is a guess."""
PNG_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
# What Windows shows at 100 % to 400 % scaling (learn.microsoft.com, "Construct your Windows app's
# icon"); the largest that the format holds is 256.
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
ICNS_SIZES = (32, 64, 128, 256, 512, 1024)
# Apple's template leaves about a tenth free on each side (Human Interface Guidelines, App icons),
# so that icons of every outline look equally large in the Dock.
ICNS_MARGIN = 1 / 12


def render(svg: Path, size: int, margin: float = 0.0) -> Image.Image:
    """`svg` on a transparent square of `size` pixels, `margin` (0 to 0.5, of `size`) left free.

    Raises ValueError where the file is no SVG that Qt can draw.
    """
    drawing = QSvgRenderer(str(svg))
    if not drawing.isValid():
        raise ValueError(f"{svg} is not an SVG that Qt can draw")
    canvas = QImage(size, size, QImage.Format.Format_RGBA8888_Premultiplied)
    canvas.fill(0)
    painter = QPainter(canvas)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    free = size * margin
    drawing.render(painter, QRectF(free, free, size - 2 * free, size - 2 * free))
    painter.end()
    plain = canvas.convertToFormat(QImage.Format.Format_RGBA8888)
    return Image.frombytes("RGBA", (size, size), bytes(plain.constBits()))


def files() -> dict[Path, bytes]:
    """Every file that is made from the SVGs, and what it must hold."""
    master = ICONS / "qubix.svg"
    pngs = {size: _encoded([render(master, size)], "PNG") for size in PNG_SIZES}
    made = {RENDERED / f"qubix-{size}.png": png for size, png in pngs.items()}
    made[RENDERED / "qubix.ico"] = _encoded([render(master, s) for s in ICO_SIZES], "ICO")
    made[RENDERED / "qubix.icns"] = _encoded(
        [render(master, s, ICNS_MARGIN) for s in ICNS_SIZES], "ICNS"
    )
    made |= {DESKTOP / f"qubix-{size}.png": png for size, png in pngs.items()}
    made[DESKTOP / master.name] = master.read_bytes()
    for state in TRAY_STATES:
        svg = ICONS / f"tray-{state}.svg"
        made[DESKTOP / svg.name] = svg.read_bytes()
        made[DESKTOP / f"tray-{state}-dark.svg"] = for_dark_panels(svg.read_text("utf-8")).encode()
    return made


def for_dark_panels(svg: str) -> str:
    """The same drawing in the colours of DARK."""
    for colour, lighter in DARK.items():
        svg = svg.replace(colour, lighter)
    return svg


def _encoded(images: list[Image.Image], kind: str) -> bytes:
    """One file of `kind`; .ico and .icns hold all `images`, a PNG the only one."""
    buffer = io.BytesIO()
    *smaller, largest = images
    if kind == "PNG":
        largest.save(buffer, kind, optimize=True)
    elif kind == "ICO":
        largest.save(buffer, kind, append_images=smaller, sizes=[i.size for i in images])
    else:
        largest.save(buffer, kind, append_images=smaller)
    return buffer.getvalue()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Render the icons from their SVGs.")
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    check = parser.parse_args(arguments).check
    made = files()
    stale = [p for p, data in made.items() if not p.is_file() or p.read_bytes() != data]
    for path in stale:
        name = path.relative_to(ICONS.parent)
        sys.stdout.write(f"{'out of date' if check else 'rendered'}: {name}\n")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made[path])
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
