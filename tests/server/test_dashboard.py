"""The dashboard for Grafana, and the document: whatever they name of /metrics, the server tells."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import LiveServer

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "packaging" / "server" / "grafana.json"
BY_PROMETHEUS = {"instance", "le"}


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return read


@pytest.fixture(scope="module")
def served(shared_server: LiveServer) -> dict[str, dict[str, set[str]]]:
    """The values of the labels of each metric."""
    machine = shared_server.join("watched")
    assert machine.beat().ok
    text = shared_server.ask("GET", "/metrics", credential=shared_server.token).text
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


def asked(dashboard: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_every_metric_and_label_that_the_dashboard_names_is_served(
    dashboard: dict[str, Any], served: dict[str, dict[str, set[str]]]
) -> None:
    for expression in asked(dashboard):
        names = re.findall(r"\b(qubix_\w+)", expression)
        assert names, expression
        labels = re.findall(r'(\w+)[=!]~?"', expression)
        for group in re.findall(r"\bby \(([^)]*)\)", expression):
            labels += group.split(", ")
        for name in names:
            assert name in served, expression
            assert set(labels) <= set(served[name]) | BY_PROMETHEUS, expression


def test_every_value_that_the_dashboard_looks_for_can_come(
    dashboard: dict[str, Any], served: dict[str, dict[str, set[str]]]
) -> None:
    for expression in asked(dashboard):
        for route in re.findall(r'route!?="([^"]*)"', expression):
            assert route in served["qubix_http_requests_total"]["route"]
        for states in re.findall(r'qubix_jobs\{.*?status=~"([^"]*)"', expression):
            assert set(states.split("|")) <= served["qubix_jobs"]["status"]


def test_the_dashboard_leaves_out_nothing_that_is_served(
    dashboard: dict[str, Any], served: dict[str, dict[str, set[str]]]
) -> None:
    text = " ".join(asked(dashboard))
    families = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in served}
    assert [name for name in sorted(families) if name not in text] == []


def test_the_document_explains_each_metric_and_its_labels(
    served: dict[str, dict[str, set[str]]],
) -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    rows = re.findall(r"^\| `(qubix_\w+)(?:\{([\w,]+)\})?` \|", text, re.MULTILINE)
    told = {re.sub(r"_(bucket|sum|count)$", "", name): set(of) for name, of in served.items()}
    assert {name: set(filter(None, labels.split(","))) for name, labels in rows} == {
        name: labels - BY_PROMETHEUS for name, labels in told.items()
    }


def test_no_panel_lies_upon_another(dashboard: dict[str, Any]) -> None:
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above
    assert all(place["x"] + place["w"] <= 24 for place in places)
