"""The landing zone: a partner's bytes as they came, named by their sha256, read-only, never changed.

``landing/<source>/``
    ``<sha256>``                 the bytes
    ``<sha256>.json``            what is known of their first arrival
    ``<sha256>.<n>.again``       the same bytes came again under another name, as the nth arrival
    ``batches/<number>.json``    which of them were judged together, in the order of the nights
    ``decisions/<number>.json``  an operator's word on a file, and after which batch it was spoken
    ``verdicts/<sha256>.json``    what was decided on it, where somebody was taken out of it since
``landing/.claims/<sha256>``     the source that delivered these bytes first
``landing/.identity/decisions/<number>.json`` a steward's word on two records (see `hrtp.identity.decisions`)

Everything behind this zone can be built again from it, and comes out the same: what arrived, in which order, and what
people decided about it is all here.
"""

from hrtp.landing.durable import file_sha256, sync_folder, write_atomically
from hrtp.landing.ledger import Batch, Decision, NumberedFiles, Verdict
from hrtp.landing.names import FileName, has_declared_name, parse_file_name
from hrtp.landing.zone import LOS_ANGELES, Again, LandedFile, Landing, Pinned, TamperedError, days_again, read_again

__all__ = [
    "LOS_ANGELES",
    "Again",
    "Batch",
    "Decision",
    "FileName",
    "LandedFile",
    "Landing",
    "NumberedFiles",
    "Pinned",
    "TamperedError",
    "Verdict",
    "days_again",
    "file_sha256",
    "has_declared_name",
    "parse_file_name",
    "read_again",
    "sync_folder",
    "write_atomically",
]
