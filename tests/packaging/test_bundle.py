"""What goes into the application, on each system, without building one."""

from __future__ import annotations

import plistlib
from types import ModuleType

import pytest

import qubix_worker


def test_the_version_is_the_workers(bundle: ModuleType) -> None:
    assert bundle.version() == qubix_worker.__version__


@pytest.mark.parametrize(
    ("platform", "name", "executable"),
    [
        ("linux", "linux", "qubix-worker"),
        ("win32", "windows", "qubix-worker.exe"),
        ("darwin", "macos", "qubix-worker"),
    ],
)
def test_each_system_has_its_target(
    bundle: ModuleType, platform: str, name: str, executable: str
) -> None:
    target = bundle.target_for(platform)
    assert target.name == name
    assert target.executable(bundle.PROJECT, "qubix-worker").name == executable
    assert target.icon is None or target.icon.is_file()


def test_macos_learns_of_the_link_that_joins_a_network(bundle: ModuleType) -> None:
    plist = plistlib.loads(plistlib.dumps(bundle.info_plist()))
    assert plist["CFBundleURLTypes"][0]["CFBundleURLSchemes"] == ["qubix"]
    assert plist["CFBundleShortVersionString"] == qubix_worker.__version__


def test_windows_version_resource_is_what_pyinstaller_evaluates(bundle: ModuleType) -> None:
    # As PyInstaller does it (utils/win32/versioninfo.py, load_version_info_from_text_file); its
    # own classes need a library that is there on Windows only, so calls are taken down instead.
    def taken_down(name: str):
        return lambda *values, **named: (name, values, named)

    names = (
        *("VSVersionInfo", "FixedFileInfo", "StringFileInfo", "StringTable", "StringStruct"),
        *("VarFileInfo", "VarStruct"),
    )
    text = bundle.version_resource("qubix-worker", "QUBIX worker")
    name, _, parts = eval(text, {n: taken_down(n) for n in names})  # noqa: S307
    assert name == "VSVersionInfo"
    strings = parts["kids"][0][1][0][0][1][1]
    assert ("StringStruct", ("OriginalFilename", "qubix-worker.exe"), {}) in strings
    numbers = tuple(int(part) for part in qubix_worker.__version__.split("."))
    assert parts["ffi"][2]["filevers"] == (*numbers, 0)


def test_the_workers_sources_and_its_list_of_libraries_come_along(bundle: ModuleType) -> None:
    places = {source.rsplit("/", 1)[-1]: folder for source, folder in bundle.worker_data()}
    assert places["requirements.txt"] == places["wire.py"] == "qubix_worker"
    assert places["detect.py"] == "qubix_worker/hardware"


def test_the_windows_icons_come_along_and_its_sources_stay(bundle: ModuleType) -> None:
    names = [source.rsplit("/", 1)[-1] for source, _ in bundle.desktop_data()]
    assert {"qubix.svg", "qubix-16.png", "tray-paused.svg", "tray-paused-dark.svg"} <= set(names)
    assert not [name for name in names if name.endswith(".py")]


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", False),
        (r"PySide6\plugins\platforms\qwindows.dll", True),
        ("PySide6/Qt/plugins/platforms/libqcocoa.dylib", True),
        ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", False),
        ("PySide6/Qt/translations/qtbase_pt_BR.qm", True),
        ("PySide6/Qt/translations/qtbase_de.qm", False),
        ("qubix_desktop/resources/translations/qubix_de.qm", False),
        (r"PySide6\opengl32sw.dll", False),
        ("libcrypto.so.3", True),
    ],
)
def test_only_what_is_of_use_stays(bundle: ModuleType, name: str, stays: bool) -> None:
    assert bundle.wanted(name) is stays


def test_a_library_goes_with_the_last_that_needed_it(bundle: ModuleType) -> None:
    files = [
        ("PySide6/QtGui.abi3.so", "/s/QtGui.abi3.so", "EXTENSION"),
        ("PySide6/Qt/lib/libQt6Gui.so.6", "/s/libQt6Gui.so.6", "BINARY"),
        ("PySide6/Qt/lib/libQt6Quick.so.6", "/s/libQt6Quick.so.6", "BINARY"),
        ("libQt6Gui.so.6", "PySide6/Qt/lib/libQt6Gui.so.6", "SYMLINK"),
        ("libQt6Quick.so.6", "PySide6/Qt/lib/libQt6Quick.so.6", "SYMLINK"),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", "/s/libqeglfs.so", "BINARY"),
        ("libz.so.1", "/s/libz.so.1", "BINARY"),
        ("libpython3.11.so.1.0", "/s/libpython3.11.so.1.0", "BINARY"),
        ("wasmtime/linux-x86_64/_libwasmtime.so", "/s/_libwasmtime.so", "BINARY"),
        ("certifi/cacert.pem", "/s/cacert.pem", "DATA"),
    ]
    imports = {
        "/s/QtGui.abi3.so": ["libQt6Gui.so.6"],
        "/s/libQt6Gui.so.6": ["libz.so.1", "libc.so.6"],
        "/s/libqeglfs.so": ["libQt6Quick.so.6"],
    }
    kept = bundle.without_unused(files, lambda file: imports.get(file, []))
    assert {name for name, _, _ in files} - {name for name, _, _ in kept} == {
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "libQt6Quick.so.6",
        "PySide6/Qt/plugins/platforms/libqeglfs.so",
    }


def test_names_of_libraries_are_compared_as_windows_does(bundle: ModuleType) -> None:
    files = [
        (r"PySide6\QtCore.pyd", r"C:\s\QtCore.pyd", "EXTENSION"),
        ("VCRUNTIME140.dll", r"C:\s\VCRUNTIME140.dll", "BINARY"),
        ("python311.dll", r"C:\s\python311.dll", "BINARY"),
    ]
    kept = bundle.without_unused(files, lambda _: ["vcruntime140.dll"])
    assert sorted(kept) == sorted(files)


def test_the_key_of_a_build_changes_with_its_inputs_only(build: ModuleType) -> None:
    assert build.key() == build.key()
    names = {path.relative_to(build.bundle.PROJECT).as_posix() for path in build.inputs()}
    assert {"packaging/qubix.spec", "worker/qubix_worker/wire.py"} <= names
    assert not [name for name in names if name.endswith(".pyc")]
