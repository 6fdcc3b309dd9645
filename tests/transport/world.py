"""A folder on a server, seen from the partner's side and from ours."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hrtp.transport import Transport, TransportConfig, open_transport
from tests.transport.servers import HOST

FAST = {"backoff_seconds": 0, "timeout_seconds": 20}
"""No waiting between tries; how often is what the tests count."""


@dataclass
class World:
    """A folder on a server, seen from the partner's side and from ours."""

    scheme: str
    url: str
    options: dict[str, Any]
    environ: Mapping[str, str]
    root: Path | None = None
    bucket: Any = None
    port: int = 0
    server: Any = None
    opened: list[Transport] = field(default_factory=list)

    def put(self, name: str, content: bytes, modified_at: int = 1_790_000_000) -> None:
        """Deliver a file, as the partner does; `modified_at` in seconds since 1970, not for S3."""
        if self.root is not None:
            path = self.root / name
            path.write_bytes(content)
            path.chmod(0o640)
            os.utime(path, (modified_at, modified_at))
        else:
            self.bucket.put_object(Key=f"outbox/{name}", Body=content)

    def open(self, url: str | None = None, environ: Mapping[str, str] | None = None, **options: Any) -> Transport:
        """Open it from our side, with some options changed."""
        config = TransportConfig(url=url or self.url, options={**FAST, **self.options, **options})
        transport = open_transport(config, self.environ if environ is None else environ)
        self.opened.append(transport)
        return transport

    def through(self, port: int) -> Transport:
        """Open it by way of a proxy on another port."""
        options = dict(self.options)
        if self.scheme == "sftp":
            known = Path(options["known_hosts"]).with_name(f"known_hosts_{port}")
            known.write_text(self.server.known_hosts_line(port))
            options["known_hosts"] = str(known)
        if self.scheme == "s3":
            options["endpoint_url"] = f"http://{HOST}:{port}"
        return self.open(url=self.url.replace(str(self.port), str(port)), **options)
