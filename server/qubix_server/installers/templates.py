"""The texts beside this module that installers are made of, and how values get into them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with each @SLOT@ filled; in one pass, so that no value is taken for a slot."""
    return re.sub(r"@([A-Z0-9]+)@", lambda found: values[found[1]], text(template))


@functools.cache
def text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="ascii")
