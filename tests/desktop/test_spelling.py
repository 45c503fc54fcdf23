"""A code and an address, put right and checked while a person types them."""

from __future__ import annotations

import pytest

from qubix_desktop.spelling import (
    AddressTrouble,
    CodeTrouble,
    address_trouble,
    code_trouble,
    grouped,
)


def typing(keys: str) -> str:
    """What stands in the field after these keys; `<` takes a letter back."""
    text = ""
    for key in keys:
        edited = text[:-1] if key == "<" else text + key
        text, cursor = grouped(edited, len(edited), text)
        assert cursor == len(text)
    return text


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("k7q", "K7Q"),
        ("k7qm", "K7QM-"),
        ("k7qm2xwd", "K7QM-2XWD"),
        ("K7QM-2XWD", "K7QM-2XWD"),
        ("K7QM\N{EN DASH}2XWD", "K7QM-2XWD"),
        ("k7qm 2xwd", "K7QM-2XWD"),
        ("\uff2b7qm2xwd", "K7QM-2XWD"),
        ("k7qm<", "K7QM"),
        ("k7qm<<", "K7Q"),
        ("k7qm<2xwd", "K7QM-2XWD"),
        ("k7qm2<", "K7QM"),
        ("k7qm2xwdd", "K7QM-2XWDD"),
    ],
)
def test_a_code_is_shown_as_it_is_written_elsewhere(keys: str, shown: str) -> None:
    assert typing(keys) == shown


@pytest.mark.parametrize(
    ("text", "cursor", "shown", "then"),
    [
        ("K7QaM-2XWD", 4, "K7QA-M2XWD", 4),
        ("xK7QM-2XWD", 1, "XK7Q-M2XWD", 1),
        ("K7QM-a2XWD", 6, "K7QM-A2XWD", 6),
        ("K7Q-2XWD", 3, "K7Q2-XWD", 3),
        ("K7QM2XWD", 4, "K7QM-2XWD", 4),
    ],
)
def test_the_cursor_stays_with_its_letter(text: str, cursor: int, shown: str, then: int) -> None:
    assert grouped(text, cursor, "K7QM-2XWD") == (shown, then)


@pytest.mark.parametrize("text", ["qubix://join?server=h&code=k7qm-2xwd", "a" * 43])
def test_what_is_no_code_stays_as_it_was_pasted(text: str) -> None:
    assert grouped(text, 7) == (text, 7)
    assert code_trouble(text, left=True) is None


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", None),
        ("K0", None),  # the group is not finished yet
        ("K7Q", None),
        ("K7QM-", None),
        ("K0QM-", "look-alikes"),
        ("K7QM-2O", None),
        ("K7QM-2XOD", "look-alikes"),
        ("k7iM", "look-alikes"),
        ("K7Ü", None),
        ("K7ÜM", "signs"),
        ("K7QM-2X!D", "signs"),
        ("K7QM-2XWD", None),
        ("K7QM-2XWDX", "too long"),
    ],
)
def test_only_what_is_finished_is_spoken_of(text: str, trouble: CodeTrouble | None) -> None:
    assert code_trouble(text, left=False) == trouble


@pytest.mark.parametrize(
    ("text", "trouble"),
    [("", None), ("K7QM-2X", "too short"), ("K0", "look-alikes"), ("K7QM-2XWD", None)],
)
def test_a_field_that_was_left_is_finished(text: str, trouble: CodeTrouble | None) -> None:
    assert code_trouble(text, left=True) == trouble


@pytest.mark.parametrize(
    ("text", "now", "later"),
    [
        ("", None, None),
        ("comp", None, None),
        ("compute.example.org", None, None),
        (" compute.example.org ", None, None),
        ("https://", None, "malformed"),
        ("https://compute.example.org/fleet?x=1", None, None),
        ("qubix://join?server=h.example&code=K7QM-2XWD", None, None),
        ("two words", "spaces", "spaces"),
        ("user@host", None, "malformed"),
        ("host:99999", None, "malformed"),
    ],
)
def test_an_address_is_let_be_until_it_is_finished(
    text: str, now: AddressTrouble | None, later: AddressTrouble | None
) -> None:
    assert address_trouble(text, left=False) == now
    assert address_trouble(text, left=True) == later
