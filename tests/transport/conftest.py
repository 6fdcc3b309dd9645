"""One world a scheme: a server with an empty folder, and the configuration that reaches it."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.transport.servers import HOST, PASSWORD, USER, SftpServer, WebServer, make_certificate, running
from tests.transport.world import World

SECRET_KEY = "s3 secret of the tests"


@pytest.fixture(scope="session")
def sftp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with running(SftpServer(tmp_path_factory.mktemp("sftp"))) as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture(scope="session")
def moto_port() -> Iterator[int]:
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def folder_world(tmp_path: Path) -> World:
    root = tmp_path / "inbox"
    root.mkdir()
    return World("file", "file:${INBOX}", {}, {"INBOX": str(root)}, root=root)


@pytest.fixture
def sftp_world(sftp_server: SftpServer, tmp_path: Path, request: pytest.FixtureRequest) -> World:
    root = sftp_server.root / f"outbox{len(list(sftp_server.root.iterdir()))}"
    root.mkdir()
    sftp_server.passwords_tried.clear()
    sftp_server.connections = 0
    sftp_server.denied.clear()
    sftp_server.authorized.clear()
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(sftp_server.known_hosts_line())
    return World(
        "sftp",
        f"sftp://{USER}@{HOST}:{sftp_server.port}/{root.name}",
        {"known_hosts": str(known_hosts), "password": "${SFTP_PASSWORD}"},
        {"SFTP_PASSWORD": PASSWORD},
        root=root,
        port=sftp_server.port,
        server=sftp_server,
    )


@pytest.fixture
def web_world(tmp_path: Path, certificate: Path) -> Iterator[World]:
    root = tmp_path / "web"
    (root / "outbox").mkdir(parents=True)
    with running(WebServer(root, certificate)) as server:
        yield World(
            "https",
            f"https://{HOST}:{server.port}/outbox",
            {"ca_file": str(certificate)},
            {},
            root=root / "outbox",
            port=server.port,
            server=server,
        )


@pytest.fixture
def s3_world(moto_port: int, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> World:
    # neither keys nor profiles of whoever runs the tests
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    endpoint = f"http://{HOST}:{moto_port}"
    keys = {"aws_access_key_id": "partner", "aws_secret_access_key": "partner"}
    s3 = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
    name = f"b{abs(hash(request.node.nodeid)):x}"
    return World(
        "s3",
        f"s3://{name}/outbox",
        {
            "key": "${S3_KEY}",
            "secret": "${S3_SECRET}",
            "endpoint_url": endpoint,
            "region": "us-east-1",
            "allow_plain_http": True,
        },
        {"S3_KEY": "AKIAHRTP", "S3_SECRET": SECRET_KEY},
        bucket=s3.create_bucket(Bucket=name),
        port=moto_port,
    )


@pytest.fixture(params=["folder", "sftp", "s3", "web"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each of the four in turn."""
    found: World = request.getfixturevalue(f"{request.param}_world")
    yield found
    for transport in found.opened:
        transport.close()


@pytest.fixture(params=["sftp", "s3", "web"])
def remote_world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each of the three behind a network."""
    found: World = request.getfixturevalue(f"{request.param}_world")
    yield found
    for transport in found.opened:
        transport.close()
