"""The wizard's flow as data: which page follows which, on what condition, and how Back works.

No Qt in here. A page hands in one typed, frozen value; the flow after it is a new value. What a
page shows is the page's own business; where it leads stands in FLOW and nowhere else.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from qubix_worker.settings import Settings
from qubix_worker.setup.steps import Choices


class Page(enum.Enum):
    """The pages, by the name that pictures and tests use for them."""

    SET_UP = "set up already"
    WELCOME = "welcome"
    COMPUTER = "this computer"
    SHARING = "how to share"
    PREPARING = "getting ready"
    JOINING = "going online"
    DONE = "done"
    CLOSED = "closed"


STEPS = (
    Page.WELCOME,
    Page.COMPUTER,
    Page.SHARING,
    Page.PREPARING,
    Page.JOINING,
    Page.DONE,
)
"""The six pages that a person counts."""


# --- What each page hands in ------------------------------------------------------------------


@dataclass(frozen=True)
class Existing:
    """What to do with a computer that is set up already."""

    wish: Literal["open", "removed"]


@dataclass(frozen=True)
class Network:
    """The network that the person has confirmed."""

    server: str
    name: str
    enrollment: str = field(default="", repr=False)


@dataclass(frozen=True)
class Computer:
    """What was found, as far as later pages need it, and which cards are left out."""

    memory_total_bytes: int | None = None
    graphics_cards: int = 0
    excluded_cards: tuple[str, ...] = ()

    @property
    def shares_graphics(self) -> bool:
        return self.graphics_cards > len(self.excluded_cards)


@dataclass(frozen=True)
class Sharing:
    """How this computer shares."""

    name: str = ""
    memory_limit_mb: int = Settings.memory_limit_mb
    processor: bool = True
    start_at_sign_in: bool = True


@dataclass(frozen=True)
class Prepared:
    """The software is in place."""


@dataclass(frozen=True)
class Online:
    """The first heartbeat was acknowledged."""

    name: str = ""


@dataclass(frozen=True)
class Finished:
    """The person has read the last page."""


Answer = Existing | Network | Computer | Sharing | Prepared | Online | Finished


# --- The flow ---------------------------------------------------------------------------------


class FlowError(Exception):
    """A page handed in what the flow has no way for: a mistake in the program."""


@dataclass(frozen=True)
class Flow:
    """Where the wizard is, what it knows, and the pages that Back returns to."""

    page: Page = Page.WELCOME
    been: tuple[Page, ...] = ()
    existing: Existing | None = None
    network: Network | None = None
    computer: Computer | None = None
    sharing: Sharing | None = None
    prepared: Prepared | None = None
    online: Online | None = None
    finished: Finished | None = None

    @property
    def can_go_back(self) -> bool:
        return FLOW[self.page].back and bool(self.been)

    def answered(self, answer: Answer) -> Flow:
        """The flow after the page has handed in `answer`."""
        leads = FLOW[self.page]
        if not isinstance(answer, leads.asks):
            raise FlowError(f"the page {self.page.value!r} does not ask for {answer!r}")
        change: dict[str, Any] = {_FIELDS[leads.asks]: answer}
        knows = dataclasses.replace(self, **change)
        for way in leads.ways:
            if way.when(knows):
                return dataclasses.replace(knows, page=way.to, been=(*self.been, self.page))
        raise FlowError(f"no way leads on from {self.page.value!r} after {answer!r}")

    def back(self) -> Flow:
        """The flow one page earlier; what was answered there is kept, to be changed."""
        if not self.can_go_back:
            raise FlowError(f"no way leads back from {self.page.value!r}")
        return dataclasses.replace(self, page=self.been[-1], been=self.been[:-1])

    def given_up(self) -> Flow:
        """The flow after a cancel, when what was begun has been undone."""
        return self._return_to(FLOW[self.page].gives_up_to)

    def another_network(self) -> Flow:
        """The flow after "use another code", when what was begun has been undone."""
        return self._return_to(Page.WELCOME if FLOW[self.page].gives_up_to else None)

    def _return_to(self, page: Page | None) -> Flow:
        if page is None or page not in self.been:
            raise FlowError(f"nothing to give up on {self.page.value!r}")
        return dataclasses.replace(self, page=page, been=self.been[: self.been.index(page)])

    def choices(self) -> Choices:
        """What setup needs to know. Raises FlowError before the person has chosen all of it."""
        if self.network is None or self.computer is None or self.sharing is None:
            raise FlowError("setup cannot begin before the first three pages are answered")
        return Choices(
            server=self.network.server,
            enrollment=self.network.enrollment,
            settings=Settings(
                server=self.network.server,
                name=self.sharing.name,
                memory_limit_mb=self.sharing.memory_limit_mb,
                processor=self.sharing.processor,
                excluded_cards=self.computer.excluded_cards,
                start_at_sign_in=self.sharing.start_at_sign_in,
            ),
        )


def _always(_: Flow) -> bool:
    return True


@dataclass(frozen=True)
class Way:
    to: Page
    when: Callable[[Flow], bool] = _always


@dataclass(frozen=True)
class Leads:
    """A page's row: what it asks for, where that leads, and the ways out of it."""

    asks: type[Answer]
    ways: tuple[Way, ...]
    back: bool = False
    gives_up_to: Page | None = None


FLOW: Mapping[Page, Leads] = {
    Page.SET_UP: Leads(
        Existing,
        (
            Way(Page.CLOSED, lambda flow: flow.existing == Existing("open")),
            Way(Page.WELCOME, lambda flow: flow.existing == Existing("removed")),
        ),
    ),
    Page.WELCOME: Leads(Network, (Way(Page.COMPUTER),)),
    Page.COMPUTER: Leads(Computer, (Way(Page.SHARING),), back=True),
    Page.SHARING: Leads(Sharing, (Way(Page.PREPARING),), back=True),
    Page.PREPARING: Leads(Prepared, (Way(Page.JOINING),), gives_up_to=Page.SHARING),
    Page.JOINING: Leads(Online, (Way(Page.DONE),), gives_up_to=Page.SHARING),
    Page.DONE: Leads(Finished, (Way(Page.CLOSED),)),
    Page.CLOSED: Leads(Finished, ()),
}

_FIELDS: Mapping[type[Answer], str] = {
    Existing: "existing",
    Network: "network",
    Computer: "computer",
    Sharing: "sharing",
    Prepared: "prepared",
    Online: "online",
    Finished: "finished",
}
