"""A first YAML for a new partner."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from hrtp.errors import SourceConfigError
from hrtp.landing import write_atomically
from hrtp.sources.load import load_source
from hrtp.sources.model import SourceConfig

_TEMPLATE = """\
# yaml-language-server: $schema=../docs/schemas/source.schema.json
source: {name}
name: {title}
kind: {kind}
{sector}owner: {{name: "Who answers for these files", email: data@example.org}}
schedule: "0 2 * * *"            # cron, America/Los_Angeles
tags: [{kind}]
transport: {{url: "file:${{HRTP_INBOX}}/{name}"}}
# The canonical form is always accepted. What this partner does differently stands here, for example:
# format: {{delimiter: ";", encoding: cp1252}}
# date_formats: ["%m/%d/%Y"]
# entities:
#   participants:
#     columns: {{participant_id: "Client ID"}}
#     values: {{gender: {{F: female, M: male}}}}
"""


def new_source(project: Path, name: str, kind: str, sector: str | None) -> Path:
    """Write ``sources/<name>.yml`` and check it.

    Raises:
        SourceConfigError: where the name is taken, or name, kind or sector will not do.
    """
    path = project / "sources" / f"{name}.yml"
    if path.exists():
        raise SourceConfigError(f"{path} is there already; edit it")
    try:
        SourceConfig.model_validate(
            {
                "source": name,
                "name": name,
                "kind": kind,
                "sector": sector,
                "owner": {"name": "x", "email": "x@example.org"},
                "transport": {"url": f"file:${{HRTP_INBOX}}/{name}"},
            }
        )
    except ValidationError as error:
        raise SourceConfigError(
            "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        ) from None
    text = _TEMPLATE.format(
        name=name,
        title=name.replace("_", " ").capitalize(),
        kind=kind,
        sector=f"sector: {sector}\n" if sector else "",
    )
    write_atomically(path, text.encode(), 0o644)
    load_source(path)
    return path
