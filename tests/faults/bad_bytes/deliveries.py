"""What lies in an inbox and is no plain file, and exports that are large enough to be cut on their way."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.faults.bad_bytes.rows import SERVICES_HEADER, good_services

LEFTOVERS = (
    "~$services_20260930.xlsx",
    ".DS_Store",
    "Thumbs.db",
    "services_20260930.csv.part",
    "services_20260930.csv~",
)
#: Mach-O, ELF, Windows, a script, a Java class.
PROGRAMS = (
    b"MZ\x90\x00\x03\x00\x00\x00",
    b"\x7fELF\x02\x01\x01\x00",
    b"\xcf\xfa\xed\xfe\x07\x00\x00\x01",
    b"#!/bin/sh\nrm -rf /\n",
    b"\xca\xfe\xba\xbe\x00\x00\x00\x3d",
)


def large_export(n_bytes: int = 700_000) -> bytes:
    """Seven good services with a column nobody knows, as wide as it takes."""
    width = n_bytes // 7
    rows = [f"{row},{'x' * width}" for row in good_services(count=7)]
    return "\n".join([f"{SERVICES_HEADER},padding", *rows, ""]).encode()


def plant_odd_files(inbox: Path, elsewhere: Path) -> Iterator[str]:
    """Links, a second name, a pipe and a socket, all with good names; yields the names."""
    names = [f"{kind}_20260930.csv" for kind in ("enrollments", "placements", "programs", "partners")]
    elsewhere.write_bytes(b"root:x:0:0:Quillfeather\n")
    (inbox / names[0]).symlink_to(elsewhere)
    (inbox / names[1]).hardlink_to(elsewhere)
    os.mkfifo(inbox / names[2])
    # a socket's path has to be short
    here = Path.cwd()
    os.chdir(inbox)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(names[3])
    finally:
        os.chdir(here)
    yield from names


def silent_server() -> socket.socket:
    """Takes connections and never says a word."""
    return socket.create_server(("127.0.0.1", 0))
