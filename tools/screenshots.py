"""Every page and state as a picture, drawn by the real windows: `make screenshots`.

    python tools/screenshots.py                    those that are kept, anew
    python tools/screenshots.py --to F [VARIANT…]  as large as they are, for looking at

Each variant is drawn by a process of its own, on an X server of its own with a tray. The main
pictures are kept in docs/screenshots; all of them, small and in few colours, in
tests/desktop/pictures, where a test compares fresh ones with them.
"""

from __future__ import annotations

# ruff: noqa: PLC0415 - Qt and the windows are imported by the drawing process only
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from own_display import own_display
from page_pictures import PAGES, SCHEMES, draw_pages

if TYPE_CHECKING:
    from PIL import Image

    from qubix_desktop.colours import Colours

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "screenshots"
KEPT = ROOT / "tests" / "desktop" / "pictures"
FONT = "DejaVu Sans"
"""Debian's fonts-dejavu-core, which the tests install."""
COLOURS = 32
REDUCED = 2
MAIN = (
    "wizard-1-welcome", "wizard-1-typing", "wizard-2-computer", "wizard-3-sharing",
    "wizard-4-preparing", "wizard-5-joining", "wizard-5-failed", "wizard-6-done",
    "wizard-set-up", "status-online", "status-working", "status-paused", "status-settings",
    "status-log", "removal", "tray-menu", "tray-icons",
)  # fmt: skip
"""What docs/screenshots shows, light and dark."""


@dataclass(frozen=True)
class Variant:
    scheme: str = "light"
    scale: str = "1"
    language: str = "en_GB"
    """Or `long`, which is nobody's."""
    right_to_left: bool = False
    contrast: bool = False


VARIANTS: Mapping[str, Variant] = {
    "light": Variant(),
    "dark": Variant("dark"),
    "large": Variant(scale="2"),
    "long": Variant(language="long"),
    "right-to-left": Variant("dark", language="long", right_to_left=True),
    "contrast-light": Variant(contrast=True),
    "contrast-dark": Variant("dark", contrast=True),
    "portuguese": Variant(language="pt_BR"),
    "spanish": Variant("dark", language="es_ES"),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, help="a folder for pictures as large as they are")
    parser.add_argument("--no-page", action="store_true", help="leave the server's pages out")
    parser.add_argument("--only-page", action="store_true", help="only the server's pages")
    parser.add_argument("--inside", choices=list(VARIANTS), help=argparse.SUPPRESS)
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=", ".join(VARIANTS))
    arguments = parser.parse_args()
    if arguments.inside:
        return draw(VARIANTS[arguments.inside], arguments.to)
    if not shutil.which("Xvfb"):
        sys.stderr.write("screenshots: Xvfb is missing. Install it (Debian: xvfb) and try again.\n")
        return 1
    names = [] if arguments.only_page else arguments.variants or list(VARIANTS)
    with tempfile.TemporaryDirectory() as made:
        to = arguments.to or Path(made)
        draw_all(names, to)
        if not arguments.to:
            keep(names, to)
        if not arguments.no_page and not arguments.variants:
            draw_pages(arguments.to or DOCS, Path(made))
    if not arguments.to:
        clear(KEPT, DOCS)
    return 0


def draw_all(names: Sequence[str], to: Path) -> None:
    """Draws each variant into a folder of its name."""
    with own_display() as display, tempfile.TemporaryDirectory() as home:
        for name in names:
            (to / name).mkdir(parents=True, exist_ok=True)
            environment = {
                **os.environ, "DISPLAY": display, "QT_SCALE_FACTOR": VARIANTS[name].scale,
                "QT_QPA_PLATFORM": "xcb", "QT_FONT_DPI": "96", "QUBIX_HOME": home,
                "LC_ALL": "C.UTF-8", "TZ": "UTC",
            }  # fmt: skip
            command = [sys.executable, __file__, "--inside", name, "--to", str(to / name)]
            subprocess.run(command, env=environment, check=True)


def keep(names: Sequence[str], drawn: Path) -> None:
    """Puts what was drawn where it is kept; what is not drawn any more goes."""
    from PIL import Image

    for name in names:
        shutil.rmtree(KEPT / name, ignore_errors=True)
        (KEPT / name).mkdir(parents=True)
        for picture in sorted((drawn / name).glob("*.png")):
            reduced(picture).save(KEPT / name / picture.name, optimize=True)
            if name in SCHEMES and picture.stem in MAIN:
                DOCS.mkdir(parents=True, exist_ok=True)
                whole = Image.open(picture).convert("RGB").quantize(128, dither=Image.Dither.NONE)
                whole.save(DOCS / f"{picture.stem}-{name}.png", optimize=True)
        print(f"{KEPT / name}: {len(list((KEPT / name).iterdir()))} pictures")


def clear(kept: Path, docs: Path) -> None:
    """Takes away what nothing draws any more: variants, and pictures that are not to be shown."""
    for folder in kept.iterdir():
        if folder.name not in VARIANTS:
            shutil.rmtree(folder)
    shown = {f"{name}-{scheme}" for name in (*MAIN, *PAGES) for scheme in SCHEMES}
    for picture in docs.glob("*.png"):
        if picture.stem not in shown:
            picture.unlink()


def reduced(picture: Path) -> Image.Image:
    """A picture as it is kept: small, in few colours."""
    from PIL import Image

    whole = Image.open(picture).convert("RGB")
    by = REDUCED * (2 if "large" in picture.parts else 1)
    return whole.reduce(by).quantize(COLOURS, dither=Image.Dither.NONE)


# --- The drawing process ----------------------------------------------------------------------


def draw(variant: Variant, to: Path) -> int:
    """All scenes in one variant."""
    import pseudo
    import scenes
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QFont
    from PySide6.QtWidgets import QApplication, QProxyStyle, QStyle, QSystemTrayIcon

    from qubix_desktop import colours, languages, theme
    from qubix_worker.paths import Paths

    class Still(QProxyStyle):
        """Nothing moves, as people can ask of their desktop."""

        def styleHint(self, hint: QStyle.StyleHint, *rest: object) -> int:  # noqa: N802 - Qt's
            if hint == QStyle.StyleHint.SH_Widget_Animation_Duration:
                return 0
            return super().styleHint(hint, *rest)  # type: ignore[arg-type]

    app = QApplication([])
    app.setStyle(Still("Fusion"))
    app.setCursorFlashTime(0)
    font = QFont(FONT)
    font.setPointSizeF(10)
    app.setFont(font)
    language = "en_GB" if variant.language == "long" else variant.language
    languages.speak(app, languages.wanted({languages.OVERRIDE: language}))
    if variant.language == "long":
        app.installTranslator(pseudo.Mirrored(app) if variant.right_to_left else pseudo.Long(app))
    if variant.right_to_left:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    dark = variant.scheme == "dark"
    scheme = Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light
    theme.wear(app, scheme, contrast=variant.contrast)
    worn = colours.ALL[("contrast " if variant.contrast else "") + variant.scheme]
    if shutil.which("trayer"):
        scenes.until(QSystemTrayIcon.isSystemTrayAvailable)
    for scene in scenes.scenes(Paths.of_user()):
        scene.window.grab().save(str(to / f"{scene.name}.png"))
    draw_icons(to, worn, "-dark" if dark else "")
    sys.stdout.flush()
    os._exit(0)  # a made-up setup may still wait on its thread


def draw_icons(to: Path, colours: Colours, panel: str) -> None:
    """The tray's icons side by side, in the sizes that trays have."""
    from PySide6.QtCore import QRect, Qt
    from PySide6.QtGui import QGuiApplication, QPainter, QPixmap

    from qubix_desktop import icons

    ratio = QGuiApplication.primaryScreen().devicePixelRatio()
    sides = (16, 22, 32, 64)
    states: tuple[icons.StateIcon, ...] = (
        "starting", "online", "working", "paused", "offline", "attention",
    )  # fmt: skip
    strip = QPixmap(round(162 * len(states) * ratio), round(130 * ratio))
    strip.setDevicePixelRatio(ratio)
    strip.fill(colours.rail)
    painter = QPainter(strip)
    painter.setPen(colours.text)
    for at, state in enumerate(states):
        left = at * 162 + 6
        for side in sides:
            painter.drawPixmap(left, 84 - side, icons.picture(f"tray-{state}{panel}", side, ratio))
            left += side + 4
        painter.drawText(QRect(at * 162, 96, 162, 24), Qt.AlignmentFlag.AlignCenter, state)
    painter.end()
    strip.save(str(to / "tray-icons.png"))


if __name__ == "__main__":
    sys.exit(main())
