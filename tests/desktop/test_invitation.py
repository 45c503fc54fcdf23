"""Where the address and the enrollment come from, in every spelling that a browser invents."""

from __future__ import annotations

import pytest

from qubix_desktop.invitation import (
    Invitation,
    InvitationError,
    addresses,
    code_of,
    find,
    from_file_name,
    from_link,
    read,
    typed,
)

HOST = ("https://compute.example.org",)


@pytest.mark.parametrize(
    "name",
    [
        "qubix-setup--compute.example.org--K7QM-2XWD.exe",
        "qubix-setup--compute.example.org--K7QM-2XWD (1).exe",
        "qubix-setup--compute.example.org--K7QM-2XWD(12).exe",
        "qubix-setup--compute.example.org--K7QM-2XWD - Copy.exe",
        "qubix-setup--compute.example.org--K7QM-2XWD - Kopie (2).exe",
        "qubix-setup--compute.example.org--k7qm2xwd.AppImage",
        "qubix-setup--compute.example.org--K7QM-2XWD.exe.download",
        "qubix-setup--compute.example.org--K7QM-2XWD",
        "qubix-setup--compute.example.org--K7QM-2XWD 2.command",
        "qubix-setup--compute.example.org--K7QM-2XWD copy 3.command",
        "qubix-setup--compute.example.org--K7QM-2XWD_1.AppImage",
        "qubix-setup--compute.example.org--K7QM-2XWD%20(1).exe",
        "qubix-setup--compute.example.org--K7QM-2XWD.AppImage.zs-old",
        "Kopie von qubix-setup--compute.example.org--K7QM-2XWD.exe",
        "Copy of qubix-setup--compute.example.org--K7QM-2XWD (2).exe",
        "Cópia de qubix-setup--compute.example.org--K7QM-2XWD.exe",
        "qubix-setup\N{EM DASH}compute.example.org\N{EM DASH}K7QM-2XWD.dmg",
        "Co\u0301pia--compute.example.org--K7QM-2XWD.exe",
        "/Applications/qubix--compute.example.org--K7QM-2XWD 2.app/Contents/MacOS/qubix",
        "Mein Qubix ü 你好--compute.example.org--K7QM-2XWD.exe",
        "qubix-setup—--compute.example.org--K7QM\u20112XWD.exe",
        "qubix-setup--compute.example.org--\uff2b\uff17\uff31\uff2d-2XWD.exe",
        "C:\\Users\\Zoë Müller\\Downloads\\qubix-setup--compute.example.org--K7QM-2XWD (3).exe",
        "/home/zoë/My Downloads/qubix-setup--compute.example.org--K7QM-2XWD.AppImage",
    ],
)
def test_a_file_name_invites_however_its_ends_were_changed(name: str) -> None:
    assert from_file_name(name) == Invitation(HOST, "K7QM-2XWD", "file name")


@pytest.mark.parametrize(
    ("name", "servers"),
    [
        ("qubix-setup--compute.example.org_8443--K7QM-2XWD.exe", (f"{HOST[0]}:8443",)),
        ("qubix-setup--127.0.0.1_3001--K7QM-2XWD.exe", ("http://127.0.0.1:3001",)),
        ("qubix-setup--my--host.example--K7QM-2XWD.exe", ("https://my--host.example",)),
        ("qubix-setup--münchen.example--K7QM-2XWD.exe", ("https://münchen.example",)),
        ("qubix-setup--mu\u0308nchen.example--K7QM-2XWD.exe", ("https://münchen.example",)),
    ],
)
def test_a_file_name_holds_hosts_of_all_kinds(name: str, servers: tuple[str, ...]) -> None:
    assert from_file_name(name).servers == servers


@pytest.mark.parametrize(
    "name",
    [
        "",
        "qubix",
        "qubix-setup.exe",
        "renamed.exe",
        "qubix-setup--compute.example.org.exe",
        "qubix-setup--compute.example.org--SHORT.exe",
        "qubix-setup--compute.example.org--K7QM-2XWDX.exe",
        "qubix-setup--compute.example.org--O0I1-LLLL.exe",
        "qubix-setup--two words--K7QM-2XWD.exe",
        "qubix-setup--user@host--K7QM-2XWD.exe",
        "qubix-setup--host_99999--K7QM-2XWD.exe",
        "qubix-setup----K7QM-2XWD.exe",
    ],
)
def test_a_file_name_without_an_invitation_invites_to_nothing(name: str) -> None:
    assert from_file_name(name) == Invitation()


def test_a_link_invites() -> None:
    link = "qubix://join?server=https%3A%2F%2Fcompute.example.org&code=k7qm-2xwd"
    assert from_link(link) == Invitation(HOST, "K7QM-2XWD", "link")


def test_a_link_may_carry_a_token_and_a_bare_host() -> None:
    link = "qubix://join/?host=compute.example.org&enrollment=a_long-Token"
    assert from_link(link) == Invitation(HOST, "a_long-Token", "link")


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://join?server=https://h&code=K7QM-2XWD",
        "qubix://leave?server=https://h&code=K7QM-2XWD",
        "qubix://join?code=K7QM-2XWD",
        "qubix://join?server=javascript://x&code=K7QM-2XWD",
        "qubix://join?server=https://user:pass@h&code=K7QM-2XWD",
        "qubix://[join",
    ],
)
def test_another_link_invites_to_nothing(link: str) -> None:
    assert from_link(link) == Invitation()


def test_the_environment_invites_with_the_address_of_the_command_line() -> None:
    environment = {"QUBIX_ENROLLMENT": "token", "QUBIX_BACKEND": "https://other.example"}
    found = find("", "http://127.0.0.1:3001/", environment, "qubix")
    assert found == Invitation(("http://127.0.0.1:3001",), "token", "environment")
    assert find("", "", environment, "qubix").servers == ("https://other.example",)


def test_a_link_goes_before_the_environment_and_that_before_the_file_name() -> None:
    link = "qubix://join?server=https://link.example&code=K7QM-2XWD"
    name = "qubix-setup--name.example--K7QM-2XWD.exe"
    environment = {"QUBIX_ENROLLMENT": "token", "QUBIX_BACKEND": "https://told.example"}
    assert find(link, "", environment, name).source == "link"
    assert find("", "", environment, name).source == "environment"
    assert find("", "", {}, name).source == "file name"
    assert find("", "", {}, "qubix").source == "nothing"


def test_an_address_without_an_enrollment_yields_to_a_whole_invitation() -> None:
    name = "qubix-setup--name.example--K7QM-2XWD.exe"
    assert find("", "https://told.example", {}, name).source == "file name"
    assert find("", "https://told.example", {}, "qubix").servers == ("https://told.example",)


@pytest.mark.parametrize(
    "text", ["K7QM-2XWD", "k7qm 2xwd", "  K7QM2XWD ", "K7QM\u20132XWD", "k7qm_2xwd", "K 7 Q M 2XWD"]
)
def test_a_code_is_understood_as_people_type_it(text: str) -> None:
    assert code_of(text) == "K7QM-2XWD"


@pytest.mark.parametrize("text", ["", "K7QM", "K7QM-2XW0", "K7QM-2XWI", "K7QM-2XWDD"])
def test_what_is_no_code_is_told_apart(text: str) -> None:
    assert code_of(text) == ""


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("compute.example.org", HOST),
        (" compute.example.org/ ", HOST),
        ("http://compute.example.org", ("http://compute.example.org",)),
        ("localhost:3001", ("http://localhost:3001",)),
        ("[::1]:3001", ("http://[::1]:3001",)),
        ("192.168.1.20:3001", ("https://192.168.1.20:3001", "http://192.168.1.20:3001")),
        ("nas.local", ("https://nas.local", "http://nas.local")),
        ("nas", ("https://nas", "http://nas")),
    ],
)
def test_an_address_without_a_scheme_is_tried_safely(text: str, urls: tuple[str, ...]) -> None:
    assert addresses(text) == urls


@pytest.mark.provokes("address_malformed")
@pytest.mark.parametrize("text", ["two words", "ftp://x", "https://", "h/?q", "a:b:c", "x:99999"])
def test_what_is_no_address_is_said_in_a_sentence(text: str) -> None:
    with pytest.raises(InvitationError) as caught:
        addresses(text)
    assert caught.value.problem.code == "address_malformed"


@pytest.mark.provokes("address_missing", "code_malformed")
def test_what_is_missing_is_said() -> None:
    with pytest.raises(InvitationError) as caught:
        typed(" ", "K7QM-2XWD")
    assert caught.value.problem.code == "address_missing"
    with pytest.raises(InvitationError) as caught:
        typed("compute.example.org", "nonsense")
    assert caught.value.problem.code == "code_malformed"


def test_a_link_pasted_as_the_address_is_enough() -> None:
    link = "qubix://join?server=https://compute.example.org&code=K7QM-2XWD"
    assert typed(link, "").enrollment == "K7QM-2XWD"


TOKEN = "a_long-Token_" * 3


@pytest.mark.parametrize(
    ("pasted", "enrollment"),
    [
        ("https://compute.example.org/", ""),
        ("https://compute.example.org/fleet", ""),
        ("https://compute.example.org/#top", ""),
        (f"https://compute.example.org/?enrollment={TOKEN}", TOKEN),
        (f"https://compute.example.org/api/installer/linux?enrollment={TOKEN}", TOKEN),
        ("https://compute.example.org/?code=k7qm2xwd", "K7QM-2XWD"),
        ("Join us: qubix://join?server=https://compute.example.org&code=K7QM-2XWD!", "K7QM-2XWD"),
        ("<qubix://join?host=compute.example.org&code=K7QM-2XWD>", "K7QM-2XWD"),
        ("QUBIX://JOIN?server=https://compute.example.org&code=K7QM-2XWD", "K7QM-2XWD"),
    ],
)
def test_a_pasted_link_is_read_as_far_as_it_invites(pasted: str, enrollment: str) -> None:
    assert read(pasted) == Invitation(HOST, enrollment, "typed")


@pytest.mark.parametrize("text", ["", "compute.example.org", "ftp://h", "qubix://[x", "https://[x"])
def test_what_is_no_link_is_read_as_nothing(text: str) -> None:
    assert read(text).servers == ()


def test_a_link_pasted_as_the_code_is_enough() -> None:
    link = "qubix://join?server=https://compute.example.org&code=K7QM-2XWD"
    assert typed("", link).servers == HOST


def test_a_page_and_a_code_belong_together() -> None:
    assert typed("https://compute.example.org/fleet", "k7qm 2xwd").enrollment == "K7QM-2XWD"
    assert typed("compute.example.org", f" {TOKEN} ").enrollment == TOKEN


def test_an_enrollment_is_never_part_of_what_is_logged() -> None:
    assert "K7QM" not in repr(typed("compute.example.org", "K7QM-2XWD"))
