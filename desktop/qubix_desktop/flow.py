"""The wizard's flow as data: which page follows which, on what condition, and how Back works.

No Qt in here. A page hands in one typed, frozen value; the flow after it is a new value. What a
page shows is the page's own business; where it leads stands in FLOW and nowhere else. Values are
tuples, but for those that hold what nobody may read: Python makes a dataclass at each start anew,
and a dozen of them would keep the first page waiting.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from qubix_worker.settings import Settings

if TYPE_CHECKING:
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

Wish = Literal["open", "repair", "change", "move", "removed"]


@dataclass(frozen=True)
class Existing:
    """What to do with a computer that is set up already."""

    wish: Wish
    enrollment: str = field(default="", repr=False)
    """For a repair: a new invitation to the very network that it belongs to, if there is one."""


@dataclass(frozen=True)
class Network:
    """The network that the person has confirmed."""

    server: str
    name: str
    enrollment: str = field(default="", repr=False)


class Computer(NamedTuple):
    """What was found, as far as later pages need it, and which cards are left out."""

    memory_total_bytes: int | None = None
    graphics_cards: int = 0
    excluded_cards: tuple[str, ...] = ()
    left_out: int = 0
    """How many of `graphics_cards` are left out."""

    @property
    def shares_graphics(self) -> bool:
        return self.graphics_cards > self.left_out


class Sharing(NamedTuple):
    """How this computer shares: the settings that the page shows, by their own names."""

    name: str = ""
    only_when_idle: bool = Settings.only_when_idle
    idle_minutes: int = Settings.idle_minutes
    hours: tuple[str, ...] = Settings.hours
    on_battery: bool = Settings.on_battery
    processor: bool = Settings.processor
    processor_percent: int = Settings.processor_percent
    memory_limit_mb: int = Settings.memory_limit_mb
    stop_above_celsius: int = Settings.stop_above_celsius
    start_at_sign_in: bool = Settings.start_at_sign_in


class _Fact:
    """There is nothing more to it than that it is so."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class Prepared(_Fact):
    """The software is in place."""


class Online(NamedTuple):
    """The first heartbeat was acknowledged."""

    name: str = ""


class Finished(_Fact):
    """The person has read the last page."""


Answer = Existing | Network | Computer | Sharing | Prepared | Online | Finished


# --- The flow ---------------------------------------------------------------------------------


class FlowError(Exception):
    """A page handed in what the flow has no way for: a mistake in the program."""


class Flow(NamedTuple):
    """Where the wizard is, what it knows, and the pages that Back returns to."""

    page: Page = Page.WELCOME
    been: tuple[Page, ...] = ()
    kept: Settings = Settings()
    """What was chosen before, by an earlier setup or by hand; what no page asks for stays so."""
    existing: Existing | None = None
    network: Network | None = None
    computer: Computer | None = None
    sharing: Sharing | None = None
    prepared: Prepared | None = None
    online: Online | None = None
    finished: Finished | None = None

    @property
    def wish(self) -> Wish | None:
        """What is to be done with a computer that is set up; None where it is not."""
        return self.existing.wish if self.existing else None

    @property
    def is_set_up(self) -> bool:
        """Whether this computer belongs to a network, if the wizard ends here."""
        if self.page in (Page.DONE, Page.CLOSED):
            return True
        return self.wish not in (None, "removed") or self.page is Page.SET_UP

    @property
    def can_go_back(self) -> bool:
        return FLOW[self.page].back and bool(self.been)

    def answered(self, answer: Answer) -> Flow:
        """The flow after the page has handed in `answer`."""
        leads = FLOW[self.page]
        if not isinstance(answer, leads.asks):
            raise FlowError(f"the page {self.page.value!r} does not ask for {answer!r}")
        change: dict[str, Any] = {_FIELDS[leads.asks]: answer}
        knows = self._replace(**change)
        for way in leads.ways:
            if way.when(knows):
                been = () if way.no_return else (*self.been, self.page)
                return knows._replace(page=way.to, been=been)
        raise FlowError(f"no way leads on from {self.page.value!r} after {answer!r}")

    def back(self) -> Flow:
        """The flow one page earlier; what was answered there is kept, to be changed."""
        if not self.can_go_back:
            raise FlowError(f"no way leads back from {self.page.value!r}")
        return self._at(self.been[-1])

    def given_up(self) -> Flow:
        """The flow after a cancel, when what was begun has been undone: back where one chooses."""
        self._must_have_begun()
        return self._at(next(page for page in (Page.SHARING, Page.SET_UP) if page in self.been))

    def another_network(self) -> Flow:
        """The flow after "use another code", when what was begun has been undone."""
        self._must_have_begun()
        if Page.WELCOME in self.been:
            return self._at(Page.WELCOME)
        # A repair, or a change, that only a new invitation can help.
        asks = self._at(Page.SET_UP)
        return asks.answered(Existing("move"))

    def _must_have_begun(self) -> None:
        if not FLOW[self.page].begins:
            raise FlowError(f"nothing to give up on {self.page.value!r}")

    def _at(self, page: Page) -> Flow:
        return self._replace(page=page, been=self.been[: self.been.index(page)])

    def choices(self) -> Choices:
        """What setup needs to know. Raises FlowError before the person has chosen all of it."""
        from qubix_worker.setup.steps import Choices  # noqa: PLC0415 - the first page needs none

        if self.wish == "repair" and self.existing:
            return Choices(self.kept.server, self.kept, self.existing.enrollment, afresh=True)
        if self.computer is None or self.sharing is None:
            raise FlowError("setup cannot begin before the first three pages are answered")
        chosen = dataclasses.replace(
            self.kept,
            **self.sharing._asdict(),
            excluded_cards=self.computer.excluded_cards,
        )
        if self.wish == "change":
            return Choices(self.kept.server, dataclasses.replace(chosen, name=self.kept.name))
        if self.network is None:
            raise FlowError("setup cannot begin before it is known which network to join")
        server = self.network.server
        return Choices(server, dataclasses.replace(chosen, server=server), self.network.enrollment)


def _always(_: Flow) -> bool:
    return True


def _wishes(*wishes: Wish) -> Callable[[Flow], bool]:
    return lambda flow: flow.wish in wishes


class Way(NamedTuple):
    to: Page
    when: Callable[[Flow], bool] = _always
    no_return: bool = False
    """What was is gone: Back does not lead there."""


class Leads(NamedTuple):
    """A page's row: what it asks for, where that leads, and the ways out of it."""

    asks: type[Answer]
    ways: tuple[Way, ...]
    back: bool = False
    begins: bool = False
    """It changes this computer; to give up is to undo that."""


FLOW: Mapping[Page, Leads] = {
    Page.SET_UP: Leads(
        Existing,
        (
            Way(Page.CLOSED, _wishes("open")),
            Way(Page.PREPARING, _wishes("repair")),
            Way(Page.COMPUTER, _wishes("change")),
            Way(Page.WELCOME, _wishes("move")),
            Way(Page.WELCOME, _wishes("removed"), no_return=True),
        ),
    ),
    Page.WELCOME: Leads(Network, (Way(Page.COMPUTER),), back=True),
    Page.COMPUTER: Leads(Computer, (Way(Page.SHARING),), back=True),
    Page.SHARING: Leads(Sharing, (Way(Page.PREPARING),), back=True),
    Page.PREPARING: Leads(
        Prepared,
        (Way(Page.CLOSED, _wishes("change")), Way(Page.JOINING)),
        begins=True,
    ),
    Page.JOINING: Leads(Online, (Way(Page.DONE),), begins=True),
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
