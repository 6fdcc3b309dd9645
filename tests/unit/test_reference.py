"""Published lists that are dropped in: accepted as a whole, or refused with a reason while the last good one stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrtp.duck import open_duckdb
from hrtp.reference import LISTS, ListRefused, create_reference, read_list
from hrtp.settings import Settings, load_settings

TRACTS, ZIPS = LISTS["tract_priority"], LISTS["zip_tract"]
ABOUT = "publisher: Los Angeles County, Equity Explorer\nvintage: 2024\n"
#: As a spreadsheet leaves California's GEOIDs: without the leading 0.
EQUITY = (
    "OBJECTID,GEOID20,CVRI Tier,Concentrated Disadvantage\n"
    "1,6037101110,Highest,N\n2,06037101122,Low,Yes\n3,06037101220,,\n"
)
HUD = (
    "ZIP,TRACT,USPS_ZIP_PREF_CITY,USPS_ZIP_PREF_STATE,RES_RATIO,BUS_RATIO,OTH_RATIO,TOT_RATIO\n"
    "90001,06037101110,LOS ANGELES,CA,0.75,0.5,0,0.7\n"
    "90001,06037101122,LOS ANGELES,CA,0.25,0.5,0,0.3\n"
    "90001,06037101220,LOS ANGELES,CA,0,0.5,0,0.01\n"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = load_settings(home=tmp_path / "home")
    made.make_zones()
    made.reference_root.mkdir()
    return made


def drop(settings: Settings, name: str, text: str, about: str | None = ABOUT) -> Path:
    path = settings.reference_root / f"{name}.csv"
    path.write_bytes(text.encode("utf-8-sig"))
    if about is not None:
        path.with_suffix(".yml").write_text(about)
    return path


def built(
    settings: Settings,
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]], list[tuple[object, ...]], list[str]]:
    said: list[str] = []
    with open_duckdb() as connection:
        create_reference(connection, settings, said.append)
        return (
            connection.execute("from reference.tract_priority").fetchall(),
            connection.execute("from reference.zip_tract").fetchall(),
            connection.execute(
                "select list_name, file_name, vintage, n_rows, refused_reason from reference.lists"
            ).fetchall(),
            said,
        )


def test_the_equity_explorers_tiers_are_read_with_the_zeros_that_a_spreadsheet_ate(settings: Settings) -> None:
    drop(settings, "tract_priority", EQUITY)
    tracts, zips, lists, said = built(settings)
    assert tracts == [
        ("06037101110", "highest", "N"),
        ("06037101122", "low", "Y"),
        ("06037101220", None, None),
    ]
    assert (zips, said) == ([], [])
    assert lists == [("tract_priority", "tract_priority.csv", "2024", 3, None)]


def test_a_tract_without_homes_is_nobodys_in_the_hud_crosswalk(settings: Settings) -> None:
    drop(settings, "zip_tract", HUD, "publisher: HUD USPS ZIP code crosswalk\nvintage: 2026 Q1\n")
    assert built(settings)[1] == [("90001", "06037101110"), ("90001", "06037101122")]


def test_nothing_dropped_in_leaves_the_sample(settings: Settings) -> None:
    assert built(settings) == ([], [], [], [])
    assert not settings.accepted_lists.exists()


def test_a_bad_list_leaves_the_last_good_one_and_it_is_said(settings: Settings) -> None:
    drop(settings, "tract_priority", EQUITY)
    before = built(settings)[0]
    drop(settings, "tract_priority", EQUITY.replace("Highest", "Extreme"))
    tracts, _, lists, said = built(settings)
    assert tracts == before
    assert lists == [("tract_priority", "tract_priority.csv", "2024", 3, "LIST_TIER_UNKNOWN")]
    assert said == [
        "reference: tract_priority.csv was refused, tract_priority.csv, vintage 2024, stays in use: LIST_TIER_UNKNOWN: "
        "row 2: a tier other than high, highest, low, lowest, moderate or blank"
    ]


def test_a_bad_first_list_leaves_the_sample_and_it_is_said(settings: Settings) -> None:
    drop(settings, "zip_tract", HUD, about=None)
    _, zips, lists, said = built(settings)
    assert zips == []
    assert lists == [("zip_tract", None, None, None, "LIST_WITHOUT_VINTAGE")]
    assert "the synthetic sample stays in use" in said[0]


def test_a_list_that_is_gone_stays_in_use(settings: Settings) -> None:
    path = drop(settings, "tract_priority", EQUITY)
    before = built(settings)
    path.unlink()
    assert built(settings) == before


def test_the_same_list_is_the_same_bytes_whatever_the_order_of_its_rows(settings: Settings) -> None:
    header, *lines = EQUITY.splitlines(keepends=True)
    drop(settings, "tract_priority", EQUITY)
    built(settings)
    stored = settings.accepted_lists / "tract_priority.parquet"
    first, changed = stored.read_bytes(), stored.stat().st_mtime_ns
    built(settings)
    assert stored.stat().st_mtime_ns == changed
    kind = TRACTS
    assert read_list(drop(settings, "tract_priority", header + "".join(reversed(lines))), kind).rows == (
        ("06037101110", "highest", "N"),
        ("06037101122", "low", "Y"),
        ("06037101220", None, None),
    )
    assert first == stored.read_bytes()


def test_a_damaged_accepted_list_stops_the_build_rather_than_change_figures(settings: Settings) -> None:
    path = drop(settings, "tract_priority", EQUITY)
    built(settings)
    path.unlink()
    (settings.accepted_lists / "tract_priority.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ListRefused, match="ACCEPTED_LIST_DAMAGED"):
        built(settings)


def test_a_heading_that_nobody_knows_is_named_in_the_yaml(settings: Settings) -> None:
    text = EQUITY.replace("CVRI Tier", "Rank_2023").replace("GEOID20", "CT_KEY")
    path = drop(settings, "tract_priority", text, ABOUT + "columns: {tract_geoid: CT_KEY, cvri_tier: Rank_2023}\n")
    assert read_list(path, TRACTS).rows[0] == ("06037101110", "highest", "N")


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", "LIST_COLUMN_MISSING", "no column for tract_geoid"),
        ("GEOID,Name\n06037101110,x\n", "LIST_COLUMN_MISSING", "cvri_tier or concentrated_disadvantage"),
        ("GEOID,GEOID20,Tier\n06037101110,06037101110,Low\n", "LIST_COLUMN_AMBIGUOUS", "2 columns that may be tract"),
        ("GEOID,Tier\n", "LIST_EMPTY", "no row"),
        ("GEOID,Tier\n101110,Low\n", "LIST_TRACT", "row 2"),
        ("GEOID,Tier\n6.037E+09,Low\n", "LIST_TRACT", "format the column as text"),
        ("GEOID,Tier\n06037101110,Low\n06037101110,High\n", "LIST_TRACT_TWICE", "row 3"),
        ("GEOID,Tier\n06037101110,Low,x\n", "LIST_RAGGED", "3 cells under 2 headings"),
        ('GEOID,Tier\n"06037101110,Low\n', "LIST_NOT_CSV", "line"),
        ("GEOID,Concentrated Disadvantage\n06037101110,maybe\n", "LIST_FLAG_UNKNOWN", "row 2"),
    ],
)
def test_a_tract_list_is_refused_with_its_reason(settings: Settings, text: str, code: str, says: str) -> None:
    with pytest.raises(ListRefused, match=says) as refused:
        read_list(drop(settings, "tract_priority", text), TRACTS)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ZIP,RES_RATIO\n90001,1\n", "LIST_COLUMN_MISSING"),
        ("ZIP,TRACT\nBeverly Hills,06037101110\n", "LIST_ZIP"),
        ("ZIP,TRACT,RES_RATIO\n90001,06037101110,most\n", "LIST_RATIO"),
        ("ZIP,TRACT,RES_RATIO\n90001,06037101110,0\n", "LIST_EMPTY"),
    ],
)
def test_a_crosswalk_is_refused_with_its_reason(settings: Settings, text: str, code: str) -> None:
    with pytest.raises(ListRefused) as refused:
        read_list(drop(settings, "zip_tract", text), ZIPS)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("about", "says"),
    [("vintage: 2024\n", "publisher"), ("publisher: x\nvintage: [\n", "no readable YAML"), ("- a\n", "the whole")],
)
def test_a_list_of_nobody_and_no_year_is_refused(settings: Settings, about: str, says: str) -> None:
    with pytest.raises(ListRefused, match=says):
        read_list(drop(settings, "tract_priority", EQUITY, about), TRACTS)


def test_no_cell_of_a_wrong_file_is_ever_quoted(settings: Settings) -> None:
    wrong = "GEOID,Tier\nZebulon Quixotesworth,7391\n"
    with pytest.raises(ListRefused) as refused:
        read_list(drop(settings, "tract_priority", wrong), TRACTS)
    assert "Zebulon" not in str(refused.value)
    assert "7391" not in str(refused.value)
