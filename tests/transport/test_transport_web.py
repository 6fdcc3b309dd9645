"""HTTPS: what a page links to, or a manifest promises, and nothing that lies elsewhere."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hrtp.errors import TransportError
from tests.transport.servers import HOST, PASSWORD, USER, WebServer, basic, make_certificate, running
from tests.transport.world import World

FILE = "participants_20260930.csv"


@pytest.fixture
def delivered(web_world: World) -> Iterator[World]:
    """A server that holds one file."""
    web_world.put(FILE, b"x")
    yield web_world
    for transport in web_world.opened:
        transport.close()


def code_of(world: World, **options: Any) -> str:
    with pytest.raises(TransportError) as caught:
        world.open(**options).list()
    return str(caught.value.code)


def manifest(**changed: Any) -> bytes:
    entry = {"name": FILE, "size": 1, "sha256": hashlib.sha256(b"x").hexdigest()} | changed
    return json.dumps({"files": [entry]}).encode()


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(delivered: World, tmp_path: Path) -> None:
    another = make_certificate(tmp_path / "another.pem")
    assert code_of(delivered, ca_file=str(another)) == "SECURITY"
    assert delivered.server.answers.requests == []


def test_a_certificate_for_another_host_is_not_accepted(delivered: World) -> None:
    delivered.url = delivered.url.replace(HOST, "localhost")
    assert code_of(delivered) == "SECURITY"
    assert delivered.server.answers.requests == []


@pytest.mark.parametrize("password", [PASSWORD, "of last year"])
def test_basic_credentials_are_sent_and_a_wrong_one_only_once(delivered: World, password: str) -> None:
    delivered.server.answers.authorization = basic(USER, PASSWORD)
    delivered.options |= {"username": USER, "password": "${WEB_PASSWORD}"}
    delivered.environ = {"WEB_PASSWORD": password}
    if password == PASSWORD:
        assert [file.name for file in delivered.open().list()] == [FILE]
    else:
        assert code_of(delivered) == "AUTH"
        assert len(delivered.server.answers.requests) == 1


def test_a_token_is_sent(delivered: World) -> None:
    delivered.server.answers.authorization = "Bearer t0ken"
    transport = delivered.open(environ={"TOKEN": "t0ken"}, token="${TOKEN}")
    assert [file.name for file in transport.list()] == [FILE]


@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [
        (401, "AUTH", 1),
        (403, "LISTING_DENIED", 1),
        (404, "MISSING", 1),
        (302, "SECURITY", 1),
        (400, "PROTOCOL", 1),
        (429, "NETWORK", 3),
        (503, "NETWORK", 3),
    ],
)
def test_each_answer_of_a_server_has_its_code_and_its_tries(
    delivered: World, status: int, code: str, requests: int
) -> None:
    answers = delivered.server.answers
    answers.location = delivered.url
    answers.status["/outbox/"] = status
    assert code_of(delivered, retries=2) == code
    assert answers.requests == [("GET", "/outbox/")] * requests


def test_a_file_that_may_not_be_read_is_denied(delivered: World, tmp_path: Path) -> None:
    transport = delivered.open()
    [file] = transport.list()
    delivered.server.answers.status[f"/outbox/{FILE}"] = 403
    with pytest.raises(TransportError) as caught:
        transport.download(file, tmp_path / "landed")
    assert caught.value.code == "DENIED"


def test_a_login_page_is_not_an_empty_folder(delivered: World) -> None:
    page = b'<html><form><input name=u><input type="password" name=p></form></html>'
    delivered.server.answers.bodies["/outbox/"] = ("text/html", page)
    assert code_of(delivered) == "AUTH"


@pytest.mark.parametrize("body", [b"participant_id,first_name\n1,x\n", b"\x50\x4b\x03\x04", b"{}"])
def test_what_is_no_listing_is_not_an_empty_folder(delivered: World, body: bytes) -> None:
    delivered.server.answers.bodies["/outbox/"] = ("text/html", body)
    assert code_of(delivered) == "PROTOCOL"


def test_links_that_lead_elsewhere_are_not_followed(delivered: World) -> None:
    page = f"""<html><a href="{FILE}">this</a> <A HREF='./{FILE}'>again</A>
        <a href="https://evil.example.org/outbox/x.csv">x</a> <a href="http://{HOST}/outbox/y.csv">y</a>
        <a href="../">up</a> <a href="/outbox/">itself</a> <a href="?C=N;O=D">sorted</a>
        <a href="archive/">folder</a> <a href="archive/z.csv">deep</a> <a href="/z.csv">beside</a>
        <a href="javascript:alert(1)">script</a> <a href="%2e%2e%2fz.csv">dots</a>
        <a href="dead.csv">dead</a></html>"""
    delivered.server.answers.bodies["/outbox/"] = ("text/html", page.encode())
    transport = delivered.open()
    assert [file.name for file in transport.list()] == [FILE]
    assert [(item.name, item.code) for item in transport.refused] == [
        ("../z.csv", "BAD_NAME"),
        ("dead.csv", "MISSING"),
    ]
    assert {path for _, path in delivered.server.answers.requests} == {
        "/outbox/",
        f"/outbox/{FILE}",
        "/outbox/dead.csv",
    }


def test_a_file_whose_length_is_kept_secret_is_refused(delivered: World) -> None:
    answers = delivered.server.answers
    answers.bodies[f"/outbox/{FILE}"] = ("text/csv", b"x")
    answers.hide_sizes = True
    transport = delivered.open()
    assert transport.list() == []
    assert [(item.name, item.code) for item in transport.refused] == [(FILE, "SIZE_UNKNOWN")]


def test_a_manifest_names_the_files_and_spares_the_questions(delivered: World, tmp_path: Path) -> None:
    delivered.put("manifest.json", manifest(modified_at="2026-10-01T01:00:00-07:00"))
    delivered.put("not_yet_announced.csv", b"half")
    transport = delivered.open(manifest="manifest.json")
    [file] = transport.list()
    transport.download(file, tmp_path / "landed")
    assert (file.name, file.size, str(file.modified_at)) == (FILE, 1, "2026-10-01 08:00:00+00:00")
    assert (tmp_path / "landed").read_bytes() == b"x"
    assert delivered.server.answers.requests == [("GET", "/outbox/manifest.json"), ("GET", f"/outbox/{FILE}")]


def test_bytes_that_differ_from_the_manifest_are_not_kept(delivered: World, tmp_path: Path) -> None:
    delivered.put("manifest.json", manifest(sha256="0" * 64))
    transport = delivered.open(manifest="manifest.json")
    [file] = transport.list()
    with pytest.raises(TransportError) as caught:
        transport.download(file, tmp_path / "landed")
    assert caught.value.code == "CHECKSUM"
    assert list(tmp_path.glob("landed*")) == []


@pytest.mark.parametrize("body", [b"<html></html>", b'{"files": [{"name": "x"}]}', b"\xff\xfe{", manifest(size=-1)])
def test_a_manifest_that_cannot_be_read_is_said(delivered: World, body: bytes) -> None:
    delivered.put("manifest.json", body)
    assert code_of(delivered, manifest="manifest.json") == "PROTOCOL"


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "a/b.csv"])
def test_a_manifest_cannot_name_what_lies_elsewhere(delivered: World, name: str) -> None:
    delivered.put("manifest.json", manifest(name=name))
    transport = delivered.open(manifest="manifest.json")
    assert transport.list() == []
    assert [item.code for item in transport.refused] == ["BAD_NAME"]


def test_plain_http_works_only_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"x")
    with running(WebServer(tmp_path, None)) as server:
        world = World("http", f"http://{HOST}:{server.port}/", {}, {})
        with pytest.raises(ValueError, match="allow_plain_http"):
            world.open()
        assert server.answers.requests == []
        assert FILE in [file.name for file in world.open(allow_plain_http=True).list()]
        world.opened[0].close()
