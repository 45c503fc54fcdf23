"""The line between a job's child process and its worker, as the child holds it.

Orders come in on standard input, a word or two a line; what the child says goes out on standard
output. Its end of file means that the worker is gone, however it went. Both are taken away from
where a library or a program begun by this process would find them. There is one such line in a
process, as there is one standard input, so this module is its only owner.

    worker to child   prepare KIND   load what jobs of that kind need; a job follows, or the end
                      begin KIND NAME   run the job in the folder NAME
                      go             what `compiled` offered has been taken; begin the program
                      over           the time of the job is over
    child to worker   tied           it ends with its worker, where that can be: it may be stopped
                      compiled       COMPILED in the job's folder is whole, and no program has begun
                      running        the program begins now
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable

MARK = b"\x01"
"""Begins each line that is said, to tell it from what a library may print."""

_orders: queue.SimpleQueue[list[str]] = queue.SimpleQueue()
_when_over: list[Callable[[], None]] = []
_saying: list[int] = []
_gone = threading.Event()


def take(when_gone: Callable[[], None]) -> None:
    """Takes the line up, on a thread that calls `when_gone` once the worker is gone."""
    listening = os.dup(0)
    _saying.append(os.dup(1))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    # What anything prints from now on goes where errors go: to the worker's log, unmarked.
    os.dup2(2, 1)
    os.close(nothing)
    threading.Thread(target=_listen, args=(listening, when_gone), daemon=True).start()


def order() -> list[str]:
    """The next order, word by word; waits for it."""
    return _orders.get()


def say(word: str) -> None:
    """Tells the worker; a no-op outside of a job's child process."""
    for line in _saying:
        os.write(line, MARK + word.encode("ascii") + b"\n")


def offer(word: str) -> None:
    """Tells the worker, and waits until it says `go`."""
    say(word)
    if _saying:
        while order() != ["go"]:
            pass


def when_over(act: Callable[[], None]) -> None:
    """Has `act` called, on another thread, when the worker says that the job's time is over."""
    _when_over.append(act)


def worker_gone() -> bool:
    """Whether the line has ended. From then on nothing is to be begun; the process ends."""
    return _gone.is_set()


def _listen(listening: int, when_gone: Callable[[], None]) -> None:
    with open(listening, "rb") as lines:
        for line in lines:
            words = line.decode("utf-8").split()
            if words == ["over"]:
                for act in _when_over:
                    act()
            else:
                _orders.put(words)
    _gone.set()
    when_gone()
