"""All files of all sources, open at once, so that one pass over the blocks fills them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hrtp.contracts import EntityContract
from hrtp.samples.render import Renderer, WrittenForm
from hrtp.samples.rows import Fate, Row, Values
from hrtp.samples.truth import BadRow, BadRowLog, ExpectedLoad
from hrtp.samples.versions import export_dates
from hrtp.samples.writers import BookWriter, CsvSink, RowSink, fresh_folder
from hrtp.sources import SourceConfig

#: Sources that deliver their workbook in a zip.
_ZIPPED = frozenset({"aerospace"})
#: Sources whose CSV begins with a byte order mark and ends its lines as Windows does.
_WINDOWS = frozenset({"technology", "early_care_education"})
_STAMP = "%Y%m%d"

_Place = tuple[str, str, date]


class _Target:
    """One entity of one file."""

    def __init__(self, sink: RowSink, renderer: Renderer, load: ExpectedLoad, trailer: tuple[str, int] | None) -> None:
        self.sink, self.renderer, self.load, self._trailer = sink, renderer, load, trailer
        self.number = 1
        sink.write(renderer.header)

    def write(self, row: Row, values: Values) -> int:
        """Append; returns the row number."""
        self.number += 1
        self.sink.write(self.renderer.cells(row, values, self.number))
        self.load.rows_in += 1
        setattr(self.load, row.fate, getattr(self.load, row.fate) + 1)
        return self.number

    def close(self) -> None:
        """Write the trailer, which counts the rows that are not blank, where the form has one."""
        if self._trailer is None:
            self.sink.close(None)
            return
        marker, column = self._trailer
        cells = [""] * max(column, 1)
        cells[column - 1] = str(self.load.rows_in - self.load.blank)
        cells[0] = marker
        self.load.rows_in += 1
        self.load.blank += 1
        self.sink.close(cells)


class Exports:
    """The open files; ``write`` takes rows for any of them in any order."""

    def __init__(
        self,
        out: Path,
        scratch: Path,
        form: WrittenForm,
        delivered: list[tuple[SourceConfig, list[EntityContract]]],
        log: BadRowLog,
    ) -> None:
        self._out, self._scratch, self._form, self._log = out, scratch, form, log
        self._targets: dict[_Place, _Target] = {}
        self._books: dict[tuple[str, date], tuple[BookWriter, Path]] = {}
        self._paths: list[tuple[str, Path]] = []
        for source, contracts in delivered:
            (out / source.source).mkdir(parents=True, exist_ok=True)
            for contract in contracts:
                for day in export_dates(source, contract.entity, form):
                    self._open(source, contract, day)

    def so_far(self, source: str, entity: str, day: date) -> tuple[int, int]:
        """Rows, and bad rows, written of an entity to the file that runs through ``day``."""
        load = self._targets[source, entity, day].load
        return load.rows_in, load.quarantined

    def write(self, place: _Place, row: Row, values: Values) -> None:
        """Append ``row`` with ``values`` to the file of (source, entity, day)."""
        target = self._targets[place]
        number = target.write(row, values)
        if row.fate is Fate.QUARANTINED:
            name = target.load.file_name
            self._log.add(BadRow(row.source, row.entity, name, number, str(row.rule_id), row.column))

    def loads(self) -> list[ExpectedLoad]:
        """What must become of every entity of every file."""
        return [target.load for target in self._targets.values()]

    def close(self) -> list[tuple[str, Path]]:
        """Finish all files; returns (source, path) of each."""
        for target in self._targets.values():
            target.close()
        for (_, day), (book, _) in self._books.items():
            book.close(day)
        return self._paths

    def _open(self, source: SourceConfig, contract: EntityContract, day: date) -> None:
        mapping, wire, entity = source.mapping(contract.entity), source.format, contract.entity
        own = self._form == "declared"
        folder, stamp = self._out / source.source, day.strftime(_STAMP)
        sink: RowSink
        trailer = None
        if own and wire.container == "xlsx":
            path, book = self._book(source, entity, day)
            sink = book.sheet(mapping.sheet or entity)
        else:
            pattern = mapping.file if own and mapping.file is not None else f"{entity}_{{date}}.csv"
            path = folder / pattern.replace("{date}", stamp)
            windows = own and source.source in _WINDOWS
            encoding: str = wire.encoding if own else "utf-8"
            if windows and encoding == "utf-8":
                encoding = "utf-8-sig"
            sink = CsvSink(
                path,
                encoding=encoding,
                delimiter=wire.delimiter if own else ",",
                line_end="\r\n" if windows else "\n",
            )
            self._paths.append((source.source, path))
            if own and wire.trailer is not None:
                trailer = (wire.trailer.marker, wire.trailer.count_column or 1)
        load = ExpectedLoad(source.source, entity, path.name, day.isoformat())
        renderer = Renderer(source, contract, self._form)
        self._targets[source.source, entity, day] = _Target(sink, renderer, load, trailer)

    def _book(self, source: SourceConfig, entity: str, day: date) -> tuple[Path, BookWriter]:
        key = (source.source, day)
        if key not in self._books:
            stamp = day.strftime(_STAMP)
            pattern = source.mapping(entity).file or f"{source.source}_{{date}}.xlsx"
            path = self._out / source.source / pattern.replace("{date}", stamp)
            if source.source in _ZIPPED:
                path = path.with_suffix(".zip")
            scratch = fresh_folder(self._scratch / f"{source.source}_{stamp}")
            self._books[key] = (BookWriter(path, scratch), path)
            self._paths.append((source.source, path))
        book, path = self._books[key]
        return path, book
