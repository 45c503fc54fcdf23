"""What this computer has. One module per thing that is probed; nothing is ever guessed.

`detect` finds everything once; `temperatures()` and `qubix_worker.usage` are asked again and again.
"""

from __future__ import annotations

import functools
from pathlib import Path

from qubix_worker.hardware import heat, readings
from qubix_worker.hardware.heat import Temperature

__all__ = ["Temperature", "temperatures"]


def temperatures() -> tuple[Temperature, ...]:
    """How hot the processor and each graphics card are; what no sensor tells is left out.

    Cheap: the cards' figures are those that the heartbeat also uses.
    """
    uses = readings.here().usage()
    return _processor().temperatures() + heat.of_cards(uses)


@functools.cache
def _processor() -> heat.Processor:
    return heat.Processor(Path("/"))
