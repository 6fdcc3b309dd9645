"""The landing zone: a partner's bytes as they came, named by their sha256, read-only, never changed.

``landing/<source>/``
    ``<sha256>``                 the bytes
    ``<sha256>.json``            what is known of their first arrival
    ``<sha256>.<YYYYMMDD>.again`` the same bytes came again under this later day
    ``batches/<number>.json``    which of them were judged together, in the order of the nights
    ``decisions/<number>.json``  an operator's word on a file, and after which batch it was spoken
    ``verdicts/<sha256>.json``    what was decided on it, where somebody was taken out of it since
``landing/.claims/<sha256>``     the source that delivered these bytes first

Everything behind this zone can be built again from it, and comes out the same: what arrived, in which order, and what
people decided about it is all here.
"""

from hrtp.landing.durable import file_sha256, sync_folder, write_atomically
from hrtp.landing.ledger import Batch, Decision, Verdict
from hrtp.landing.names import FileName, has_declared_name, parse_file_name
from hrtp.landing.zone import LOS_ANGELES, LandedFile, Landing, Pinned, TamperedError

__all__ = [
    "LOS_ANGELES",
    "Batch",
    "Decision",
    "FileName",
    "LandedFile",
    "Landing",
    "Pinned",
    "TamperedError",
    "Verdict",
    "file_sha256",
    "has_declared_name",
    "parse_file_name",
    "sync_folder",
    "write_atomically",
]
