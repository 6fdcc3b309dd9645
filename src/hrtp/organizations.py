"""Names of organisations that a person should look at, as the last published night lists them."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from hrtp.marts import open_marts, rows
from hrtp.settings import Settings

_REVIEW = """
select left_name, right_name, reason, similarity_pct, left_ein, right_ein, is_blocked, left_sources, right_sources,
    left_n_mentions, right_n_mentions, is_partner_twice, is_employer_twice, left_organization_key,
    right_organization_key
from organization_review
order by is_blocked, not (is_partner_twice or is_employer_twice), similarity_pct desc, left_organization_key,
    right_organization_key, right_name
"""
_SAYS = {
    "SAME_NAME": "the same name under two EINs",
    "TRADE_NAME": "one does business as the other",
    "SAME_WORDS": "the same words in another order",
    "SPELLING": "a letter or two differ",
    "LONGER_NAME": "one begins with the whole other",
    "SAME_EIN": "one EIN, two names",
}


def organization_review(settings: Settings) -> list[dict[str, object]]:
    """Pairs to decide on, those first that may be counted twice; the columns of ``organization_review``.

    Raises:
        NotPublished: before the first night.
    """
    with open_marts(settings) as connection:
        return rows(connection, _REVIEW)


def review_table(pairs: list[dict[str, object]]) -> Table:
    """For a terminal."""
    table = Table(title="Organisations to look at", title_justify="left", header_style="bold")
    for heading in ("one", "other"):
        table.add_column(heading, overflow="fold")
    table.add_column("why it is asked", overflow="fold")
    table.add_column("alike", justify="right", no_wrap=True)
    table.add_column("counted twice?", overflow="fold")
    for pair in pairs:
        twice = [word for word in ("partner", "employer") if pair[f"is_{word}_twice"]]
        is_one = pair["left_organization_key"] == pair["right_organization_key"]
        at_stake = "" if is_one else "no alias merges two EINs" if pair["is_blocked"] else " and ".join(twice)
        table.add_row(
            _name(pair, "left"),
            escape(str(pair["right_name"])) if is_one else _name(pair, "right"),
            _SAYS[str(pair["reason"])],
            f"{pair['similarity_pct']} %",
            f"as {at_stake}" if twice and not pair["is_blocked"] and not is_one else at_stake,
        )
    return table


def _name(pair: dict[str, object], side: str) -> str:
    ein = f" ({pair[f'{side}_ein']})" if pair[f"{side}_ein"] else ""
    return escape(f"{pair[f'{side}_name']}{ein}\n{str(pair[f'{side}_sources']).replace('|', ', ')}")
