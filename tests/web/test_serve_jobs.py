"""Jobs in the browser: models are trained, followed, stopped, and kept only where less is read wrong."""

from __future__ import annotations

import html
import json
import threading

import pytest

from indexer.values.errors import Exit, MissingError
from indexer.web.child import Child
from indexer.web.running import Ending
from indexer.web.training_runs import TrainingInBackground


def shown(server) -> str:
    return html.unescape(server.client.get("/jobs").text)


def begin(server, kind: str, name: str = "emma"):
    return server.client.post("/jobs", data={"kind": kind, "name": name, "minutes": "7"})


def trainings(monkeypatch, tmp_path, run) -> TrainingInBackground:
    """Trainings whose command is ``run``, which gets its words and a function that hears what it prints."""
    monkeypatch.setattr(Child, "run", lambda _child, *words, hear: run(words, hear))
    return TrainingInBackground(tmp_path, Ending())


def test_a_run_says_how_far_it_is_and_what_came_of_it(monkeypatch, tmp_path, until) -> None:
    told, go = dict.fromkeys(("others_before", "others_after", "model")), threading.Event()

    def run(words, hear):
        assert words[:2] == ("train", "emma")
        assert "--from-index" in words
        hear("at 30 of 60 s: loss 0.51, wrong letters 20.0% (best 20.0%)")
        assert go.wait(60)
        for line in json.dumps({**told, "before": 0.2, "after": 0.213}, indent=2).splitlines():
            hear(line)
        return 0, ""

    begun = trainings(monkeypatch, tmp_path, run)
    begun.begin("train", "emma", 7)
    until(lambda: begun.runs[0].done == 0.5)
    assert begun.runs[0].said.startswith("loss 0.51")
    go.set()
    until(lambda: begun.runs[0].has_ended)
    (ended,) = begun.runs
    assert (ended.state, ended.before, ended.after) == ("worse", 0.2, 0.213)
    begun.close()


def test_runs_come_one_after_the_other_and_each_is_stopped_by_itself(monkeypatch, tmp_path, until) -> None:
    seen, stopped = [], threading.Event()

    def run(words, hear):
        seen.append(words[1])
        assert stopped.wait(60)
        return (130, "interrupted") if words[1] == "first" else (2, "nothing to learn from")

    monkeypatch.setattr(Child, "let_go", lambda _child: stopped.set())
    begun = trainings(monkeypatch, tmp_path, run)
    for name in ("first", "second", "third"):
        begun.begin("train", name, 7)
    until(lambda: seen == ["first"])
    begun.stop(2)
    begun.stop(1)
    until(lambda: begun.runs[0].has_ended)
    assert seen == ["first", "third"]
    assert [(each.name, each.state) for each in begun.runs] == [
        ("third", "failed"),
        ("second", "stopped"),
        ("first", "stopped"),
    ]
    assert begun.runs[0].said == "nothing to learn from"
    with pytest.raises(MissingError):
        begun.stop(1)
    begun.close()


def test_why_nothing_can_be_trained_is_said(indexed, serve, until) -> None:
    server = serve(indexed)
    begin(server, "train")
    until(lambda: "failed" in shown(server))
    assert "cannot be trained" in shown(server)
    for name in ("--from", "../mine", "a b", ""):
        assert begin(server, "train", name).status_code == 422


def test_pages_are_read_again_with_a_model(notes, make_page, serve, until) -> None:
    notes.run("index", make_page(notes.home / "page.png", 400, 100, "Dear aunt Emma"))
    server = serve(notes)
    server.client.post("/jobs/reread", data={"name": "nosuch"})
    until(lambda: "failed" in shown(server))
    server.client.post("/jobs/reread", data={"name": "original"})
    until(lambda: "done" in shown(server))
    server.close()
    assert "1 already in the index" in notes.run("index", "--model", "original", "page.png").stderr


def test_jobs_are_for_those_who_manage(indexed, serve) -> None:
    indexed.run("user", "add", "boss", "--role", "manage")
    indexed.run("user", "add", "ada", "--role", "review")
    tokens = {name: indexed.run("user", "token", name).stdout.strip() for name in ("boss", "ada")}
    server = serve(indexed)
    codes = {
        name: [
            server.client.get("/jobs", headers=head).status_code,
            server.client.post("/jobs/9/stop", headers=head).status_code,
        ]
        for name, token in tokens.items()
        for head in ({"authorization": f"Bearer {token}"},)
    }
    assert codes == {"boss": [200, 404], "ada": [403, 403]}


def test_the_last_runs_are_remembered_and_an_answer_that_nobody_expects_ends_its_run_alone(
    monkeypatch, tmp_path, until
) -> None:
    works = trainings(monkeypatch, tmp_path, lambda _words, hear: (hear("no JSON"), (Exit.DONE, ""))[1])
    try:
        for number in range(1, 23):
            works.begin("adapt", f"m{number}", 7)
            until(lambda: all(run.has_ended for run in works.runs))
            assert len(works.runs) == min(number, 20)
        assert {run.state for run in works.runs} == {"failed"}
    finally:
        works.close()
