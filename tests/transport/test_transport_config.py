"""The `transport:` block: wrong ones are one clear line, and no line ever holds a secret."""

import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hrtp.errors import TransportError
from hrtp.transport import TransportConfig, open_transport
from tests.transport.servers import closed_port
from tests.transport.world import World

PASSWORD = "never to be seen"


@pytest.mark.parametrize(
    ("url", "options", "says"),
    [
        ("ftp://example.org/x", {}, "must begin with one of"),
        ("/a/path", {}, "must begin with one of"),
        (f"sftp://u:{PASSWORD}@example.org/x", {"known_hosts": "k"}, "no password into the URL"),
        ("sftp://u@example.org/x", {}, "known_hosts"),
        ("sftp://u@example.org/x", {"known_hosts": "k", "password": PASSWORD}, r"write it as \$\{NAME\}"),
        ("https://example.org/x", {"token": f"{PASSWORD}${{X}}"}, r"write it as \$\{NAME\}"),
        ("https://example.org/x", {"tokne": "${X}"}, "no option 'tokne'; it has .*token"),
        ("file:x", {"password": "${X}"}, "no option 'password'"),
        ("http://example.org/x", {}, "allow_plain_http"),
        ("file:a\nb", {}, "cannot be printed"),
    ],
)
def test_a_wrong_block_is_named_when_the_file_is_read(url: str, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        TransportConfig(url=url, options=options)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "options", "environ", "says"),
    [
        ("file:${INBOX}/x", {}, {}, "url needs the environment variable INBOX, which is not set"),
        ("file:${INBOX}/x", {}, {"INBOX": ""}, "url needs the environment variable INBOX, which is not set"),
        (
            "https://h/",
            {"token": "${T}"},
            {},
            "option token needs the environment variable T, which is not set",
        ),
        ("${URL}", {}, {"URL": f"ftp://{PASSWORD}"}, "must begin with one of"),
        ("${URL}", {}, {"URL": f"sftp://u:{PASSWORD}@h/"}, "no password into the URL"),
        ("file://server/share", {}, {}, "cannot reach another host"),
        ("file:", {}, {}, "file: needs a path"),
        ("s3:///x", {}, {}, "s3: needs a bucket"),
        ("sftp://h/x", {"known_hosts": "k"}, {}, "needs a host and a user"),
        ("sftp://u@h:x/x", {"known_hosts": "k"}, {}, "the URL cannot be read"),
        ("https://h/x?key=${K}", {}, {"K": PASSWORD}, "credentials are options"),
        ("s3://b", {"endpoint_url": "http://h"}, {}, "endpoint_url must begin with https:"),
        ("file:x", {"retries": "many"}, {}, "option retries: Input should be a valid integer"),
        ("file:x", {"timeout_seconds": "${N}"}, {"N": PASSWORD}, "option timeout_seconds: Input should be"),
        ("https://h/", {"username": "${U}"}, {"U": f"a\r\n{PASSWORD}"}, "option username: holds a character"),
    ],
)
def test_a_block_that_cannot_be_opened_is_one_line(
    url: str, options: dict[str, Any], environ: Mapping[str, str], says: str
) -> None:
    config = TransportConfig(url=url, options=options)
    with pytest.raises(TransportError, match=says) as caught:
        open_transport(config, environ)
    assert caught.value.code == "SETTING"
    assert "\n" not in str(caught.value)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("fault", ["wrong credentials", "server down"])
def test_no_secret_appears_in_an_error_a_log_or_a_repr(
    remote_world: World, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    if remote_world.scheme == "https":
        remote_world.server.answers.authorization = "something else"
        remote_world.options |= {"username": "county", "password": "${PW}", "header_name": "X-Api-Key"}
        remote_world.options |= {"header_value": "${PW}"}
    remote_world.environ = {
        "SFTP_PASSWORD": PASSWORD,
        "S3_KEY": PASSWORD,
        "S3_SECRET": PASSWORD,
        "PW": PASSWORD,
    }
    remote_world.options["retries"] = 1
    if fault == "server down":
        transport = remote_world.through(closed_port())
    elif remote_world.scheme == "s3":
        transport = remote_world.open(url="s3://no-such-bucket-at-all")
    else:
        transport = remote_world.open()
    with caplog.at_level("DEBUG", logger="hrtp"), pytest.raises(TransportError) as caught:
        transport.list()
    shown = [
        *traceback.format_exception(caught.value),
        repr(transport),
        repr(transport.__dict__),
        caplog.text,
    ]
    assert not [text for text in shown if PASSWORD in text]
    assert "\n" not in str(caught.value)


def test_a_configuration_shows_variables_and_not_what_they_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    options = {"known_hosts": "k", "password": "${SFTP_PASSWORD}"}
    config = TransportConfig(url="sftp://county@example.org/outbox", options=options)
    transport = open_transport(config)
    assert transport.label == "sftp://county@example.org/outbox"
    assert PASSWORD not in repr(config) + config.model_dump_json() + repr(transport)


def test_reading_a_configuration_imports_no_network_library() -> None:
    program = (
        "import sys; from hrtp.transport import TransportConfig; TransportConfig(url='file:x');"
        "print(sorted({'aiohttp', 'asyncssh', 'boto3', 'botocore', 'fsspec', 's3fs', 'sshfs'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_an_empty_folder_elsewhere_is_never_made_by_asking(tmp_path: Path) -> None:
    with pytest.raises(TransportError):
        open_transport(TransportConfig(url="file:gone"), {}, tmp_path).list()
    assert list(tmp_path.iterdir()) == []
