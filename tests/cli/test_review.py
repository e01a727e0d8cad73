"""Reviewing at the command line: which text is meant, and what is asked of a person at a terminal."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest


def test_the_command_line_says_which_text_is_accepted_and_keeps_no_other(indexed) -> None:
    assert "doubtful300 word" in indexed.run("review", "accept", 2).stderr
    indexed.run("review", "--undo", 2)
    said = indexed.run("review", "accept", 2, "--seen", "what stood there yesterday", rc=2)
    assert "doubtful300 word" in said.stderr
    assert indexed.json("status")["verdicts"] == 0
    for command in (("reject", 2), ("correct", 2, "doubtful words")):
        assert "says something else" in indexed.run("review", *command, "--seen", "yesterday", rc=2).stderr
        indexed.run("review", *command, "--seen", "doubtful300 word")
        indexed.run("review", "--undo", 2)
    indexed.run("review", "accept", 1, 2, "--seen", "one of them", rc=2)
    assert indexed.run("review", "accept", 2, 2).stderr.count("[2]") == 1
    indexed.run("review", "reject", 2, 2)
    for _ in range(2):
        indexed.run("review", "--undo", 2)
    assert "there is no line 77" in indexed.run("review", "accept", 1, 77, rc=2).stderr
    assert indexed.json("status")["verdicts"] == 0


def test_what_was_done_is_listed_and_taken_back_one_by_one(indexed) -> None:
    assert "nobody has said anything" in indexed.run("review", "--done", rc=1).stderr
    indexed.run("review", "accept", 2)
    indexed.run("review", "correct", 1, "Dear Mother")
    indexed.run("review", "correct", 1, "Dear Father")
    done = indexed.json("review", "--done")["done"]
    assert [(each["line"], each["kind"], each["text"]) for each in done] == [
        (1, "correct", "Dear Father"),
        (2, "accept", "doubtful300 word"),
    ]
    assert done[0]["before"] == "Dear Mother"
    assert "says: Dear Father  (was: Dear Mother)" in indexed.run("review", "--done").stdout
    for text in ("Dear Mother", "alpha page300"):
        indexed.run("review", "--undo", 1)
        assert indexed.json("show", 1)["lines"][0]["text"] == text
    assert [each["line"] for each in indexed.json("review", "--done")["done"]] == [2]


@pytest.mark.skipif(os.name == "nt", reason="no terminal to type into")
def test_on_a_terminal_a_person_is_asked(notes, with_pages) -> None:
    with_pages(notes, "poilus/poilus-06.jpg")
    line, other = (each["id"] for each in notes.json("review", "--limit", 2)["lines"])
    typed = "qqq zzz www"
    refused = notes.run("review", "correct", line, typed, rc=2)
    assert "does not look like" in refused.stderr
    assert "--sure" in refused.stderr
    assert "kept, but" not in refused.stderr
    assert notes.json("status")["verdicts"] == 0
    said, code = on_terminal(notes, "n", "review", "correct", line, typed)
    assert "does not look like" in said
    assert (code, notes.json("status")["verdicts"]) == (1, 0)
    text = notes.json("show", line)["lines"][0]["text"]
    said, code = on_terminal(notes, "n", "review", "accept", line)
    assert text in said
    assert (code, notes.json("status")["verdicts"]) == (1, 0)
    said, code = on_terminal(notes, "", "review", "accept", line)
    assert (code, notes.json("status")["verdicts"]) == (0, 1)
    said, code = on_terminal(notes, "y", "review", "correct", line, typed)
    assert code == 0
    assert notes.json("show", line)["lines"][0]["text"] == typed
    notes.run("review", "correct", other, typed, "--sure")
    assert notes.json("show", other)["lines"][0]["text"] == typed


def on_terminal(notes, answer: str, *args: object) -> tuple[str, int]:
    """What a command says on a terminal, where a person answers, and its exit code."""
    ours, theirs = os.openpty()
    process = notes.begin(*args, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    said = b""
    with suppress(OSError):  # the end of a terminal
        while part := os.read(ours, 4096):
            said += part
    os.close(ours)
    return said.decode(), process.wait(60)


@pytest.mark.skipif(os.name == "nt", reason="arguments are text there")
def test_arguments_that_are_no_text_are_refused(indexed) -> None:
    odd = os.fsdecode(b"M\xfcller")
    for command in (("review", "correct", 2, odd), ("search", odd)):
        said = indexed.run(*command, rc=2).stderr
        assert "no letter: the byte 0xfc" in said
    assert indexed.json("status")["verdicts"] == 0
