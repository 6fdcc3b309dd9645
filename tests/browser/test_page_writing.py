"""Writing the pages of a night: unchanged, changed, cut short, from marts that are stale, in doubt or not whole."""

from __future__ import annotations

import json
import re
import shutil
import stat
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import duckdb
import pytest

import hrtp as hrtp_package
from hrtp import steps
from hrtp.marts import NotPublished
from hrtp.page import PageFailed, write_page
from hrtp.page.facts import Facts
from hrtp.page.kept import NOTE
from hrtp.page.words import Language
from hrtp.page.write import PLACES
from hrtp.settings import Settings, load_settings
from tests.county import PUBLISHED
from tests.night_home import PROJECT, copy_of, hrtp


@pytest.fixture
def settings(published_home: Path, tmp_path: Path) -> Settings:
    """A home of its own: what the night published, its pages, and the samples it was made of."""
    home = copy_of(published_home, tmp_path / "home", "published", "staff", "samples")
    return load_settings(home=home, project=PROJECT)


@pytest.fixture
def no_steps() -> Iterator[None]:
    yield
    steps._hook = None


def change_marts(settings: Settings, *statements: str) -> None:
    """Change the published marts as no night would."""
    path = (settings.published / "marts.duckdb").resolve()
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("use marts.marts")
        for statement in statements:
            connection.execute(statement)


def pages(settings: Settings) -> dict[tuple[str, str], str]:
    folders = {"public": settings.published / "site", "staff": settings.staff}
    return {
        (edition, language): (folder / place).read_text()
        for edition, folder in folders.items()
        for language, place in PLACES.items()
    }


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_night_has_made_the_pages_and_a_second_time_changes_nothing(settings: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in settings.home.rglob("*.html")}
    result = write_page(settings)
    assert (result.changed, len(result.pages)) == (False, 4)
    assert {path: path.stat().st_mtime_ns for path in settings.home.rglob("*.html")} == before
    assert result.pages == {path: path.stat().st_size for path in result.pages}


def test_the_same_marts_are_the_same_bytes_in_an_empty_home(settings: Settings, tmp_path: Path) -> None:
    home = copy_of(settings.home, tmp_path / "other", "published", "samples")
    other = load_settings(home=home, project=PROJECT)
    (home / "published" / "site" / "index.html").unlink()
    assert write_page(other).changed is True
    assert pages(other) == pages(settings)


def test_the_pages_of_a_night_of_samples_say_so(settings: Settings) -> None:
    for (_, language), page in pages(settings).items():
        said = {"en": "Sample data: everything on this page is made up.", "es": "Datos de muestra: todo en esta página"}
        assert said[language] in page
    (settings.home / "samples" / "SYNTHETIC.txt").unlink()
    write_page(settings)
    for page in pages(settings).values():
        assert "Sample data" not in page
        assert "Datos de muestra" not in page


def test_zones_and_files_let_in_whom_they_should(settings: Settings) -> None:
    write_page(settings)
    modes = {
        name: {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file() == is_file}
        for name, folder in (("site", settings.published / "site"), ("staff", settings.staff))
        for is_file in (True,)
    }
    assert modes == {"site": {0o644}, "staff": {0o640}}
    assert stat.S_IMODE(settings.staff.stat().st_mode) == 0o750
    assert stat.S_IMODE((settings.published / "site").stat().st_mode) == 0o755


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gets the language of each page that is drawn."""
    from hrtp.page import write

    seen: list[str] = []
    draw = write.render

    def render(facts: Facts, say: Language, docs: str | None = None) -> bytes:
        seen.append(say.key)
        return draw(facts, say, docs)

    monkeypatch.setattr(write, "render", render)
    return seen


def test_a_page_that_would_come_out_the_same_is_not_drawn_again(settings: Settings, drawn: list[str]) -> None:
    before = pages(settings)
    write_page(settings)
    drawn.clear()
    assert write_page(settings).changed is False
    assert (drawn, pages(settings)) == ([], before)


@pytest.mark.parametrize(
    "change",
    [
        "update indicator_values set as_of_date = as_of_date + 1",
        "update source_freshness set state = 'late' where source = 'healthcare'",
        "update indicator_values set is_stale = true where indicator_key = 'placed_in_jobs'",
        "update indicator_values set value_to_date = value_to_date + 1 "
        "where indicator_key = 'placed_in_jobs' and sector = 'healthcare' and period_type = 'month'",
    ],
)
def test_a_new_day_a_late_source_or_one_figure_of_one_sector_draws_the_pages_anew(
    settings: Settings, drawn: list[str], change: str
) -> None:
    write_page(settings)
    drawn.clear()
    before = pages(settings)
    change_marts(settings, change)
    assert write_page(settings).changed is True
    assert sorted(drawn) == ["en", "en", "es", "es"]
    assert pages(settings) != before


def test_pages_of_another_release_or_of_another_library_are_drawn_anew(
    settings: Settings, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hrtp.page import kept

    write_page(settings)
    drawn.clear()
    with monkeypatch.context() as other:
        other.setattr(kept, "version", lambda name: "0.0.0" if name == "jinja2" else version(name))
        write_page(settings)
    assert len(drawn) == 4
    drawn.clear()
    release = shutil.copytree(Path(hrtp_package.__file__).parent, settings.home / "release")
    (release / "page" / "templates" / "style.css").write_text("body { color: red }")
    monkeypatch.setattr(hrtp_package, "__file__", str(release / "__init__.py"))
    write_page(settings)
    assert len(drawn) == 4


@pytest.mark.parametrize("edition", ["published/site/index.html", "staff/es/index.html"])
def test_a_page_that_was_damaged_is_found_and_drawn_again(settings: Settings, drawn: list[str], edition: str) -> None:
    write_page(settings)
    before = pages(settings)
    place = settings.home / edition
    content = place.read_bytes()
    for damaged in (content[:-1] + b"!", None):
        drawn.clear()
        place.resolve().unlink()
        if damaged is not None:
            place.resolve().write_bytes(damaged)
        assert write_page(settings).changed is True
        assert len(drawn) == 4
        assert pages(settings) == before


@pytest.mark.parametrize("note", [None, "", "[]", '{"made_of": 1}'])
def test_without_its_note_the_page_is_drawn_and_noted_again(
    settings: Settings, drawn: list[str], note: str | None
) -> None:
    write_page(settings)
    whole = (settings.staff / NOTE).read_text()
    (settings.staff / NOTE).unlink()
    if note is not None:
        (settings.staff / NOTE).write_text(note)
    drawn.clear()
    assert write_page(settings).changed is False
    assert len(drawn) == 4
    assert (settings.staff / NOTE).read_text() == whole


@pytest.mark.parametrize(
    "statement",
    [
        "drop table indicator_identity",
        "alter table indicator_values drop column n_unknown",
        "delete from dim_indicator",
    ],
)
def test_marts_that_lack_what_the_page_reads_leave_the_old_page_and_say_what_to_do(
    settings: Settings, statement: str
) -> None:
    before = pages(settings)
    change_marts(settings, statement)
    with pytest.raises(PageFailed, match=r"hrtp build.*The page before it stays"):
        write_page(settings)
    assert pages(settings) == before
    assert [path.name for path in settings.home.rglob(".candidate-*")] == []


def test_before_the_first_night_there_is_no_page_and_a_clear_line(tmp_path: Path) -> None:
    with pytest.raises(NotPublished):
        write_page(load_settings(home=tmp_path / "home", project=PROJECT))
    done = hrtp(tmp_path / "home", "page")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "run `hrtp nightly`" in done.stderr


def test_a_stale_source_is_named_and_its_figures_are_flagged(settings: Settings) -> None:
    change_marts(
        settings,
        "update source_freshness set state = 'stale', data_through_date = '2026-08-31' where source = 'healthcare'",
        "update indicator_values set is_stale = true, data_through_date = '2026-08-31' "
        "where indicator_key = 'placed_in_jobs'",
    )
    write_page(settings)
    english, spanish = text_of(pages(settings)["public", "en"]), text_of(pages(settings)["public", "es"])
    assert "1 of 9 partners are not current. Data through August 31, 2026." in english
    assert "1 de 9 socios no están al día. Datos hasta el 31 de agosto de 2026." in spanish
    assert english.count("stale data") == 1
    assert re.search(r"Healthcare sector intermediary\s+stale\s+August 31, 2026", english)


def test_a_figure_in_doubt_says_between_what_it_lies_in_both_languages(settings: Settings) -> None:
    change_marts(
        settings,
        "update indicator_identity set value_if_none_merged = 150, value_if_all_merged = 144, n_review_pairs = 6, "
        "is_in_doubt = true where indicator_key = 'placed_in_jobs' and sector = 'all'",
    )
    write_page(settings)
    english, spanish = text_of(pages(settings)["public", "en"]), text_of(pages(settings)["public", "es"])
    assert "between 144 and 150, until somebody has decided whether 6 pairs of records are one person" in english
    assert "entre 144 y 150, hasta que alguien decida si los registros de 6 pares son una misma persona" in spanish
    assert english.count("may still move") == 2  # at the figure in the table, and in the summary above it


def test_a_name_that_is_no_text_does_no_harm(settings: Settings) -> None:
    change_marts(
        settings,
        "update source_freshness set state = 'late', source_name = '</td><script>alert(1)</script>' "
        "where source = 'healthcare'",
    )
    write_page(settings)
    for page in pages(settings).values():
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("instant", ["page.version_in_place", "page.doors_linked", "page.current_linked"])
def test_cut_short_at_any_instant_both_languages_are_of_one_night_and_a_plain_rerun_ends_it(
    settings: Settings, no_steps: None, instant: str
) -> None:
    before = pages(settings)
    change_marts(settings, "update source_freshness set state = 'late' where source = 'healthcare'")

    def cut(name: str) -> None:
        if name == instant:
            raise KeyboardInterrupt

    steps._hook = cut
    with pytest.raises(KeyboardInterrupt):
        write_page(settings)
    steps._hook = None
    between = pages(settings)
    assert len({page == before[place] for place, page in between.items() if place[0] == "public"}) == 1
    assert all(between[place] == before[place] for place in before if place[0] == "staff")
    write_page(settings)
    after = pages(settings)
    assert all(after[place] != before[place] for place in before)
    assert len(list((settings.published / "site" / ".pages").iterdir())) == 2


def test_how_it_is_counted_leads_to_the_docs_where_they_stand_beside_the_page(settings: Settings) -> None:
    assert "#!/model/" in pages(settings)["public", "en"]
    docs = settings.published / "site" / "docs" / "index.html"
    docs.unlink()
    write_page(settings)
    assert "#!/model/" not in pages(settings)["public", "en"]
    docs.write_text("docs")
    write_page(settings)
    links = {
        place: re.findall(r'href="([^"#]*)#!/model/model\.hrtp\.ind_(\w+)"', page)
        for place, page in pages(settings).items()
    }
    assert {key for _, key in links["public", "en"]} == set(PUBLISHED)
    starts = {
        ("public", "en"): "docs/index.html",
        ("public", "es"): "../docs/index.html",
        ("staff", "en"): "../published/site/docs/index.html",
        ("staff", "es"): "../../published/site/docs/index.html",
    }
    assert {place: {start for start, _ in found} for place, found in links.items()} == {
        place: {start} for place, start in starts.items()
    }


def test_the_command_says_where_the_pages_are_and_how_heavy(settings: Settings) -> None:
    done = hrtp(settings.home, "page", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["changed"] is False
    assert said["page"] == str(settings.published / "site" / "index.html")
    assert said["bytes"] == sum(said["pages"].values())
    assert "byte for byte the same" in hrtp(settings.home, "page").stdout
