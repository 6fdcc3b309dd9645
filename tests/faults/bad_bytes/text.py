"""Bad CSV, byte by byte."""

from __future__ import annotations

from tests.faults.bad_bytes.rows import SERVICES_HEADER, good_services, service, services_csv

ZERO_WIDTH = "\u200b"
NO_BREAK = "\u00a0"
LONG_FIELD_BYTES = 3 * 1024**2
#: What one sees of "José" when its UTF-8 was read as Windows-1252 and written as UTF-8 again.
MOJIBAKE = "José".encode().decode("cp1252")


def mixed_line_ends(rows: list[str]) -> str:
    """The header and every row, ending in CRLF, LF and CR by turns."""
    return "".join(row + ("\r\n", "\n", "\r")[n % 3] for n, row in enumerate([SERVICES_HEADER, *rows]))


def undecodable() -> bytes:
    """A byte that no UTF-8 text has, in a name."""
    return services_csv(service(7, participant_id="Quillf\x00ather")).encode().replace(b"\x00", b"\xff")


def unclosed_quote() -> str:
    """The seventh row opens a quote that nothing closes."""
    return services_csv(service(7, participant_id='"ZQP1'), service(8))


def with_delimiter(delimiter: str) -> str:
    """As good as can be, but for what stands between the columns."""
    return services_csv(service(7)).replace(",", delimiter)


def without_header() -> str:
    """Seven rows of data and nothing above them."""
    return "".join(f"{row}\n" for row in good_services(count=7))


def reordered() -> str:
    """The columns from right to left."""
    lines = services_csv(service(7)).splitlines()
    return "".join(",".join(reversed(line.split(","))) + "\n" for line in lines)


def with_preamble() -> str:
    """Two title rows and a blank one above the header."""
    return "Services by person,,,,\nPrepared by Quillfeather,,,,\n\n" + services_csv(service(7))


def cut(text: str, n_bytes: int) -> bytes:
    """Without its last bytes, as a broken transfer leaves it."""
    return text.encode()[:-n_bytes]


WEB_PAGE = b"<!DOCTYPE html><html><form><input name=user><input type=password></form></html>"
JSON = b'{"rows": [{"service_id": "ZQS1", "participant_id": "ZQP1"}]}'
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
XML = b'\xef\xbb\xbf<?xml version="1.0"?><rows><row id="ZQS1"/></rows>'
GZIP = b"\x1f\x8b\x08\x00" + bytes(40)
