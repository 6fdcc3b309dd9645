"""What is made of the marts for people to look at: the scorecard's pages, dbt's documentation, the semantic layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from hrtp.lineage.datasets import described, table, written
from hrtp.lineage.events import Work


def made_for_readers(
    job: str,
    reads: Iterable[str],
    writes: str,
    files: Sequence[Path],
    *,
    path: str,
    description: str,
    content_id: str | None = None,
) -> Work:
    """One thing for readers.

    Args:
        job: ``page.public``, ``docs.dbt``.
        reads: tables that it is made from.
        writes: dataset that it is: ``site.scorecard_page``.
        files: where it lies.
        path: source code below the checkout.
        description: what it is, in words.
        content_id: of the night that was read, where it is known.
    """
    return Work(
        job=job,
        inputs=[table(name) for name in sorted(set(reads))],
        outputs=[written(writes, {"documentation": described(description)}, places=[f"file|{file}" for file in files])],
        kind="PUBLISH",
        facts={"content_id": content_id} if content_id else {},
        path=path,
        description=description,
    )
