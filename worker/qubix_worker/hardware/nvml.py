"""NVIDIA cards through the driver's own library, NVML (docs.nvidia.com/deploy/nvml-api).

A call into the driver may never return, so this must only be asked through `Asker`. The library
stays open between questions, since opening it takes long, unless a card may sleep: an open library
would keep it awake.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from qubix_worker.hardware import figures
from qubix_worker.hardware.probe import ProbeError
from qubix_worker.protocol import GraphicsCard, GraphicsUsage

T = TypeVar("T")

CARDS_MOST = 64
OPEN_SECONDS = 600.0
"""How long the use of a card that was plugged in may go unseen."""
_DRIVER_NOT_LOADED, _LIBRARY_NOT_FOUND, _VERSION_MISMATCH = 9, 12, 18
"""Of nvmlReturn_t."""
_TEMPERATURE_OF_GPU = 0
_MIG_ENABLED = 1


class LibraryMissingError(Exception):
    """The driver's library is not on this computer; its tool may be."""


class Nvml:
    """The library in `module` (pynvml, or what stands in for it in a test)."""

    def __init__(
        self, module: Any, *, keep_open: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._nvml = module
        self.keep_open = keep_open
        self._clock = clock
        self._is_open = False
        self._opened_at = 0.0
        self._lock = threading.Lock()

    def cards(self) -> tuple[GraphicsCard, ...]:
        """The cards that are there now, each followed by its partitions.

        Raises LibraryMissingError, ProbeError.
        """
        return self._asked(lambda: tuple(self._cards()), anew=True)

    def usage(self) -> tuple[GraphicsUsage, ...]:
        """Raises LibraryMissingError, ProbeError."""
        return self._asked(lambda: tuple(self._usage()), anew=False)

    def _asked(self, question: Callable[[], tuple[T, ...]], *, anew: bool) -> tuple[T, ...]:
        with self._lock:
            try:
                # It knows only the cards that were there when it was opened.
                if anew or self._clock() - self._opened_at > OPEN_SECONDS:
                    self._close()
                self._open()
                told = question()
            except self._nvml.NVMLError as error:
                self._close()
                raise _understood(error) from error
            if not self.keep_open:
                self._close()
            return told

    def _open(self) -> None:
        if not self._is_open:
            self._nvml.nvmlInit()
            self._is_open, self._opened_at = True, self._clock()

    def _close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._told(self._nvml.nvmlShutdown)

    def _cards(self) -> Iterator[GraphicsCard]:
        nvml = self._nvml
        driver = figures.version(_text(self._told(nvml.nvmlSystemGetDriverVersion)))
        for handle in self._handles():
            name = figures.name(_text(self._told(nvml.nvmlDeviceGetName, handle)))
            if name is None:
                continue
            uuid = _text(self._told(nvml.nvmlDeviceGetUUID, handle))
            memory = self._told(nvml.nvmlDeviceGetMemoryInfo, handle)
            place = self._told(nvml.nvmlDeviceGetPciInfo, handle)
            able = self._told(nvml.nvmlDeviceGetCudaComputeCapability, handle)
            total = figures.memory_bytes(getattr(memory, "total", None))
            compute = _compute(able)
            yield GraphicsCard(
                vendor="NVIDIA",
                name=name,
                uuid=uuid,
                memory_total_bytes=total,
                driver=driver,
                compute=compute,
                pci_address=figures.pci_address(_text(getattr(place, "busId", None))),
                form="discrete" if total else None,
            )
            if uuid:
                yield from self._partitions(handle, uuid, driver, compute)

    def _partitions(
        self, card: Any, uuid: str, driver: str | None, compute: str | None
    ) -> Iterator[GraphicsCard]:
        """The parts of a card in MIG mode (docs.nvidia.com/datacenter/tesla/mig-user-guide)."""
        nvml = self._nvml
        mode = self._told(nvml.nvmlDeviceGetMigMode, card)
        if not isinstance(mode, list | tuple) or not mode or mode[0] != _MIG_ENABLED:
            return
        most = figures.number(self._told(nvml.nvmlDeviceGetMaxMigDeviceCount, card), CARDS_MOST)
        for at in range(int(most or 0)):
            part = self._told(nvml.nvmlDeviceGetMigDeviceHandleByIndex, card, at)
            name = _text(self._told(nvml.nvmlDeviceGetName, part)) if part is not None else None
            if name is None:
                continue  # places for parts need not be taken
            memory = self._told(nvml.nvmlDeviceGetMemoryInfo, part)
            yield GraphicsCard(
                vendor="NVIDIA",
                name=name,
                uuid=_text(self._told(nvml.nvmlDeviceGetUUID, part)),
                memory_total_bytes=figures.memory_bytes(getattr(memory, "total", None)),
                driver=driver,
                compute=compute,
                form="partition",
                part_of=uuid,
            )

    def _usage(self) -> Iterator[GraphicsUsage]:
        nvml = self._nvml
        for handle in self._handles():
            name = figures.name(_text(self._told(nvml.nvmlDeviceGetName, handle)))
            if name is None:
                continue
            load = self._told(nvml.nvmlDeviceGetUtilizationRates, handle)
            heat = self._told(nvml.nvmlDeviceGetTemperature, handle, _TEMPERATURE_OF_GPU)
            memory = self._told(nvml.nvmlDeviceGetMemoryInfo, handle)
            total = figures.memory_bytes(getattr(memory, "total", None))
            used = figures.number(getattr(memory, "used", None), figures.MEMORY_BYTES_MOST)
            milliwatts = self._told(nvml.nvmlDeviceGetPowerUsage, handle)
            watts = figures.number(milliwatts, figures.WATTS_MOST * 1000)
            yield GraphicsUsage(
                name,
                percent=figures.number(getattr(load, "gpu", None), 100),
                temperature_celsius=figures.number(heat, figures.CELSIUS_MOST),
                memory_used_mb=round(used / figures.MIB, 1) if used is not None and total else None,
                memory_total_mb=round(total / figures.MIB, 1) if total else None,
                power_watts=watts / 1000 if watts is not None else None,
                uuid=_text(self._told(nvml.nvmlDeviceGetUUID, handle)),
            )

    def _handles(self) -> Iterator[Any]:
        count = figures.number(self._nvml.nvmlDeviceGetCount(), CARDS_MOST)
        for at in range(int(count or 0)):
            handle = self._told(self._nvml.nvmlDeviceGetHandleByIndex, at)
            if handle is not None:  # it is not when a card has just been pulled out
                yield handle

    def _told(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """What a call gives; None for what this card, or this driver, does not tell."""
        try:
            return call(*arguments)
        except self._nvml.NVMLError:
            return None


def _understood(error: Any) -> Exception:
    code = getattr(error, "value", None)
    if code == _LIBRARY_NOT_FOUND:
        return LibraryMissingError()
    if code == _VERSION_MISMATCH:
        return ProbeError(
            "nvidia_updated",
            "The NVIDIA driver was updated, but its old version still runs.",
            "Restart this computer.",
        )
    if code == _DRIVER_NOT_LOADED:
        return ProbeError(
            "nvidia_not_loaded",
            "The NVIDIA driver is installed, but does not run.",
            "Restart this computer; if it lasts, install the driver anew.",
        )
    return failed()


def failed() -> ProbeError:
    return ProbeError(
        "nvidia_failed",
        "The NVIDIA driver reports that it does not work.",
        "Install the current driver for this card, then try again.",
    )


def _text(told: Any) -> str | None:
    """A text; older versions of pynvml give bytes."""
    return figures.text(told.decode("utf-8", "replace") if isinstance(told, bytes) else told)


def _compute(able: Any) -> str | None:
    if not isinstance(able, list | tuple) or len(able) != 2:
        return None
    major, minor = (figures.number(part, 99) for part in able)
    return f"{int(major)}.{int(minor)}" if major and minor is not None else None
