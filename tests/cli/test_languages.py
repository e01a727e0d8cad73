"""The command line in other languages: its help and its errors, and what stays as it is for programs."""

from __future__ import annotations

import json


def test_help_and_errors_speak_the_language_of_the_system(notes) -> None:
    notes.environ |= {"LC_ALL": "de_CH.UTF-8", "LANG": "fr_FR.UTF-8"}
    said = " ".join(notes.run("search", "--help").stdout.split())
    assert "Zeilen mit allen Wörtern von QUERY finden" in said
    assert "Höchstens so viele Treffer zeigen." in said
    assert "Optionen" in said
    assert "es gibt keinen Befehl 'serch'" in notes.run("serch", rc=2).stderr
    assert "Archive handgeschriebener Seiten lesen" in notes.run("--help").stdout


def test_a_group_of_commands_speaks_it_too(notes) -> None:
    notes.fresh = True
    notes.environ |= {"LANG": "sv_SE.UTF-8"}
    said = notes.run("review", "--help").stdout
    assert "Kommandon" in said
    assert "Säg vad som står på en rad" in said


def test_what_a_command_reports_is_in_one_language(indexed) -> None:
    here = indexed.run("search", "alpha")
    indexed.environ |= {"LANG": "de_DE.UTF-8"}
    there = indexed.run("search", "alpha")
    assert (there.stdout, there.stderr) == (here.stdout, here.stderr)
    assert "die Anfrage ist unverständlich" in indexed.run("search", "(alpha", rc=2).stderr


def test_the_setting_goes_before_the_system(notes) -> None:
    notes.environ |= {"LANG": "de_DE.UTF-8", "NOTES_LOCALE": "fr"}
    assert "Les numéros entre crochets" in notes.run("order", "--help").stdout
    notes.environ |= {"NOTES_LOCALE": "en"}
    assert "The numbers in brackets" in notes.run("order", "--help").stdout
    notes.environ |= {"NOTES_LOCALE": "xx"}
    assert "NOTES_LOCALE" in notes.run("status", rc=2).stderr


def test_what_programs_read_is_the_same_in_every_language(indexed) -> None:
    here = [indexed.run(*each).stdout for each in (("status", "--json"), ("search", "alpha", "--csv"))]
    indexed.environ |= {"LANG": "de_DE.UTF-8"}
    there = [indexed.run(*each).stdout for each in (("status", "--json"), ("search", "alpha", "--csv"))]
    assert there == here
    json.loads(there[0])
    assert "is no option" in indexed.run("search", "-x", "--json", rc=2).stderr


def test_the_log_and_what_is_kept_stay_in_english(notes) -> None:
    notes.fake_engine()
    (notes.home / "torn.png").write_bytes(b"no picture")
    notes.environ |= {"LANG": "de_DE.UTF-8"}
    notes.run("index", "torn.png", rc=3)
    (failure,) = json.loads(notes.run("status", "--json").stdout)["failures"]
    assert failure["message"] == "it is not an image that can be read. Is the suffix right?"
    notes.run("show", "99999", rc=2)
    kept = (notes.index / "notes.log").read_text(encoding="utf-8")
    assert "there is no line 99999" in kept
    assert "es gibt" not in kept
