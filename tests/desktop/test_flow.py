"""The wizard's flow, without Qt."""

from __future__ import annotations

import subprocess
import sys

import pytest

from qubix_desktop.flow import (
    FLOW,
    STEPS,
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
)

NETWORK = Network("https://example.org", "Example Compute", "K7QM-2XWD")
ANSWERS = {
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


def test_a_computer_that_is_set_up_can_be_opened_or_removed() -> None:
    flow = Flow(Page.SET_UP)
    assert flow.answered(Existing("open")).page is Page.CLOSED
    removed = flow.answered(Existing("removed"))
    assert removed.page is Page.WELCOME
    assert not removed.can_go_back


def test_an_answer_of_another_page_is_refused() -> None:
    with pytest.raises(FlowError):
        Flow().answered(Sharing())


def test_the_choices_hold_what_the_pages_were_told() -> None:
    flow = Flow().answered(NETWORK).answered(Computer(excluded_cards=("GPU-1",)))
    choices = flow.answered(Sharing("desk", 1024, False, False)).choices()
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
