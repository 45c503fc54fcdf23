"""What goes into the frozen application, as plain values: no PyInstaller in here.

`qubix.spec` hands these to PyInstaller. What differs between systems stands in `Target` only, so
that the Windows and macOS sides can be read and tested on Linux.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PROJECT = Path(__file__).resolve().parent.parent

Entry = tuple[str, str, str]
"""PyInstaller's table-of-contents entry: name in the bundle, source file, type."""

# Parts of Qt that the window needs and that are found by name at run time. All other plugins go,
# and then every library that nothing left refers to (see `without_unused`).
QT_PLUGINS = {
    # Windows; offscreen serves tests and machines without a display.
    "platforms": ("qxcb", "qwayland", "qoffscreen", "qwindows", "qcocoa"),
    "iconengines": ("qsvgicon",),
    "imageformats": ("qsvg",),
    # How Windows and macOS look; Fusion, for Linux, is built in.
    "styles": ("qwindowsvistastyle", "qmodernwindowsstyle", "qmacstyle"),
    # Accents and input methods.
    "platforminputcontexts": (
        "composeplatforminputcontextplugin",
        "ibusplatforminputcontextplugin",
    ),
    # Tells dark from light where no desktop's own theme is loaded.
    "platformthemes": ("qxdgdesktopportal",),
    "wayland-shell-integration": ("xdg-shell",),
    "wayland-decoration-client": ("adwaita", "bradient"),
}
QT_LANGUAGES = ("en", "es", "pt", "pt_BR", "pt_PT")

# Brought in by a package's optional import, and never used here.
PYTHON_EXCLUDES = (
    "_pytest", "IPython", "PIL", "curses", "distutils", "lib2to3", "numpy", "pip", "pydoc_data",
    "pytest", "readline", "setuptools", "sqlite3", "test", "tkinter", "unittest",
    "wasmtime.bindgen", "qubix_server",
)  # fmt: skip
WINDOW_MODULES = ("PySide6", "shiboken6", "qubix_desktop")


@dataclass(frozen=True)
class Target:
    """One system's way of having an application."""

    name: str
    suffix: str = ""
    icon: Path | None = None
    """Set into the executables."""
    strip: bool = False
    """Take debugging symbols out of libraries."""
    app_bundle: bool = False
    """An .app bundle is made, with an Info.plist."""
    version_resource: bool = False

    def executable(self, folder: Path, name: str) -> Path:
        return folder / f"{name}{self.suffix}"


LINUX = Target("linux", strip=True)
WINDOWS = Target(
    "windows",
    suffix=".exe",
    icon=PROJECT / "icons" / "rendered" / "qubix.ico",
    version_resource=True,
)
MACOS = Target("macos", icon=PROJECT / "icons" / "rendered" / "qubix.icns", app_bundle=True)


def target_for(platform: str) -> Target:
    """The target for a value of `sys.platform`."""
    return {"win32": WINDOWS, "darwin": MACOS}.get(platform, LINUX)


def version() -> str:
    """The distribution's version, read where it is kept, without importing it."""
    text = (PROJECT / "worker" / "qubix_worker" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__\s*=\s*"([^"]+)"', text, re.MULTILINE)
    if not found:
        raise ValueError("worker/qubix_worker/__init__.py does not say __version__")
    return found[1]


def worker_data() -> list[tuple[str, str]]:
    """The worker's own sources, beside its frozen modules: what runs can be read, and the one
    readable file with its SHA-256 (the amalgamation) can be made from them."""
    return _tree(PROJECT / "worker" / "qubix_worker")


def desktop_data() -> list[tuple[str, str]]:
    """The window's icons, translations and other files; not its sources."""
    package = PROJECT / "desktop" / "qubix_desktop"
    return [pair for pair in _tree(package) if not pair[0].endswith((".py", ".ts"))]


def _tree(package: Path) -> list[tuple[str, str]]:
    """Every file of `package` with the folder that it goes to, in a fixed order."""
    return [
        (str(file), file.parent.relative_to(package.parent).as_posix())
        for file in sorted(package.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]


def wanted(name: str) -> bool:
    """Whether the file `name` (its path in the bundle) is of use to this application."""
    path = PurePosixPath(name.replace("\\", "/"))
    if "plugins" in path.parts:
        kind, plugin = path.parts[-2], path.name.split(".")[0].removeprefix("lib")
        return plugin in QT_PLUGINS.get(kind, ())
    if "translations" in path.parts and path.suffix == ".qm":
        return path.stem.startswith("qtbase_") and path.stem.removeprefix("qtbase_") in QT_LANGUAGES
    # 20 MB that draw OpenGL without a graphics card; the window draws none.
    return path.name.lower() != "opengl32sw.dll"


def without_unused(files: Iterable[Entry], imports: Callable[[str], Iterable[str]]) -> list[Entry]:
    """`files` less those that are not wanted, less the libraries that only those needed, and less
    the links to them. `imports` gives the names of the libraries that a file refers to."""
    entries = [entry for entry in files if wanted(entry[0])]
    # Loaded by name, so that nothing refers to them: Python's extension modules, Qt's plugins,
    # Python itself and wasmtime's library.
    needed = [entry for entry in entries if entry[2] == "EXTENSION" or _loaded_by_name(entry[0])]
    libraries: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry not in needed and entry[2] == "BINARY":
            libraries.setdefault(_file_name(entry[0]), []).append(entry)
    kept = list(needed)
    while needed:
        for name in imports(needed.pop()[1]):
            found = libraries.pop(_file_name(name), [])
            needed += found
            kept += found
    places = {name for name, _, _ in kept}
    links = [entry for entry in entries if entry[2] == "SYMLINK" and _leads_to(entry) in places]
    others = [entry for entry in entries if entry[2] not in ("EXTENSION", "BINARY", "SYMLINK")]
    return kept + links + others


def _loaded_by_name(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    own = re.match(r"(lib)?python3|python$", path.name, re.IGNORECASE)
    return "plugins" in path.parts or path.parts[0] in ("wasmtime", "Python.framework") or bool(own)


def _file_name(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name.lower()


def _leads_to(link: Entry) -> str:
    """A link's source is relative to the folder that it stands in."""
    parts: list[str] = []
    for part in (PurePosixPath(link[0]).parent / link[1]).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def info_plist() -> dict[str, object]:
    """macOS' Info.plist, beyond what PyInstaller writes by itself."""
    return {
        "CFBundleName": "QUBIX",
        "CFBundleDisplayName": "QUBIX",
        "CFBundleShortVersionString": version(),
        "CFBundleVersion": version(),
        # The oldest that PySide6's wheels load on (doc.qt.io, "Qt for macOS").
        "LSMinimumSystemVersion": "13.0",
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": "MIT License, QUBIX contributors",
        "CFBundleURLTypes": [
            {
                "CFBundleURLName": "network.qubix.join",
                "CFBundleTypeRole": "Viewer",
                "CFBundleURLSchemes": ["qubix"],
            }
        ],
    }


def version_resource(name: str, description: str) -> str:
    """Windows' version information for `name`.exe, in the form that PyInstaller reads."""
    numbers = ([int(part) for part in re.findall(r"\d+", version())] + [0] * 4)[:4]
    strings = {
        "CompanyName": "QUBIX contributors",
        "FileDescription": description,
        "FileVersion": version(),
        "InternalName": name,
        "LegalCopyright": "MIT License, QUBIX contributors",
        "OriginalFilename": f"{name}.exe",
        "ProductName": "QUBIX",
        "ProductVersion": version(),
    }
    table = ", ".join(f"StringStruct({key!r}, {value!r})" for key, value in strings.items())
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={tuple(numbers)}, prodvers={tuple(numbers)}, "
        "mask=0x3F, flags=0, OS=0x40004, fileType=1, subtype=0, date=(0, 0)), "
        # 0409, 04B0: English, Unicode.
        f"kids=[StringFileInfo([StringTable('040904B0', [{table}])]), "
        "VarFileInfo([VarStruct('Translation', [0x0409, 0x04B0])])])\n"
    )
