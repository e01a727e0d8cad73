"""Nothing that people said is lost when a document is forgotten: not by a stop, not by others who write meanwhile."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from indexer.archive import backup
from indexer.catalog import Catalog
from indexer.catalog.database import Database
from indexer.values import Box, Inside, Line, Origin, PageReading, Reading, SourceFile
from indexer.values.errors import NotesError

FILES = [SourceFile(Path(f"/box/{name * 2}.zip"), name * 64, 10, 1000.0) for name in "abc"]


def said_of(catalog: Catalog) -> dict[str, str]:
    """The text of the first line of each document that is found, by its name."""
    found = {}
    for file in FILES:
        with suppress(NotesError):
            found[file.path.name] = catalog.page_lines(file.path, 1)[0].text
    return found


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three documents of one line each; a person corrected each."""
    with Catalog(tmp_path, create=True) as catalog:
        for file in FILES:
            line = Line("as read", 0.4, Box(0, 0, 90, 20))
            catalog.place(file)
            catalog.counted(file.sha256, 1)
            catalog.store([(file, PageReading(1, 100, 100, ((Reading(line, Origin("fake")),),), 1.0), "{}")])
            (stored,) = catalog.page_lines(file.path, 1)
            catalog.say(stored.id, "correct", f"said of {file.path.name}")
        catalog.set_aside([catalog.document_of(FILES[2].sha256)])
    return tmp_path


def after_each_commit(monkeypatch, happens) -> None:
    """Something happens each time that a catalogue has written; what it writes itself does not count."""
    writing = Database._writing
    busy = []

    @contextmanager
    def watched(self):
        with writing(self) as db:
            yield db
        if not busy:
            busy.append(self)
            try:
                happens()
            finally:
                busy.clear()

    monkeypatch.setattr(Database, "_writing", watched)


def stop() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("what", ["stop", "say", "tidy"])
def test_what_was_said_comes_back_whatever_happens_between_two_steps(folder, monkeypatch, what) -> None:
    with Catalog(folder) as catalog, Catalog(folder) as other:
        document = catalog.document_of(FILES[0].sha256)
        (line,) = catalog.page_lines(FILES[0].path, 1)
        kept = ["said of aa.zip"]

        def say() -> None:
            with suppress(NotesError):
                kept.append(other.say(line.id, "correct", f"said {len(kept)} times").text)

        def tidy() -> None:
            other.delete_for_good([])

        with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
            after_each_commit(patch, {"stop": stop, "say": say, "tidy": tidy}[what])
            catalog.set_aside([document])
        for each in catalog.forgotten():
            with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
                after_each_commit(patch, stop if what == "stop" else lambda: None)
                catalog.bring_back(each, catalog.thresholds)
        assert catalog.forgotten() == []
        names = [file.path.name for file in FILES]
        assert said_of(catalog) == dict(zip(names, [kept[-1], "said of bb.zip", "said of cc.zip"], strict=True))


def test_two_may_forget_at_once_and_what_is_set_aside_is_one_file(folder) -> None:
    with Catalog(folder) as one, Catalog(folder) as other:
        first, second = (one.document_of(file.sha256) for file in FILES[:2])
        deeds = {one.set_aside([first]), other.set_aside([second])}
        assert len(deeds) == 2
        with pytest.raises(NotesError):
            other.set_aside([first])
    assert [path.name for path in (folder / "forgotten").glob("*/*")] == ["catalog.sqlite"] * 3


@pytest.mark.parametrize("what", ["bring back", "forget"])
def test_a_backup_is_whole_when_somebody_forgets_or_brings_back_meanwhile(folder, tmp_path_factory, monkeypatch, what):
    place, copy_out, done = tmp_path_factory.mktemp("backup"), backup.copy_out, []

    def copied(*args) -> object:
        found = copy_out(*args)
        if not done:
            done.append(what)
            with Catalog(folder) as catalog:
                if what == "forget":
                    catalog.set_aside([catalog.document_of(FILES[0].sha256)])
                else:
                    catalog.bring_back(catalog.forgotten()[0], catalog.thresholds)
        return found

    monkeypatch.setattr(backup, "copy_out", copied)
    backup.backup(folder, place / "kept.zip")
    backup.restore(place / "kept.zip", place / "index")
    with Catalog(place / "index") as catalog:
        for each in catalog.forgotten():
            catalog.bring_back(each, catalog.thresholds)
        assert len(said_of(catalog)) == 3


def test_a_backup_that_cannot_be_brought_back_leaves_what_was_forgotten_since(folder, tmp_path_factory, monkeypatch):
    kept = tmp_path_factory.mktemp("backup") / "kept.zip"
    backup.backup(folder, kept)
    with Catalog(folder) as catalog:
        (first,) = catalog.forgotten()
        catalog.bring_back(first, catalog.thresholds)
        catalog.set_aside([catalog.document_of(FILES[0].sha256)])

    def full(*_args) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(backup, "copy_in", full)
    with pytest.raises(NotesError):
        backup.restore(kept, folder, replace=True)
    with Catalog(folder) as catalog:
        (second,) = catalog.forgotten()
        catalog.bring_back(second, catalog.thresholds)
        assert len(said_of(catalog)) == 3


def test_what_is_forgotten_while_it_is_read_stays_so(folder) -> None:
    """A run goes on with the file that it has in hand."""
    with Catalog(folder) as run, Catalog(folder) as other:
        other.set_aside([other.document_of(FILES[0].sha256)])
        run.place(FILES[0])
        run.counted(FILES[0].sha256, 1)
        run.hold(FILES[0], [Inside(("a.png",), "d" * 64, 10)])
        run.hold(FILES[0], None)
        assert run.document_of(FILES[0].sha256) is None
        for each in run.forgotten():
            run.bring_back(each, run.thresholds)
        assert len(said_of(run)) == 3
