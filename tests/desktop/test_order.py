"""Tab goes as one reads; finding out how leaves nothing behind that is taken for a widget later."""

from __future__ import annotations

import gc

from PySide6.QtWidgets import QHBoxLayout, QLayoutItem, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from qubix_desktop.parts import order


def test_rows_are_read_before_what_stands_below_them(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    below = QPushButton("below")
    column, row = QVBoxLayout(window), QHBoxLayout()
    left, right = QLineEdit(), QLineEdit()
    column.addLayout(row)
    column.addWidget(below)
    row.addWidget(right)
    row.insertWidget(0, left)
    assert list(order.controls(window)) == [left, right, below]


def test_no_item_of_a_layout_is_held(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for name in "abc":
        column.addWidget(QPushButton(name))
    held = {id(one) for one in gc.get_objects() if isinstance(one, QLayoutItem)}
    order.as_one_reads(window)
    now = [one for one in gc.get_objects() if isinstance(one, QLayoutItem)]
    assert [one for one in now if id(one) not in held] == []
