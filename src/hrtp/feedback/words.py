"""The words for a clerk: what we did, what to do next and by when, and how to mend what is wrong."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hrtp.contracts import Column, EntityContract, RuleFamily
from hrtp.feedback.model import FileReport
from hrtp.landing import LOS_ANGELES
from hrtp.raw import Manifest
from hrtp.sources import SourceConfig

#: Working days to send corrected rows in; a whole table that did not load has until the figures show it as late.
DAYS_FOR_ROWS = 10
#: A rejection that asks a partner for nothing: newer data is in the figures already.
_NOT_NEEDED = frozenset({"OUT_OF_ORDER"})
#: Labels to show before a list gets too long for a cell.
MAX_LABELS = 20

#: strftime would follow the machine's language.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

_HOLDS = {
    "HELD_QUARANTINE_SHARE": "So many rows have an error that something may be wrong with the whole file, such as a "
    "shifted column or another date format.",
    "HELD_VOLUME": "The number of rows is far from that of your last export.",
    "KEYS_VANISHED": "Many records of your last export are not in this one.",
    "ID_SCHEME_CHANGE": "Nearly all ids are new, although the people seem to be the same.",
    "FORBIDDEN_REVERSAL": "Records went back on what you reported before, such as completed to not completed.",
    "DATES_MOVED": "Many dates moved by more than 30 days against your last export.",
    "PERIOD_MISMATCH": "The dates inside the file do not fit the day in its name.",
}
_HOLD_MEND = (
    "If it is meant so, write to us and say why: we release the file and you send nothing. "
    "If not, send a corrected file; it takes the place of this one."
)
_OPERATOR_REJECTED = "The County looked at the file and decided not to load it. Write to us for the reason."


def day(value: date) -> str:
    """``Thursday, October 1, 2026``."""
    return f"{_DAYS[value.weekday()]}, {_MONTHS[value.month - 1]} {value.day}, {value.year}"


def moment(value: datetime) -> str:
    """Day and hour in Los Angeles."""
    local = value.astimezone(LOS_ANGELES)
    return f"{day(local.date())}, {local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'} (Los Angeles)"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def is_harmless(manifest: Manifest) -> bool:
    """Whether a rejection asks for nothing: newer data is in already."""
    return manifest.state == "rejected" and manifest.reason in _NOT_NEEDED


def verdict(report: FileReport) -> tuple[str, str]:
    """(good, part, held or bad; one line that says what we did with the file)."""
    loaded, held = report.manifests("loaded"), report.manifests("held")
    rejected = report.manifests("rejected")
    rows = sum(t.rows for t in report.tables if t.manifest.state == "loaded")
    done = sum(m.rows_loaded for m in loaded)
    parts = []
    if loaded:
        repeats = sum(m.rows_duplicate for m in loaded)
        whole = done + repeats == rows
        parts.append(f"Loaded {'all ' if whole and not repeats else ''}{done:,} of {_plural(rows, 'row')}")
        if whole and not repeats:
            parts[0] = f"Loaded all {_plural(rows, 'row')}"
        if repeats:
            parts[0] += f" ({_plural(repeats, 'repeated row')} counted once)"
    if len(report.tables) == 1:
        if held:
            return "held", "Not loaded yet: waiting for the County's word"
        if rejected:
            harmless = is_harmless(rejected[0])
            return ("part", "Not loaded: newer data is in already") if harmless else ("bad", "Not loaded")
    else:
        if held:
            parts.append(f"{_plural(len(held), 'table')} waiting for the County's word")
        if rejected:
            parts.append(f"{_plural(len(rejected), 'table')} not loaded")
    open_rejected = [m for m in rejected if not is_harmless(m)]
    colour = "bad" if open_rejected else "held" if held else "part" if rejected else "good"
    if colour == "good" and any(m.rows_quarantined for m in loaded):
        colour = "part"
    return colour, "; ".join(parts)


_SINGLE = {
    "held": "We read the file and keep it; nothing of it is used yet",
    "rejected": "We keep the file as it came; nothing of it was used",
}


def account(report: FileReport) -> str:
    """Where every row of the file went."""
    loaded = report.manifests("loaded")
    parts = [
        (sum(m.rows_loaded for m in loaded), "loaded", "loaded"),
        (sum(m.rows_quarantined for m in loaded), "set aside until it is fixed", "set aside until they are fixed"),
        (sum(m.rows_duplicate for m in loaded), "repeated and counted once", "repeated and counted once"),
        (sum(m.rows_blank for m in loaded), "blank or a total and skipped", "blank or totals and skipped"),
    ]
    said = [f"{_plural(count, 'row')} {one if count == 1 else many}" for count, one, many in parts if count]
    for state, text in (("held", "waiting for the County's word, nothing of it is used yet"), ("rejected", "not used")):
        names = [t.label for t in report.tables if t.manifest.state == state]
        if names:
            said.append(f"{', '.join(names)}: {text}" if len(report.tables) > 1 else _SINGLE[state])
    return "; ".join(said) + "." if said else "The file has no rows; that is agreed for this table."


def next_step(report: FileReport) -> str:
    """What the clerk does now."""
    steps = []
    if any(not is_harmless(m) for m in report.manifests("rejected")):
        steps.append(
            "Mend the file as sheet 'Rows to fix' says in its first lines, and send it again. Nothing of "
            + ("it" if len(report.tables) == 1 else "the tables named there")
            + " was used; your last good data stays in the figures."
        )
    if report.manifests("held"):
        steps.append("Look at the reason on sheet 'Rows to fix'. " + _HOLD_MEND)
    loaded = [m for m in report.manifests("loaded") if m.rows_quarantined]
    if loaded:
        again = (
            "send the corrected records again in a file of the same day"
            if all(m.mode == "delta" for m in loaded)
            else "send the whole export again, under the same day or a later one"
        )
        steps.append(f"Correct the rows on sheet 'Rows to fix' in your own system, then {again}.")
    if steps:
        return " ".join(steps)
    return (
        "Nothing. When you can, have a look at sheet 'Worth a look'."
        if report.looks
        else "Nothing. Everything in this file is in the figures."
    )


def act_by(report: FileReport) -> date | None:
    """The day by which the clerk should have acted; None where nothing is asked for.

    A table that did not load must be in before the figures show it as late; at least one working day is left.
    """
    received = report.received_at.astimezone(LOS_ANGELES).date()
    stopped = report.manifests("held") or any(not is_harmless(m) for m in report.manifests("rejected"))
    if stopped:
        late = report.data_through + timedelta(days=report.late_after_days)
        return max(late, _working_days_after(received, 1))
    if any(m.rows_quarantined for m in report.manifests("loaded")):
        return _working_days_after(received, DAYS_FOR_ROWS)
    return None


def _working_days_after(start: date, count: int) -> date:
    current = start
    while count:
        current += timedelta(days=1)
        count -= current.weekday() < 5
    return current


def file_words(
    manifest: Manifest, family: RuleFamily | None, contract: EntityContract, source: SourceConfig
) -> tuple[str, str]:
    """(what is wrong, how to mend it) of a table that did not load."""
    reason = manifest.reason or "UNKNOWN"
    if reason == "OPERATOR_REJECTED":
        return _OPERATOR_REJECTED, "Send a corrected file; it takes the place of this one."
    detail = manifest.detail or ""
    if manifest.state == "held":
        # what follows is said to the operator
        figures = detail.removesuffix("; correct them or approve")
        message = _HOLDS.get(reason, family.message if family else "The file waits for the County's word.")
        return _joined(message, figures), _HOLD_MEND
    if reason in {"MISSING_COLUMN", "DUPLICATE_COLUMN"}:
        detail = _with_own_headings(detail, contract, source)
    message = family.message if family else "The file could not be loaded."
    mend = family.how_to_resolve if family else "Write to us."
    return _joined(message, detail), mend


def _joined(message: str, detail: str) -> str:
    """Message and detail as two sentences, or one where one says the other."""
    if not detail or detail in message:
        return message
    if detail.startswith(message):
        return detail
    return f"{message} {detail[0].upper()}{detail[1:].rstrip('.')}."


def _with_own_headings(detail: str, contract: EntityContract, source: SourceConfig) -> str:
    """Name the columns as the partner calls them, beside the agreed names."""
    own = source.mapping(contract.entity).columns
    before, colon, names = detail.partition(": ")
    shown = [f"{n} (your heading: {own[n][0]})" if n in own and n in contract.columns else n for n in names.split(", ")]
    return f"{before}{colon}{', '.join(shown)}"


def row_words(
    rule: str, stored: str, family: RuleFamily | None, column: Column | None, manifest: Manifest, source: SourceConfig
) -> tuple[str, str]:
    """(what is wrong, how to mend it) of a row; with the labels and dates that this partner writes.

    ``stored`` is what the quarantine says, for a rule that the catalogue does not have any more.
    """
    entity = manifest.entity
    message = family.message if family else stored
    mend = family.how_to_resolve if family else "Write to us."
    if rule == "KEY_CONFLICT":
        mend = "Leave only the row that is right, or give each record an id of its own."
    if column is None:
        return message, mend
    mapping, own = source.mapping(entity), manifest.form == "declared"
    if rule in {"UNKNOWN_CODE", "FLAG_FORMAT"}:
        labels = list(mapping.values.get(column.name, {})) if own else []
        labels = labels or list(column.codes) or (["Y", "N"] if rule == "FLAG_FORMAT" else [])
        if 0 < len(labels) <= MAX_LABELS:
            blank = "" if column.required else ", or leave it blank"
            mend = f"Use one of: {', '.join(labels)}{blank}. If your label is right, ask us to add it."
    elif rule in {"DATE_FORMAT", "DATE_AMBIGUOUS"}:
        formats = (source.dates_of(entity) if own else ()) or column.date_formats
        if formats:
            example = date(2026, 9, 30)
            mend = f"Write the date like {' or '.join(example.strftime(f) for f in formats)} (September 30, 2026)."
    return message, mend
