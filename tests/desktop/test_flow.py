"""The wizard's flow, without Qt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_desktop.flow import (
    FLOW,
    STEPS,
    Answer,
    Computer,
    Existing,
    Finished,
    Flow,
    FlowError,
    Network,
    Online,
    Page,
    Prepared,
    Sharing,
    Wish,
)
from qubix_worker.settings import Settings

NETWORK = Network("https://example.org", "Example Compute", "K7QM-2XWD")
ANSWERS: dict[Page, Answer] = {
    Page.WELCOME: NETWORK,
    Page.COMPUTER: Computer(memory_total_bytes=8 << 30),
    Page.SHARING: Sharing(name="desk"),
    Page.PREPARING: Prepared(),
    Page.JOINING: Online("desk"),
    Page.DONE: Finished(),
}


def at(page: Page) -> Flow:
    flow = Flow()
    while flow.page is not page:
        flow = flow.answered(ANSWERS[flow.page])
    return flow


def test_the_six_pages_follow_one_another_in_order() -> None:
    flow, seen = Flow(), []
    while flow.page is not Page.CLOSED:
        seen.append(flow.page)
        flow = flow.answered(ANSWERS[flow.page])
    assert tuple(seen) == STEPS


def test_every_page_has_its_row_and_every_way_leads_to_a_page() -> None:
    assert set(FLOW) == set(Page)
    reached = {way.to for leads in FLOW.values() for way in leads.ways}
    assert reached | {Page.SET_UP} == set(Page)


@pytest.mark.parametrize(
    ("page", "before"), [(Page.COMPUTER, Page.WELCOME), (Page.SHARING, Page.COMPUTER)]
)
def test_back_returns_to_the_page_before_and_keeps_what_was_answered(
    page: Page, before: Page
) -> None:
    flow = at(page)
    assert flow.can_go_back
    assert flow.back().page is before
    assert flow.back().network == NETWORK


@pytest.mark.parametrize("page", [Page.WELCOME, Page.PREPARING, Page.JOINING, Page.DONE])
def test_back_is_refused_where_it_would_lose_or_repeat_something(page: Page) -> None:
    flow = at(page)
    assert not flow.can_go_back
    with pytest.raises(FlowError):
        flow.back()


def test_back_and_forward_again_does_not_grow_the_way_back() -> None:
    flow = at(Page.SHARING)
    again = flow.back().back().answered(NETWORK).answered(ANSWERS[Page.COMPUTER])
    assert again == flow


@pytest.mark.parametrize("page", [Page.PREPARING, Page.JOINING])
def test_a_cancel_leads_back_to_the_choices(page: Page) -> None:
    flow = at(page).given_up()
    assert flow.page is Page.SHARING
    assert flow.back().page is Page.COMPUTER


@pytest.mark.parametrize("page", [Page.PREPARING, Page.JOINING])
def test_another_code_can_be_given_after_a_failure(page: Page) -> None:
    flow = at(page).another_network()
    assert flow.page is Page.WELCOME
    assert not flow.can_go_back


@pytest.mark.parametrize("page", [Page.WELCOME, Page.SHARING, Page.DONE])
def test_there_is_nothing_to_give_up_where_nothing_was_begun(page: Page) -> None:
    with pytest.raises(FlowError):
        at(page).given_up()
    with pytest.raises(FlowError):
        at(page).another_network()


# --- A computer that is set up ------------------------------------------------------------------

KEPT = Settings(
    server="https://example.org",
    name="desk",
    hours=("mon-fri 20:00-07:00",),
    excluded_cards=("GPU-9",),
    container_network=True,
)
PATHS: dict[Wish, tuple[Page, ...]] = {
    "open": (),
    "change": (Page.COMPUTER, Page.SHARING, Page.PREPARING),
    "repair": (Page.PREPARING, Page.JOINING, Page.DONE),
    "move": STEPS,
    "removed": STEPS,
}


def again(wish: Wish, page: Page) -> Flow:
    flow = Flow(Page.SET_UP, kept=KEPT).answered(Existing(wish))
    while flow.page is not page:
        flow = flow.answered(ANSWERS[flow.page])
    return flow


@pytest.mark.parametrize("wish", PATHS)
def test_each_wish_has_its_pages(wish: Wish) -> None:
    flow, seen = Flow(Page.SET_UP, kept=KEPT).answered(Existing(wish)), []
    while flow.page is not Page.CLOSED:
        seen.append(flow.page)
        flow = flow.answered(ANSWERS[flow.page])
    assert tuple(seen) == PATHS[wish]


@pytest.mark.parametrize("wish", PATHS)
def test_every_wish_is_one_that_a_person_can_have(wish: Wish) -> None:
    assert set(PATHS) == set(get_args(Wish))
    assert Flow(Page.SET_UP).answered(Existing(wish)).wish == wish


@pytest.mark.parametrize(("wish", "page"), [("change", Page.COMPUTER), ("move", Page.WELCOME)])
def test_back_returns_to_the_question_what_to_do(wish: Wish, page: Page) -> None:
    assert again(wish, page).back().page is Page.SET_UP


def test_back_does_not_lead_to_what_was_removed() -> None:
    assert not again("removed", Page.WELCOME).can_go_back
    assert again("removed", Page.COMPUTER).back().page is Page.WELCOME


@pytest.mark.parametrize(
    ("wish", "page", "to"),
    [
        ("change", Page.PREPARING, Page.SHARING),
        ("repair", Page.PREPARING, Page.SET_UP),
        ("repair", Page.JOINING, Page.SET_UP),
        ("move", Page.JOINING, Page.SHARING),
    ],
)
def test_a_cancel_leads_back_to_where_the_wish_was_made(wish: Wish, page: Page, to: Page) -> None:
    assert again(wish, page).given_up().page is to


def test_a_repair_that_needs_an_invitation_goes_on_as_a_move() -> None:
    flow = again("repair", Page.JOINING).another_network()
    assert (flow.page, flow.wish) == (Page.WELCOME, "move")
    assert flow.back().page is Page.SET_UP


def test_a_change_keeps_the_network_and_whatever_no_page_asks_for() -> None:
    choices = again("change", Page.PREPARING).choices()
    assert (choices.server, choices.enrollment, choices.afresh) == (KEPT.server, "", False)
    settings = choices.settings
    assert (settings.name, settings.container_network) == ("desk", True)
    assert settings.excluded_cards == ()  # the page said so


def test_a_repair_keeps_every_choice_and_starts_afresh() -> None:
    flow = Flow(Page.SET_UP, kept=KEPT).answered(Existing("repair", "K7QM-2XWD"))
    choices = flow.choices()
    assert (choices.server, choices.settings) == (KEPT.server, KEPT)
    assert (choices.enrollment, choices.afresh) == ("K7QM-2XWD", True)


def test_a_move_joins_the_other_network_with_the_same_choices() -> None:
    flow = Flow(Page.SET_UP, kept=KEPT).answered(Existing("move"))
    other = Network("https://other.example", "Other", "ABCD-EFGH")
    flow = flow.answered(other).answered(Computer()).answered(Sharing(name="table"))
    choices = flow.choices()
    assert (choices.server, choices.enrollment) == (other.server, other.enrollment)
    assert (choices.settings.server, choices.settings.name) == (other.server, "table")
    assert choices.settings.container_network


@pytest.mark.parametrize(
    ("flow", "is_set_up"),
    [
        (Flow(), False),
        (at(Page.JOINING), False),
        (at(Page.DONE), True),
        (Flow(Page.SET_UP), True),
        (again("move", Page.JOINING), True),
        (again("removed", Page.SHARING), False),
        (again("removed", Page.DONE), True),
    ],
)
def test_it_is_known_whether_a_computer_is_set_up_if_the_wizard_ends(
    flow: Flow, is_set_up: bool
) -> None:
    assert flow.is_set_up is is_set_up


# --- Whatever a person does -------------------------------------------------------------------


@given(st.data())
def test_no_walk_leads_astray(data: st.DataObject) -> None:
    """Answers, Back, Cancel and another code, in any order that the pages allow."""
    flow = Flow(data.draw(st.sampled_from([Page.WELCOME, Page.SET_UP])), kept=KEPT)
    for _ in range(data.draw(st.integers(0, 25))):
        if flow.page is Page.CLOSED:
            break
        moves: list[Callable[[Flow], Flow]] = [
            lambda flow, answer=answer: flow.answered(answer) for answer in possible(flow.page)
        ]
        if flow.can_go_back:
            moves.append(Flow.back)
        if FLOW[flow.page].begins:
            moves += [Flow.given_up, Flow.another_network]
        flow = data.draw(st.sampled_from(moves))(flow)
        assert len(set(flow.been)) == len(flow.been), "a page is on the way back once"
        assert flow.page not in flow.been
        assert not (flow.can_go_back and FLOW[flow.been[-1]].begins)
        if flow.page is Page.PREPARING:
            choices = flow.choices()
            assert choices.server
            assert choices.settings.container_network
            assert not (choices.enrollment and flow.wish == "change")


def possible(page: Page) -> list[Answer]:
    if page is Page.SET_UP:
        return [Existing(wish) for wish in get_args(Wish)]
    return [ANSWERS[page]]


# --- Its values ---------------------------------------------------------------------------------


def test_an_answer_of_another_page_is_refused() -> None:
    with pytest.raises(FlowError):
        Flow().answered(Sharing())


def test_the_choices_hold_what_the_pages_were_told() -> None:
    flow = Flow().answered(NETWORK).answered(Computer(excluded_cards=("GPU-1",)))
    choices = flow.answered(
        Sharing("desk", memory_limit_mb=1024, processor=False, start_at_sign_in=False)
    ).choices()
    assert (choices.server, choices.enrollment) == ("https://example.org", "K7QM-2XWD")
    settings = choices.settings
    assert settings.server == choices.server
    assert (settings.name, settings.memory_limit_mb) == ("desk", 1024)
    assert (settings.processor, settings.start_at_sign_in) == (False, False)
    assert settings.excluded_cards == ("GPU-1",)


def test_the_choices_are_refused_before_they_are_made() -> None:
    with pytest.raises(FlowError):
        at(Page.SHARING).choices()


def test_an_enrollment_is_never_part_of_what_is_logged() -> None:
    assert "K7QM" not in repr(at(Page.DONE))


def test_the_flow_and_the_invitation_know_no_qt() -> None:
    script = (
        "import sys, qubix_desktop.flow, qubix_desktop.invitation, qubix_desktop.checklist,"
        " qubix_desktop.support; sys.exit(any(m.startswith('PySide6') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
