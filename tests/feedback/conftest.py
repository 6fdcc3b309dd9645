"""The same servers as the transports are tested with."""

from tests.transport.conftest import (  # noqa: F401 - fixtures
    certificate,
    folder_world,
    moto_port,
    s3_world,
    sftp_server,
    sftp_world,
    web_world,
)
