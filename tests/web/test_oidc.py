"""Signing in with an OpenID Connect provider: who comes in, and what an attacker gets."""

from __future__ import annotations

import shutil
import time
from itertools import count
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from indexer.catalog import Catalog
from indexer.web import oidc

pytest.importorskip("authlib", reason='needs Authlib (pip install ".[oidc]")')
pytest.importorskip("joserfc")

from tests.web.oidc_provider import CLIENT, SECRET, Provider

_ADDRESSES = count(1)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def archive(tmp_path_factory, notes_factory, make_page, provider):
    notes = notes_factory(tmp_path_factory.mktemp("oidc"))
    notes.fake_engine()
    notes.run("index", make_page(notes.home / "pages" / "a.png", 300))
    (notes.home / "secret").write_text(f"{SECRET}\n")
    told = {"ISSUER": provider.issuer, "CLIENT": CLIENT, "SECRET": str(notes.home / "secret")}
    notes.environ |= {f"NOTES_OIDC_{name}": value for name, value in told.items()}
    notes.run("user", "add", "root", "--role", "manage")
    notes.run("user", "add", "Anna", "--role", "review")
    notes.run("user", "bind", "anna", "4711")
    return notes


@pytest.fixture
def right(provider):
    provider.fresh()
    return provider


@pytest.fixture(scope="module")
def running(archive, served_factory):
    server = served_factory(archive, "--behind", "127.0.0.1")
    yield server
    server.close()


@pytest.fixture
def client(running, right):
    """A browser that keeps nothing yet."""
    address = f"192.0.2.{next(_ADDRESSES)}"  # each test has its own ten attempts
    with httpx.Client(base_url=running.client.base_url, headers={"x-forwarded-for": address}) as made:
        yield made


def begun(client: httpx.Client) -> dict[str, str]:
    """Begin to sign in, and go to the provider; what it sends the browser back with."""
    sent = client.get("/sign-in/elsewhere")
    assert sent.status_code == 303, sent.text
    back = httpx.get(sent.headers["location"]).headers["location"]
    assert back.startswith(f"{client.base_url}/sign-in/back?")
    return {name: each[0] for name, each in parse_qs(urlsplit(back).query).items()}


def came_back(client: httpx.Client, given: dict[str, str]) -> httpx.Response:
    return client.get("/sign-in/back", params=given, headers={"sec-fetch-site": "cross-site"})


def refused(client: httpx.Client, given: dict[str, str], why: str) -> None:
    answer = came_back(client, given)
    assert answer.status_code == 403, answer.text
    assert why in answer.text
    assert "notes=" not in answer.headers.get("set-cookie", "")
    assert client.get("/").status_code == 303


def test_a_user_signs_in_with_the_provider(client, right, archive) -> None:
    assert "Sign in with localhost" in client.get("/sign-in").text
    sent = client.get("/sign-in/elsewhere")
    asked = {name: each[0] for name, each in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == ("code", "S256", "openid")
    assert len(asked["nonce"]) == len(asked["state"]) == 64
    assert "samesite=lax" in sent.headers["set-cookie"].casefold()
    given = begun(client)
    answer = came_back(client, given)
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0; url=/"' in answer.text, "a page of ours goes on: Strict is not sent yet"
    (set_cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith("notes=")]
    assert "samesite=strict" in set_cookie.casefold()
    assert "httponly" in set_cookie.casefold()
    assert "Anna" in client.get("/").text
    told = archive.json("user", "log")["log"][0]
    assert (told["who"], told["deed"]) == ("Anna", "signed in elsewhere")
    assert SECRET not in "".join(path.read_text(errors="replace") for path in archive.index.glob("notes.log*"))
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert client.get("/").status_code == 303
    right.told = {"end_session_endpoint": f"{right.issuer}/end"}


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_keys_of_both_kinds_are_believed(client, right, alg) -> None:
    right.sign = lambda claims: right.signed(claims, alg)
    assert came_back(client, begun(client)).status_code == 200


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"nonce": "another"}, "InvalidClaimError"),
        ({"nonce": None}, "MissingClaimError"),
        ({"aud": "another-client"}, "InvalidClaimError"),
        ({"aud": ["another", CLIENT], "azp": "another"}, "InvalidClaimError"),
        ({"aud": ["another", CLIENT]}, "MissingClaimError"),
        ({"iss": "https://another.example"}, "InvalidClaimError"),
        ({"iss": None}, "MissingClaimError"),
        ({"exp": int(time.time()) - 3600}, "ExpiredTokenError"),
        ({"exp": None}, "MissingClaimError"),
        ({"exp": "tomorrow"}, "InvalidClaimError"),
        ({"iat": int(time.time()) + 3600}, "not to be believed"),
        ({"nbf": int(time.time()) + 3600}, "not to be believed"),
        ({"sub": None}, "MissingClaimError"),
        ({"sub": 4711}, "localhost"),
    ],
)
def test_what_was_signed_for_another_time_or_place_lets_nobody_in(client, right, running, claims, error) -> None:
    right.claims = claims
    refused(client, begun(client), error)


@pytest.mark.parametrize("how", ["unsigned", "by_our_secret", "by_public_key", "by_own_key"])
def test_what_the_provider_did_not_sign_lets_nobody_in(client, right, how) -> None:
    right.sign = getattr(right, how)
    refused(client, begun(client), "not to be believed")


@pytest.mark.parametrize("odd", ["", "a.b.c", "a.b.c.d.e", "x" * 1000, "é.é.é", None, 5, ["a"], {"a": 1}])
def test_odd_tokens_are_no_fault_of_ours(client, right, odd) -> None:
    right.sign = lambda claims: odd
    refused(client, begun(client), "not to be believed")


def test_an_attempt_is_of_one_browser_and_one_time(client, running, right) -> None:
    given = begun(client)
    with httpx.Client(base_url=client.base_url) as other:
        refused(other, given, "not begun in this browser")  # what an attacker began, or caught
        begun(other)
        refused(other, given, "not begun in this browser")
    kept = client.cookies["notes-going"]
    assert came_back(client, given).status_code == 200
    client.cookies.clear()
    refused(client, given, "not begun in this browser")
    client.cookies.set("notes-going", kept)
    refused(client, given, "used before")
    client.cookies.clear()
    again = begun(client)
    later = f"{int(time.time()) + 10**6}.{client.cookies['notes-going'].partition('.')[2]}"
    client.cookies.clear()
    client.cookies.set("notes-going", later)
    refused(client, again, "not begun in this browser")
    client.cookies.clear()
    given = begun(client)
    refused(client, {**given, "code": "made up"}, "did not take")
    refused(client, {**begun(client), "state": ""}, "not begun in this browser")


def test_a_code_of_another_attempt_is_worth_nothing(client, right) -> None:
    """Who gives somebody their own code would have them work in their name: the verifier is of another attempt."""
    with httpx.Client(base_url=client.base_url) as attacker:
        own = begun(attacker)
    given = begun(client)
    refused(client, {**given, "code": own["code"]}, "did not take")


def test_another_provider_cannot_answer(client, right) -> None:
    refused(client, {**begun(client), "iss": "https://evil.example"}, "another provider")
    refused(client, {"state": begun(client)["state"], "error": "<script>alert(1)</script>"}, "says nothing")
    refused(client, {"state": begun(client)["state"], "error": "access_denied"}, "access_denied")


def test_no_other_site_begins_it_and_it_leads_nowhere_else(client, right) -> None:
    for path in ("/sign-in/elsewhere", "/sign-in/leave"):
        for headers in ({"sec-fetch-site": "cross-site"}, {"referer": "https://evil.example/"}):
            assert client.get(path, headers=headers).headers["location"] == "/sign-in"
    for more in ("?next=https://evil.example", "?redirect_uri=https://evil.example", "?url=//evil.example"):
        assert "evil" not in client.get(f"/sign-in/elsewhere{more}").headers["location"]
    given = {**begun(client), "next": "https://evil.example", "url": "//evil.example"}
    assert "evil" not in came_back(client, given).text
    assert client.get("/sign-in/elsewhere", headers={"host": "evil.example"}).status_code == 421


def test_who_is_bound_to_nobody_is_told_so(client, right, archive) -> None:
    right.who = {"sub": "root"}
    refused(client, begun(client), "nobody is called so here")
    told = archive.json("user", "log")["log"][0]
    assert (told["deed"], told["refused"]) == ("is not known here", True)


def test_strangers_hinder_nobody_who_comes_from_the_same_address(client, right) -> None:
    right.who = {"sub": "nobody's"}
    for _ in range(11):
        refused(client, begun(client), "nobody is called so here")
    right.who = {"sub": "4711"}
    assert came_back(client, begun(client)).status_code == 200


def test_who_has_begun_nothing_writes_nothing(client, right, archive) -> None:
    before = len(archive.json("user", "log", "--limit", 1000)["log"])
    for _ in range(12):
        refused(client, {"code": "x", "state": "y"}, "not begun in this browser")
    assert len(archive.json("user", "log", "--limit", 1000)["log"]) == before
    assert not right.asked


def test_unknown_people_become_users_only_if_that_is_said(archive, serve, right) -> None:
    archive.environ |= {"NOTES_UNKNOWN_PEOPLE": "read", "NOTES_OIDC_CLAIM": "email"}
    try:
        client = serve(archive).client
    finally:
        del archive.environ["NOTES_UNKNOWN_PEOPLE"], archive.environ["NOTES_OIDC_CLAIM"]
    right.who = {"sub": "1", "email": "zoe@example.org", "email_verified": True}
    assert came_back(client, begun(client)).status_code == 200
    assert "zoe@example.org" in client.get("/").text
    assert client.get("/review").status_code == 403
    client.cookies.clear()
    assert came_back(client, begun(client)).status_code == 200, "the second time they are the same user"
    client.cookies.clear()
    for who, why in (
        ({"sub": "2", "email": "Root"}, "has not made sure"),
        ({"sub": "2", "email": "4711", "email_verified": "true"}, "has not made sure"),
        ({"sub": "2", "email": "ROOT", "email_verified": True}, "has the name ROOT already"),
        ({"sub": "2"}, "does not say your email"),
        ({"sub": "2", "email": "x" * 65, "email_verified": True}, "no name"),
    ):
        right.who = who
        refused(client, begun(client), why)
    with Catalog(archive.index) as catalog:
        assert {each.name: each.role for each in catalog.users()} == {
            "Anna": "review", "root": "manage", "zoe@example.org": "read",
        }  # fmt: skip
        assert catalog.subjects()["anna"] == [(f"{right.issuer} sub", "4711")]


def test_a_provider_that_says_odd_things_of_itself_is_not_asked_further(right, monkeypatch) -> None:
    asked = oidc.Provider(right.issuer, CLIENT, SECRET, "sub")
    for told in (
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"jwks_uri": ["https://evil.example"]},
        {"token_endpoint": "https://[evil"},
    ):
        right.told = told
        with pytest.raises(oidc.ProviderError):
            oidc.discover(asked)
    assert set(right.asked) == {"/.well-known/openid-configuration"}
    assert SECRET not in repr(asked)


def test_a_provider_that_answers_late_or_too_much_is_a_sentence(right, monkeypatch) -> None:
    asked = oidc.Provider(right.issuer, CLIENT, SECRET, "sub")
    right.large = "/.well-known/openid-configuration"
    with pytest.raises(oidc.ProviderError, match="more than 200,000 bytes"):
        oidc.discover(asked)
    right.large = None
    monkeypatch.setattr(oidc, "_SECONDS", 0.3)
    right.slow.clear()
    with pytest.raises(oidc.ProviderError, match="takes longer"):
        oidc.discover(asked)
    right.slow.set()
    with pytest.raises(oidc.ProviderError, match="cannot be reached"):
        oidc.discover(oidc.Provider("http://localhost:1", CLIENT, SECRET, "sub"))


def test_a_dead_provider_hinders_nobody_else_and_is_asked_once_in_a_while(archive, serve, right) -> None:
    right.told = {"issuer": "https://evil.example"}
    server = serve(archive)
    assert not right.asked, "nothing is asked before somebody wants to sign in"
    answers = [server.client.get("/sign-in/elsewhere") for _ in range(3)]
    assert {each.status_code for each in answers} == {503}
    assert "another issuer" in answers[0].text
    assert len(right.asked) == 1
    assert server.client.get("/sign-in").status_code == 200


def test_many_codes_that_are_none_have_to_wait(archive, serve, right) -> None:
    client = serve(archive).client
    for _ in range(10):
        refused(client, {**begun(client), "code": "made up"}, "did not take")
    answer = came_back(client, begun(client))
    assert answer.status_code == 429
    assert right.asked.count("/token_endpoint") == 10


def test_signing_out_there_too(archive, serve, right) -> None:
    right.told = {"end_session_endpoint": f"{right.issuer}/end?x=1"}
    client = serve(archive).client
    left = urlsplit(client.get("/sign-in/leave").headers["location"])
    assert (left.netloc, left.path) == (urlsplit(right.issuer).netloc, "/end")
    assert parse_qs(left.query)["post_logout_redirect_uri"] == [f"{client.base_url}/sign-in"]


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # Playwright's own pipes, when its driver ends
def test_a_browser_is_signed_in_when_it_comes_back_from_another_site(running, right) -> None:
    """For a browser ``localhost`` is another site than ``127.0.0.1``: it sends no ``Strict`` cookie on the way back."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(
            base_url=str(running.client.base_url), extra_http_headers={"x-forwarded-for": "192.0.2.250"}
        )
        page.goto("/sign-in")
        page.get_by_role("link", name="Sign in with localhost").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        assert page.url == f"{running.client.base_url}/"
        kept = {each["name"]: each["sameSite"] for each in page.context.cookies()}
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("link", name="Sign in with localhost")).to_be_visible()
        browser.close()
    assert kept == {"notes": "Strict"}


def test_settings_that_make_no_sense_and_a_secret_that_is_in_no_list(archive) -> None:
    for name, value, said in (
        ("ISSUER", "http://id.example.org", "is no issuer"),
        ("ISSUER", "id.example.org", "is no issuer"),
        ("SECRET", str(archive.home / "absent"), "cannot be read"),
    ):
        before = archive.environ[f"NOTES_OIDC_{name}"]
        archive.environ[f"NOTES_OIDC_{name}"] = value
        assert said in archive.run("serve", rc=2).stderr
        archive.environ[f"NOTES_OIDC_{name}"] = before
    assert SECRET not in archive.run("config").stdout
    assert "as 4711 at http://localhost" in archive.run("user", "list").stdout
    assert "is anna already" in archive.run("user", "bind", "root", "4711", rc=2).stderr


def test_a_user_who_is_bound_no_more_is_signed_out(archive, client, right) -> None:
    assert came_back(client, begun(client)).status_code == 200
    archive.run("user", "bind", "anna", "--end")
    assert client.get("/").status_code == 303
    refused(client, begun(client), "nobody is called so here")
    archive.run("user", "bind", "anna", "4711")
