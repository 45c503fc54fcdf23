"""What a specification of the kind `container` may say. Nothing here needs an engine."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix_worker.kinds import Limits, SpecError, container

DIGEST = "0123456789abcdef" * 4
IMAGE = f"registry.example.com/team/tool@sha256:{DIGEST}"
LIMITS = Limits(512)
ALL = Limits(512, cards=("GPU-1",), network=True)


def spec(**more: Any) -> dict[str, Any]:
    return {"image": IMAGE, **more}


def refusal(given: dict[str, Any], limits: Limits = LIMITS) -> str:
    with pytest.raises(SpecError) as caught:
        container.check(given, limits)
    return str(caught.value)


def test_where_only_cards_are_shared_a_job_must_want_one() -> None:
    only_cards = Limits(512, cards=("GPU-1",), processor=False)
    container.check(spec(gpu=True), only_cards)
    assert "only its graphics cards" in refusal(spec(), only_cards)


@pytest.mark.parametrize(
    "name",
    [
        "registry.example/library/busybox",
        "registry.example/a/b/c",
        "localhost/x",
        "localhost:5000/x",
        "192.0.2.1:443/x",
        "r.example/a.b_c__d-e--f/g",
    ],
)
def test_an_image_is_named_with_its_registry_and_its_digest(name: str) -> None:
    container.check({"image": f"{name}@sha256:{DIGEST}"}, LIMITS)


@pytest.mark.parametrize(
    "image",
    [
        "",
        "busybox",
        "registry.example/library/busybox",
        "registry.example/library/busybox:latest",
        f"registry.example/library/busybox:latest@sha256:{DIGEST}",
        f"busybox@sha256:{DIGEST}",
        f"library/busybox@sha256:{DIGEST}",
        f"--privileged@sha256:{DIGEST}",
        f"--volume=/:/host@sha256:{DIGEST}",
        f"-v@sha256:{DIGEST}",
        f"-e.x/x@sha256:{DIGEST}",
        f"registry.example/-x@sha256:{DIGEST}",
        f"registry.example/x@sha256:{DIGEST.upper()}",
        f"registry.example/x@sha256:{DIGEST[:-1]}",
        f"registry.example/x@sha256:{DIGEST}0",
        f"registry.example/x@md5:{DIGEST[:32]}",
        f"registry.example/X@sha256:{DIGEST}",
        f"registry.example/../x@sha256:{DIGEST}",
        f"registry.example/./x@sha256:{DIGEST}",
        f"registry.example//x@sha256:{DIGEST}",
        f"registry.example/x/@sha256:{DIGEST}",
        f"docker://registry.example/x@sha256:{DIGEST}",
        f"dir:/etc@sha256:{DIGEST}",
        f"oci-archive:/tmp/x@sha256:{DIGEST}",
        f"containers-storage:x@sha256:{DIGEST}",
        f"user:password@registry.example/x@sha256:{DIGEST}",
        f"registry.example/x@sha256:{DIGEST}\n",
        f"registry.example/x @sha256:{DIGEST}",
        f"registry.example/x\0@sha256:{DIGEST}",
        f"döcker.io/x@sha256:{DIGEST}",
        f"docker.io:99999999/x@sha256:{DIGEST}",
        f"https://registry.example/x@sha256:{DIGEST}",
        f"registry.example/{'a' * 300}@sha256:{DIGEST}",
        None,
        3,
        ["registry.example/x"],
    ],
)
def test_anything_else_is_no_image(image: object) -> None:
    assert "'image'" in refusal({"image": image})


def test_a_tag_is_refused_with_the_reason() -> None:
    assert "by its digest" in refusal({"image": "registry.example/library/busybox:latest"})


def test_an_image_without_a_registry_is_told_how_to_name_it() -> None:
    assert "registry.example/library/busybox" in refusal({"image": f"busybox@sha256:{DIGEST}"})


@given(st.text(max_size=80))
def test_what_is_taken_for_an_image_can_never_be_an_option(text: str) -> None:
    try:
        found = container.image({"image": f"{text}@sha256:{DIGEST}"})
    except SpecError:
        return
    assert found[0][0].isascii()
    assert found[0][0].isalnum()
    assert found[0].isprintable()
    assert " " not in found[0]


@pytest.mark.parametrize(
    "more",
    [
        {"args": "ls"},
        {"args": [1]},
        {"args": ["a\0b"]},
        {"args": ["\ud800"]},
        {"args": ["x" * 40_000]},
        {"entrypoint": ""},
        {"entrypoint": ["sh"]},
        {"entrypoint": "a\0b"},
        {"env": ["A=1"]},
        {"env": {"A": 1}},
        {"env": {"": "x"}},
        {"env": {"A=B": "x"}},
        {"env": {"1A": "x"}},
        {"env": {"A B": "x"}},
        {"env": {"A\n": "x"}},
        {"env": {"Ä": "x"}},
        {"env": {"A": "\0"}},
        {"env": {"A": "x" * 40_000}},
        {"stdin": "no base64!"},
        {"stdin": 1},
        {"files": ["x"]},
        {"files": {"x": 1}},
        {"files": {"x": "no base64!"}},
        {"files": {"../x": ""}},
        {"outputs": ["/etc/passwd"]},
        {"memoryMb": 0},
        {"memoryMb": 7},
        {"memoryMb": True},
        {"memoryMb": "64"},
        {"memoryMb": 64.0},
        {"pids": 0},
        {"pids": 5000},
        {"pids": "1"},
        {"network": 1},
        {"network": "true"},
        {"gpu": 1},
    ],
)
def test_a_value_of_another_kind_is_refused_by_its_name(more: dict[str, Any]) -> None:
    assert f"'{next(iter(more))}'" in refusal(spec(**more), ALL)


def test_a_whole_specification_is_taken() -> None:
    container.check(
        spec(
            entrypoint="/bin/sh",
            args=["-c", "ls --all; --privileged"],
            env={"A_1": "x=y\nz"},
            stdin=base64.b64encode(b"in").decode(),
            files={"a/b.txt": base64.b64encode(b"data").decode()},
            memoryMb=512,
            pids=1,
            network=True,
            gpu=True,
        ),
        ALL,
    )


def test_keys_that_are_not_known_mean_nothing() -> None:
    container.check(spec(privileged=True, volumes=["/:/host"], capAdd=["all"]), LIMITS)


def test_more_memory_than_there_is_to_give_is_refused() -> None:
    assert "at most 512 MiB" in refusal(spec(memoryMb=513))


def test_a_network_that_is_not_given_is_refused_and_not_left_out() -> None:
    assert "network" in refusal(spec(network=True))


def test_cards_that_are_not_given_are_refused_and_not_left_out() -> None:
    assert "graphics card" in refusal(spec(gpu=True))


def test_there_is_no_module_to_fetch() -> None:
    assert container.module_sha256(spec()) is None
