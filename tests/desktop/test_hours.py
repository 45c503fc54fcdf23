"""Hours to share between what a person edits and what stands in the settings, without Qt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_desktop.hours import EVERY_DAY, Span, lines, spans
from qubix_worker.guest.hours import Plan

anything = st.builds(
    Span,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 24 * 60 - 1),
    st.integers(0, 24 * 60 - 1),
)


@pytest.mark.parametrize(
    ("line", "span"),
    [
        ("20:00-07:00", Span(EVERY_DAY, 1200, 420)),
        ("mon-fri 20:00-07:00", Span(frozenset(range(5)), 1200, 420)),
        ("sat,sun", Span(frozenset({5, 6}), 0, 0)),
        ("mon-sun", Span(EVERY_DAY, 0, 0)),
        ("mon,wed,fri-sun 08:30-12:00", Span(frozenset({0, 2, 4, 5, 6}), 510, 720)),
        ("tue 18:00-00:00", Span(frozenset({1}), 1080, 0)),
    ],
)
def test_a_line_and_a_span_say_the_same(line: str, span: Span) -> None:
    assert spans((line,)) == (span,)
    assert span.line == line


@pytest.mark.parametrize(
    ("line", "as_shown"), [("08:00-24:00", "08:00-00:00"), ("fri-mon 10:00-11:00", None)]
)
def test_what_was_written_by_hand_is_understood(line: str, as_shown: str | None) -> None:
    (span,) = spans((line,))
    assert Plan.of([span.line]) == Plan.of([line])
    assert as_shown in (None, span.line)


@given(st.lists(anything, max_size=5).map(tuple))
def test_whatever_is_edited_is_a_plan_and_is_shown_the_same_again(
    chosen: tuple[Span, ...],
) -> None:
    written = lines(chosen)
    plan = Plan.of(written)
    assert bool(plan.spans) == bool(chosen)
    assert lines(spans(written)) == written


def test_hours_without_a_day_are_refused() -> None:
    with pytest.raises(ValueError, match="without a day"):
        _ = Span(frozenset()).line
