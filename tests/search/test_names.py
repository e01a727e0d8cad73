"""Names and words in all their spellings: which there are, and that they are found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from indexer.api import PosteriorgramPacker
from indexer.catalog import Catalog
from indexer.search import SearchIndex
from indexer.search.finder import find
from indexer.search.query import parse
from indexer.search.variants import Speller
from indexer.search.variants.latin import declined
from indexer.search.variants.letters import respelt
from indexer.search.variants.sounds import KEYS, alike, keys
from indexer.search.variants.tables import Rule, key_of, read_tables, shipped
from indexer.values import SearchOptions, Variants
from indexer.values.errors import UsageError


def spelt(query: str, speller: Speller | None = None, known=lambda word: ()) -> dict[str, float]:
    asked = (speller or Speller.shipped()).spelt_out(parse(query), known)
    return {each.text.lower(): each.prior for each in asked.spellings}


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("William", "Wm, Willm, Will:m, Bill, Guilielmus, Guilielmi"),
        ("John", "Jno, Jack, Johannes, Johannis, Joh:es, Johes"),
        ("Charles", "Chas, Carolus, Caroli"),
        ("George", "Geo, Georgius"),
        ("Thomas", "Thos, Tom, Thomae"),
        ("James", "Jas, Jim, Jacobus, Jacobi"),
        ("Elizabeth", "Elizth, Eliz:th, Betty, Elisabeth"),
        ("Jean", "Jn, Jehan, Johannes"),
        ("François", "Fçois, Franciscus"),
        ("Baptiste", "Bte"),
        ("Marie", "Mie, Maria"),
        ("Johann", "Joh., Hans"),
        ("Franz", "Frz., Franciscus"),
        ("Heinrich", "Hch., Heinz, Henricus"),
        ("Wilhelm", "Wilh., Guilielmus"),
        ("Cooper", "Cowper, Couper"),
        ("Jno", "John, Jack"),
        ("Guilielmi", "William, Guilielmus"),
    ],
)
def test_a_name_is_looked_for_in_its_other_forms(name: str, others: str) -> None:
    found = spelt(f"name:{name}")
    assert {key_of(other) for other in others.split(",")} <= set(map(key_of, found))
    assert next(iter(found)) == name.lower()
    assert found[name.lower()] == 1
    assert all(0 < prior <= 1 for prior in found.values())
    assert len(found) <= 100


def test_letters_that_hardly_ever_make_the_name_are_not_looked_for() -> None:
    found = spelt("name:Anna")
    assert not {"anccncca", "oncnca", "ennca"} & set(found)
    assert {"anne", "ann", "hanna", "annchen", "nancy"} <= set(found)
    assert len(found) < 50
    assert "m:a" not in spelt("name:Maria"), "what stands everywhere and seldom means it"


def test_forename_and_family_name_stand_in_either_order_and_the_forename_as_an_initial() -> None:
    found = spelt('name:"William Cooper"')
    assert {"wm cooper", "william cowper", "wm cowper", "cooper william", "w. cooper"} <= set(found)
    assert found["cooper william"] < 1
    assert found["w. cooper"] < found["wm cooper"]
    assert set(spelt('name:"Cooper, William"')) == set(found)
    assert {"jn baptiste martin", "jean bte martin"} <= set(spelt('name:"Jean-Baptiste Martin"'))


def test_a_word_that_sounds_alike_is_meant_as_probably_as_it_sounds_alike() -> None:
    near = {"hoocker": 0.3, "booker": 0.0, "hocker": 0.0}
    found = spelt("name:Hooker", known=lambda word: near)
    assert found["hoocker"] > 0.3
    assert found.get("booker", 0) < 0.1
    assert all(alike("meyer", "maier"))
    assert alike("moskowitz", "moskovitz")[KEYS.index("daitch-mokotoff")]
    assert alike("gustav", "gustaw")[KEYS.index("scandinavian")]
    assert keys("1914") == keys("王") == (frozenset(),) * len(KEYS)


@pytest.mark.parametrize(
    ("asked", "stands"),
    [
        *(("favour", "favor"), ("valor", "valour"), ("recognise", "recognize"), ("civilization", "civilisation")),
        *(("connexion", "connection"), ("jail", "gaol"), ("entreat", "intreat"), ("theatre", "theater")),
        *(("travelled", "traveled"), ("defense", "defence")),
    ],
)
def test_english_words_are_found_in_the_spelling_of_other_times_and_places(asked: str, stands: str) -> None:
    assert stands in spelt(f"spelling:old {asked}")


def test_old_letters_are_used_for_words_alone() -> None:
    rules = [Rule("i", "y", 0.8, "fr"), Rule("s$", "z$", 0.5, "fr"), Rule("^u", "^v", 0.9, "de")]
    assert respelt("amis", rules, 0.1, 9) == {"amys": 0.8, "amiz": 0.5, "amyz": 0.4}
    assert respelt("und", rules, 0.1, 9) == {"vnd": 0.9}
    assert respelt("ivi", rules, 0.1, 3) == {"yvi": 0.8, "ivy": 0.8, "yvy": 0.8}
    old = spelt("spelling:old william")
    assert "wm" not in old
    assert "guilielmus" not in old
    assert len(old) > 1


@pytest.mark.parametrize(
    ("name", "cases"),
    [("Guilielmus", "Guilielmus Guilielmi Guilielmo Guilielmum Guilielme"), ("Johannes", "Johannes Johannis Johanni")],
)
def test_latin_names_are_declined(name: str, cases: str) -> None:
    assert set(cases.split()) <= set(declined(name))


def test_a_name_without_tables_is_itself() -> None:
    assert spelt("name:王") == {"王": 1.0}
    assert spelt("name:Иванов") == {"иванов": 1.0}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("name:", "there is no name"),
        ('name:""', "there is no name"),
        ('name:"William', "not closed"),
        ("name:W", "one letter"),
        ('name:"W. C."', "one letter"),
        ("name:Coop*", "means nothing in a name"),
        ('name:"a b c d e f gh"', "7 words in a row"),
        (" ".join(["name:Cooper"] * 100), "100 names"),
        ("spelling:new word", "old spelling"),
        ("spelling:old", "there is no word"),
        ("spelling:old (one OR two)", "there is no word"),
        ("spelling:names", "nothing to search for"),
    ],
)
def test_names_that_make_no_sense_are_explained(query: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(query)
    assert said in caught.value.message
    assert caught.value.hint


def test_the_tables_of_the_user_are_read_beside_ours(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    names = tmp_path / "en" / "names.txt"
    names.write_text("# mine\n[short]\nWilliam = Wilm, Wm 0\n[pet]\nOle = Olli 0.5\n")
    from indexer.search.variants.tables import with_own

    mine = spelt("name:William", Speller(with_own(tmp_path)))
    assert "wilm" in mine
    assert "wm" not in mine
    assert "willm" in mine
    assert spelt("name:Olli", Speller(with_own(tmp_path)))["ole"] == 0.5
    for text, said in (("[long]\n", "line 1"), ("[pet]\nOle\n", "line 2"), ("William = Wm", "line 1")):
        names.write_text(text)
        with pytest.raises(UsageError, match=said):
            read_tables(tmp_path)
    names.write_bytes(b"[pet]\nOle = \xff\n")
    with pytest.raises(UsageError, match="UTF-8"):
        read_tables(tmp_path)
    assert with_own(tmp_path / "nothing") is shipped()


def test_a_source_of_spellings_that_fails_is_left_out() -> None:
    def broken(name: str):
        raise RuntimeError(name)

    sources = [Variants("broken", (), broken), Variants("far", ("zz",), lambda _: [("nowhere", 1.0)])]
    sources.append(Variants("mirror", (), lambda name: [(name[::-1], 7.0)]))
    assert spelt("name:Anton", Speller.of(shipped(), sources, "de"))["notna"] == 1
    assert "nowhere" not in spelt("name:Anton", Speller.of(shipped(), sources, "de"))
    assert "nowhere" in spelt("name:Anton", Speller.of(shipped(), sources, None))
    assert "toine" not in spelt("name:Antonius", Speller.of(shipped(), (), "nl"))
    assert "toine" in spelt("name:Antonius", Speller.of(shipped(), (), "fr"))


def inked(text: str) -> bytes:
    """Frames in which this text stands, a frame a letter and blanks between them."""
    letters = ["", *"abcdefghijklmnopqrstuvwxyz", " "]
    table = np.full((2 * len(text), len(letters)), 0.002, np.float32)
    for at, letter in enumerate(text):
        table[2 * at, letters.index(letter)] = table[2 * at + 1, 0] = 0.95
    return PosteriorgramPacker(letters).pack(table, 2.0 * len(text))


@pytest.fixture
def place(tmp_path: Path, put):
    with Catalog(tmp_path, create=True) as catalog:
        others = [(f"{one} {two}", 0.9, inked(f"{one} {two}")) for one in ("tea", "of") for two in ("dun", "go", "is")]
        lines = [
            ("the late Wm Cowper esq", 0.9, inked("the late wm cowper esq")),
            ("xx", 0.9, inked("to guilielmo cooper")),
            ("saw bill here", 0.9, inked("saw bill here")),
            ("and Cowper", 0.9, inked("and cowper")),
            ("William came", 0.9, inked("william came")),
        ]
        put(catalog, "page", [*lines, *others])
        index = SearchIndex(tmp_path / "search")
        index.sync(catalog)
        yield catalog, index


def hits(place, query: str, **options) -> dict[str, tuple[str, bool]]:
    catalog, index = place
    found = find(index, catalog, query, SearchOptions(**options)).hits
    return {hit.line.text: (hit.spelling, hit.read) for hit in found}


@pytest.mark.parametrize("reach", ["normal", None])
def test_a_hit_says_which_spelling_it_is(place, reach) -> None:
    found = hits(place, 'name:"William Cooper"', reach=reach)
    assert found["the late Wm Cowper esq"] == ("Wm Cowper", True)
    assert reach is None or found["xx"] == ("Guilielmo Cooper", False)
    assert "saw bill here" not in found
    assert not hits(place, "Cooper", reach=None), "it is read nowhere"


def test_relevance_is_that_of_the_word_times_how_probably_it_is_meant(place) -> None:
    catalog, index = place
    asked = Speller.shipped().spelt_out(parse("name:Cooper"), lambda word: ())
    prior = next(each.prior for each in asked.spellings if each.text == "Cowper")
    plain, named = (
        find(index, catalog, query, SearchOptions(reach="high")).hits for query in ("cowper", "name:Cooper")
    )
    relevance = {hit.line.text: hit.relevance for hit in plain}["and Cowper"]
    assert {hit.line.text: hit.relevance for hit in named}["and Cowper"] >= prior * relevance - 1e-4


def test_spellings_that_the_same_ink_may_have_are_not_added_up(tmp_path: Path, put) -> None:
    one_of, letters = ("cooper", "cowper", "couper"), ["", *"abcdefghijklmnopqrstuvwxyz", " "]
    table = np.full((22, len(letters)), 0.002, np.float32)
    for at, letter in enumerate("to co_per is"[:11]):
        table[2 * at, letters.index(letter) if letter != "_" else 0] = table[2 * at + 1, 0] = 0.95
    table[10] = 0.002
    table[10, [letters.index(letter) for letter in "owuxz"]] = (0.003, 0.003, 0.003, 0.5, 0.4)
    table[12, [letters.index(letter) for letter in "pb"]] = (0.01, 0.95)
    frames = PosteriorgramPacker(letters).pack(table, 22.0)
    with Catalog(tmp_path, create=True) as catalog:
        others = [(f"{one} {two}", 0.9, inked(f"{one} {two}")) for one in ("tea", "of") for two in ("dun", "go", "is")]
        put(catalog, "page", [("to xx", 0.9, frames), *others])
        index = SearchIndex(tmp_path / "search")
        index.sync(catalog)

        def relevance(query: str) -> float:
            return find(index, catalog, query, SearchOptions(reach="high")).hits[0].relevance

        alone = [relevance(word) for word in one_of]
        assert all(0.05 < each < 0.95 for each in alone), alone
        odds = sum(each / (1 - each) for each in alone)
        independent = 1 - np.prod([1 - each for each in alone])
        found = relevance("name:Cooper")
        assert found <= odds / (1 + odds) + 0.01
        assert found < independent - 0.03


def test_a_name_goes_on_over_a_line_end(place) -> None:
    catalog, index = place
    (hit,) = [each for each in find(index, catalog, 'name:"Cowper, Will:m"', SearchOptions()).hits if each.further]
    assert [part.line.text for part in hit.parts] == ["and Cowper", "William came"]


def test_all_words_may_be_names_and_a_name_may_be_left_out(place) -> None:
    assert "the late Wm Cowper esq" in hits(place, "William Cooper spelling:names")
    assert "the late Wm Cowper esq" not in hits(place, "late NOT name:Cooper")


def test_the_spelling_is_printed_and_in_json(notes, put) -> None:
    with Catalog(notes.index, create=True) as catalog:
        put(catalog, "page", [("the late Wm Cowper esq", 0.9), ("nothing", 0.9)])
    assert "as Wm Cowper" in notes.run("search", 'name:"William Cooper"').stdout
    (hit,) = json.loads(notes.run("search", 'name:"William Cooper"', "--json").stdout)["hits"]
    assert hit["spelling"] == "Wm Cowper"
    assert [word["text"] for word in hit["words"]] == ["Wm", "Cowper"]
    own = notes.home / "config" / "notes" / "names" / "en" / "names.txt"
    own.parent.mkdir(parents=True)
    own.write_text("[pet]\nKunibert = nothing\n")
    (hit,) = notes.json("search", "name:Kunibert")["hits"]
    assert (hit["text"], hit["spelling"]) == ("nothing", "nothing")
    own.write_text("[pet]\nKunibert\n")
    assert "names.txt, line 2" in notes.run("search", "name:Kunibert", rc=2).stderr
