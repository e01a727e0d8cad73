"""The pages as a person with a browser meets them: by mouse, by keyboard, on a phone, and with a screen reader."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ARCHIVE = Path(__file__).parents[1] / "data" / "archive"
INDEXED = ("stanford", "poilus")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE, DESKTOP, WALL = (360, 740), (1280, 800), (2560, 1440)
PAGES = {
    "start": "/",
    "hits": "/?q=soit",
    "filtered": "/?q=university&reach=high&sure=20",
    "nothing": "/?q=xylophone",
    "documents": "/documents",
    "folder": "/documents?in=STANFORD",
    "described": "/documents/DOCUMENT/describe",
    "forget": "/documents/DOCUMENT/forget",
    "forgotten": "/forgotten",
    "failures": "/failures",
    "page": "/documents/DOCUMENT/1?q=university",
    "review": "/review",
    "write": "/documents/DOCUMENT/1/write",
    "drawn": "/documents/DOCUMENT/1/line?left=30&top=20&width=60&height=5",
    "order": "/documents/DOCUMENT/1/order",
    "done": "/review/done",
    "words": "/review/words",
    "wall": "/review/word?word=les",
    "orphans": "/review/orphans",
    "add": "/add",
    "gallery": "/documents?view=gallery",
    "jobs": "/jobs",
    "saved": "/saved",
    "sign-in": "/sign-in",
    "missing": "/documents/99999",
}

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Playwright's own pipes, when its driver ends
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def window(served, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of the server in a window of a size; whatever goes wrong in the page fails the test.

    ``DOCUMENT`` in its address is the letter ``stanford-04.jpg``.
    """
    documents = served.client.get("/api/v1/documents").json()
    letter = next(str(each["id"]) for each in documents if each["name"] == "stanford-04.jpg")
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def opened(path: str, size: tuple[int, int] = DESKTOP, *, missing: bool = False, **more: object) -> Page:
        viewport = {"width": size[0], "height": size[1]}
        contexts.append(browser.new_context(base_url=str(served.client.base_url), viewport=viewport, **more))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        if not missing:
            page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        page.goto(path.replace("DOCUMENT", letter).replace("STANFORD", str(ARCHIVE / "stanford")))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.className")


def test_from_a_search_to_the_ink_to_the_page(window) -> None:
    page = window("/")
    page.get_by_role("combobox", name="Search").fill("university")
    page.get_by_role("button", name="Search").click()
    hits = page.locator(".hit")
    expect(hits.first.locator("mark").first).to_have_text(re.compile("university", re.IGNORECASE))
    image = hits.first.locator(".frame img")
    expect(image).to_be_visible()
    assert image.evaluate("each => each.decode().then(() => each.naturalWidth)") > 100
    ink, word = image.bounding_box(), hits.first.locator(".mark rect").first.bounding_box()
    assert ink
    assert word
    assert ink["x"] - 3 <= word["x"] < word["x"] + word["width"] <= ink["x"] + ink["width"] + 3
    assert word["width"] < 0.6 * ink["width"]
    hits.first.locator("a.ink").click()
    page.wait_for_url(re.compile(r"/documents/\d+/1\?q=university#line-\d+"))
    expect(page.locator(".transcript li:target")).to_be_in_viewport()
    assert page.locator(".lines .found").count() >= 1
    page.go_back()
    expect(page.get_by_role("combobox", name="Search")).to_have_value("university")


def test_the_ink_of_a_hit_is_enlarged_in_its_place_and_hits_are_narrowed_to_years(served, window, request) -> None:
    documents = served.client.get("/api/v1/documents").json()
    for each, date in zip(documents, ("1905-03-20", "1914-12", "1918", "1915"), strict=False):
        address = f"/api/v1/documents/{each['id']}/description"
        assert served.client.put(address, json={"date": date}).status_code == 200
    for size, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
        page = window("/?q=de&sort=date&reach=high", size, color_scheme=scheme)
        small = page.locator(".hit .frame img").first.bounding_box()
        page.locator(".larger summary").first.click()
        large = page.locator(".larger img").first
        expect(large).to_be_visible()
        assert small
        assert (large.bounding_box() or small)["height"] > small["height"]
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
        assert found.violations_count == 0, found.generate_report()
        if kept := request.config.getoption("--screenshots"):
            page.screenshot(path=kept / f"years-{size[0]}-{scheme}.png", full_page=True)
    page.locator(".years a").first.press("Enter")
    page.wait_for_url(re.compile("years_from"))
    expect(page.get_by_role("link", name="All years")).to_be_visible()
    for each in documents:
        served.client.delete(f"/api/v1/documents/{each['id']}/description")


def test_a_search_with_its_filters_is_an_address(window) -> None:
    page = window("/?q=university")
    page.get_by_text("Filters").click()
    page.get_by_label("Reach").select_option("high")
    page.get_by_label(re.compile("In folder")).fill("*stanford*")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile("reach=high"))
    found = page.locator(".hit").count()
    assert found
    assert page.locator(".where").filter(has_text="poilus").count() == 0
    again = window(page.url)
    assert again.locator(".hit").count() == found
    expect(again.get_by_label("Reach")).to_have_value("high")


def test_the_search_by_keyboard_alone(window) -> None:
    page = window("/documents")
    page.keyboard.press("/")
    assert focused(page) == "q"
    page.keyboard.type("university")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=university"))
    page.keyboard.press("ArrowDown")
    assert focused(page) == "ink"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("[...document.querySelectorAll('.ink')].indexOf(document.activeElement)") == 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "q"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/documents/"))


def test_words_of_the_archive_complete_the_search_by_keyboard_alone(window, request) -> None:
    page = window("/")
    field, options = page.get_by_role("combobox", name="Search"), page.get_by_role("option")
    field.press_sequentially("stanford univ")
    expect(options.first).to_contain_text(re.compile(r"^university about \d+ lines?$", re.IGNORECASE))
    if folder := request.config.getoption("--screenshots"):
        page.screenshot(path=Path(folder) / "completions.png")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_have_value("stanford univ")
    field.press_sequentially("e")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=stanford(%20|[+])[Uu]niversity"))
    assert page.locator(".hit").count()


def test_the_like_of_what_is_drawn_around_is_found(window) -> None:
    page = window("/?q=university")
    page.locator(".hit a.ink").first.click()
    word = page.locator(".lines .found").first
    page.get_by_role("button", name="Find its like").click()
    word.scroll_into_view_if_needed()
    place = word.bounding_box()
    assert place
    page.mouse.move(place["x"], place["y"])
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"], place["y"] + place["height"], steps=3)
    expect(page.locator(".lines .drawn")).to_have_count(1)
    page.mouse.up()
    page.wait_for_url(re.compile("q=like"))
    expect(page.locator(".hit mark").first).to_have_text(re.compile("university", re.IGNORECASE))
    page.go_back()
    page.get_by_role("button", name="Find its like").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Find its like")).to_have_attribute("aria-pressed", "false")


def test_a_line_is_drawn_is_read_at_once_and_takes_the_place_of_the_one_that_lay_there(served, window) -> None:
    page = window("/documents/DOCUMENT/1")
    line = page.locator(".lines [data-line]").nth(4)
    number = line.get_attribute("data-line")
    said = served.client.get(f"/api/v1/lines/{number}").json()["text"]
    page.get_by_role("button", name="Draw a line").click()
    line.scroll_into_view_if_needed()
    place = line.bounding_box()
    assert place
    page.mouse.move(place["x"] - 4, place["y"] - 3)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] + 3, place["y"] + place["height"] + 3, steps=3)
    page.mouse.up()
    page.wait_for_url(re.compile(r"/line\?left="))
    field = page.get_by_label("What it says")
    expect(page.get_by_role("status")).to_contain_text("% sure", timeout=60_000)
    read = field.input_value()
    assert SequenceMatcher(a=said, b=read).ratio() > 0.8, (said, read)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)
    field.fill("zymurgy in its own place")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"#line-{number}$"))
    expect(page.locator(f"#line-{number} .words")).to_have_text("zymurgy in its own place")
    served.client.delete(f"/api/v1/lines/{number}/verdict")
    assert served.client.get(f"/api/v1/lines/{number}").json()["text"] == said


def test_lines_are_reviewed_found_again_and_taken_back_by_keyboard_alone(served, window) -> None:
    page = window("/review?order=confidence")
    field = page.get_by_label("What it says")
    expect(field).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("zymurgy and quixotry")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("undo="))
    expect(field).not_to_have_value("zymurgy and quixotry")
    found = window("/?q=zymurgy")
    expect(found.locator(".hit")).to_have_count(1)
    page.keyboard.press("Alt+s")
    page.wait_for_url(re.compile("skip=1"))
    page.keyboard.press("Alt+n")
    page.wait_for_url(re.compile(r"skip=1.*undo="))
    undone = re.search(r"undo=(\d+)", page.url)
    assert undone
    line = f"/api/v1/lines/{undone[1]}"
    assert served.client.get(line).json()["status"] == "rejected"
    page.keyboard.press("Alt+z")
    page.wait_for_url(re.compile(f"order=confidence&skip=1&line={undone[1]}$"))
    assert served.client.get(line).json()["status"] != "rejected"
    found.goto("/?q=zymurgy")
    expect(found.locator(".hit")).to_have_count(1)


def test_a_text_that_the_ink_speaks_against_is_asked_about_and_kept_with_a_second_enter(served, window) -> None:
    hit = served.client.get("/api/v1/search", params={"q": "testament", "reach": "low"}).json()["hits"][0]
    page = window(f"/review?line={hit['id']}")
    field = page.get_by_label("What it says")
    expect(field).to_have_value(hit["text"])
    page.keyboard.press("Control+a")
    page.keyboard.type("wholly something else, and longer")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not look like")
    expect(field).to_have_value("wholly something else, and longer")
    expect(field).to_be_focused()
    line = f"/api/v1/lines/{hit['id']}"
    assert served.client.get(line).json()["text"] == hit["text"]
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("undo="))
    assert served.client.get(line).json()["text"] == "wholly something else, and longer"
    page.keyboard.press("Alt+z")
    page.wait_for_url(re.compile(f"line={hit['id']}$"))
    assert served.client.get(line).json()["text"] == hit["text"]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_whole_line_is_seen_in_the_review_and_the_address_is_that_of_the_line(
    window, size: tuple[int, int]
) -> None:
    page = window("/review", size)
    for _ in range(2):
        line = page.locator("[data-review]").get_attribute("action")
        assert line
        assert f"line={line.rpartition('/')[2]}&" in page.url
        ink = page.locator(".ink:visible")
        assert ink.evaluate("each => each.scrollWidth <= each.clientWidth")
        parts = ink.locator("img, svg")
        assert all((box := part.bounding_box()) and box["height"] > 30 for part in parts.all())
        if size == PHONE:
            shown = [list(map(float, (part.get_attribute("viewBox") or "").split())) for part in parts.all()]
            assert shown[0][0] == 0
            assert all(before[0] + before[2] >= after[0] for before, after in pairwise(shown))
            whole = float(page.locator(".rows image").first.get_attribute("width") or 0)
            assert shown[-1][0] + shown[-1][2] >= whole - 1
        with page.expect_navigation():
            page.locator("[data-skip]").click()


def test_a_near_reading_is_one_key_away(window) -> None:
    page = window("/review")
    for _ in range(40):
        if page.locator("[data-near]").count():
            break
        with page.expect_navigation():
            page.keyboard.press("Alt+s")
    field = page.get_by_label("What it says")
    words = field.input_value().split()
    near = page.locator("[data-near]").last
    at, wanted = int(near.get_attribute("data-at") or ""), near.get_attribute("data-near") or ""
    page.keyboard.press(f"Alt+{page.locator('[data-near]').count()}")
    assert wanted.strip(".,") != words[at].strip(".,")
    assert (wanted[-1] in ".,") == (words[at][-1] in ".,")
    expect(field).to_have_value(" ".join([*words[:at], wanted, *words[at + 1 :]]))


def test_the_places_of_a_word_are_settled_by_keyboard_alone_and_taken_back(served, window, request) -> None:
    page = window("/review/words")
    page.get_by_label("Words, one a line").fill("soit\ntwo words\npour")
    page.keyboard.press("Tab")
    page.locator("[data-file] input").set_input_files(
        {"name": "words.txt", "mimeType": "text/plain", "buffer": b"# what is asked for\nsoit\ntwo words\npour\n"}
    )
    page.get_by_role("button", name="Show these words").click()
    expect(page.get_by_role("status")).to_contain_text("1 line of the list is left out")
    page.get_by_role("link", name="soit").click()
    ticks = page.get_by_role("checkbox")
    many = ticks.count()
    assert many >= 2
    expect(ticks.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(ticks.nth(1)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("[data-count]")).to_have_text(f"{many - 1} right, 1 wrong")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/review/batches/"))
    expect(page.locator(".brought")).to_contain_text(f"{many - 1} place")
    expect(page.get_by_role("link", name="Next word: “pour”")).to_be_focused()
    if kept := request.config.getoption("--screenshots"):
        page.screenshot(path=kept / "brought.png")
    page.keyboard.press("Alt+z")
    page.wait_for_url(re.compile("word=soit"))
    assert ticks.count() == many


def test_a_page_is_typed_through_by_keyboard_alone(served, window) -> None:
    page = window("/documents/DOCUMENT/1", missing=True)  # a refusal is an error in the console
    page.get_by_role("link", name=re.compile("^(correct|review)")).nth(1).click()
    fields = page.locator("[data-text]")
    expect(fields.nth(1)).to_be_focused()
    numbers = [fields.nth(at).get_attribute("data-text") for at in range(3)]
    before = [fields.nth(at).input_value() for at in range(3)]

    def says(at: int) -> tuple[str, str]:
        line = served.client.get(f"/api/v1/lines/{numbers[at]}").json()
        return line["text"], line["origin"]

    page.keyboard.press("ArrowUp")
    expect(fields.first).to_be_focused()
    page.keyboard.press("Enter")  # it is right
    expect(fields.nth(1)).to_be_focused()
    assert says(0) == (before[0], "human")
    fields.nth(1).fill("qqq zzz www")
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]").nth(1)).to_contain_text("does not look like")
    expect(fields.nth(1)).to_be_focused()
    assert says(1)[0] == before[1]
    page.keyboard.press("Enter")
    expect(fields.nth(2)).to_be_focused()
    assert says(1) == ("qqq zzz www", "human")
    for at in (1, 0):
        page.keyboard.press("Alt+z")
        expect(fields.nth(at)).to_be_focused()
        expect(fields.nth(at)).to_have_value(before[at])
        assert says(at)[0] == before[at]
        assert says(at)[1] != "human"
    ink = page.locator("#line-" + str(numbers[0]) + " .ink:visible").bounding_box()
    field = fields.first.bounding_box()
    assert ink
    assert field
    assert ink["y"] + ink["height"] <= field["y"] + 1


def test_a_page_is_zoomed_by_keys_and_by_two_fingers_and_its_lines_answer(window) -> None:
    page = window("/documents/DOCUMENT/1", PHONE, has_touch=True)
    view, sheet = page.locator("[data-view]"), page.locator("[data-sheet]")
    whole = sheet.bounding_box()
    view.focus()
    page.keyboard.press("+")
    larger = sheet.bounding_box()
    assert whole
    assert larger
    assert larger["width"] > 1.3 * whole["width"]
    page.keyboard.press("0")
    pinch(page, 60, 180)
    pinched = sheet.bounding_box()
    assert pinched
    assert pinched["width"] == pytest.approx(3 * whole["width"], rel=0.1)
    page.keyboard.press("0")
    line = page.locator("[data-line]").nth(3)
    line.dispatch_event("pointerenter")
    expect(page.locator(".transcript li.chosen")).to_have_count(1)
    line.click()
    expect(page.locator(".transcript li:target")).to_be_in_viewport()


def test_a_large_page_is_zoomed_into_its_original_and_moved_by_a_held_mouse(
    notes, make_page, serve, until, browser: Browser, request
) -> None:
    notes.fake_engine()
    notes.run("index", make_page(notes.home / "pages" / "a.png", 6000, 4000))
    server = serve(notes)
    page = browser.new_page(base_url=str(server.client.base_url), viewport={"width": 1280, "height": 800})
    page.goto("/documents/1/1")
    tiles, view, line = page.locator(".tiles img"), page.locator("[data-view]"), page.locator("[data-line]").first
    assert tiles.count() == 0
    before = line.bounding_box()
    view.focus()
    for _ in range(7):
        page.keyboard.press("+")
    expect(tiles.first).to_be_visible()
    until(lambda: tiles.evaluate_all("all => all.every((each) => each.complete && each.naturalWidth)"))
    assert 1 <= tiles.count() <= 24
    assert "/max/" not in (tiles.first.get_attribute("src") or "")
    if folder := request.config.getoption("--screenshots"):
        page.screenshot(path=Path(folder) / "zoomed.png")
    after = line.bounding_box()
    assert before
    assert after
    assert after["width"] > 8 * before["width"]
    stood = view.evaluate("each => each.scrollLeft")
    box = view.bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 150, steps=4)
    page.mouse.up()
    assert view.evaluate("each => each.scrollLeft") == pytest.approx(stood + 120, abs=2)
    assert "#" not in page.url
    page.keyboard.press("0")
    expect(tiles).to_have_count(0)
    line.click()
    expect(page.locator(".transcript li:target")).to_have_count(1)
    page.close()


def pinch(page: Page, before: float, after: float) -> None:
    """Two fingers on the scan, so many pixels apart, then so many."""
    box = page.locator("[data-view]").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + min(box["height"], 400) / 2
    touch = page.context.new_cdp_session(page)

    def at(kind: str, apart: float) -> None:
        points = [{"x": x - apart / 2, "y": y, "id": 0}, {"x": x + apart / 2, "y": y, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if kind != "touchEnd" else []})

    at("touchStart", before)
    for step in range(1, 11):
        at("touchMove", before + (after - before) * step / 10)
    at("touchEnd", after)


def test_a_page_is_turned_by_a_key(window) -> None:
    page = window("/documents/DOCUMENT/1")
    asked: list[str | None] = []
    page.route("**/turn", lambda route: [asked.append(route.request.post_data), route.fulfill(status=204)])
    for key in ("]", "["):
        with page.expect_request("**/turn"):
            page.locator("[data-view]").press(key)
    assert asked == ["turned=90", "turned=270"]


def test_lines_are_put_into_another_order_by_clicks_and_by_keyboard_and_back(served, window) -> None:
    page = window("/documents/DOCUMENT/1")
    page.get_by_role("link", name="Change the order").click()
    document = page.url.split("/")[-3]
    address = f"/api/v1/documents/{document}/pages/1/order"
    rows = page.locator(".ordered li")
    before = served.client.get(address).json()["lines"]
    page.get_by_role("button", name="Click the lines in their order").click()
    for at in (4, 2, 0):
        page.locator(f'[data-place="{before[at]}"] rect').click()
    page.keyboard.press("Escape")
    wanted = [before[1], before[3], before[4], before[2], before[0], *before[5:]]
    assert [int(rows.nth(at).get_attribute("data-row") or 0) for at in range(5)] == wanted[:5]
    expect(page.locator(f'[data-place="{before[0]}"] text')).to_have_text("5")
    rows.nth(4).get_by_role("button", name=re.compile("^Up")).focus()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+ArrowDown")
    wanted[3:5] = wanted[4:2:-1]
    expect(page.get_by_role("status")).to_contain_text(f"is line 4 of {len(before)} now")
    page.get_by_role("button", name="Keep this order").click()
    page.wait_for_url(re.compile(r"/1$"))
    shown = page.locator(".transcript li")
    assert [int(each.get_attribute("data-of") or 0) for each in shown.all()] == wanted
    assert served.client.get(address).json()["lines"] == wanted
    page.get_by_role("link", name="Change the order").click()
    page.get_by_role("button", name="Take back the order").click()
    page.wait_for_url(re.compile("/order$"))
    assert served.client.get(address).json()["lines"] == before


def test_two_people_on_a_page_see_what_the_other_says(served, window) -> None:
    looking, typing, other = (window(f"/documents/DOCUMENT/1{end}") for end in ("", "/write", "/write"))
    fields = typing.locator("[data-text]")
    numbers = [fields.nth(at).get_attribute("data-text") for at in (5, 6)]
    before = [fields.nth(at).input_value() for at in (5, 6)]

    def kept(text: str, number: str | None) -> None:
        line = served.client.get(f"/api/v1/lines/{number}").json()
        sent = {"kind": "correct", "text": text, "seen": line["revision"], "sure": True}
        assert served.client.put(f"/api/v1/lines/{number}/verdict", json=sent).status_code == 200

    fields.nth(6).focus()
    typing.keyboard.type(" and mine")
    kept("what one says", numbers[0])
    kept("what another says", numbers[1])
    expect(looking.locator(f"#line-{numbers[0]} .words")).to_have_text("what one says")
    expect(looking.locator("[data-news]")).to_contain_text("has just changed this page")
    for page in (typing, other):
        expect(page.locator(f"#text-{numbers[0]}")).to_have_value("what one says")
    expect(fields.nth(6)).to_have_value(re.compile("and mine"))
    expect(typing.locator(f"#said-{numbers[1]}")).to_contain_text("Somebody else says “what another says” now")
    looking.locator(f'[data-line="{numbers[0]}"]').dispatch_event("pointerenter")
    expect(looking.locator(f"#line-{numbers[0]}")).to_have_class(re.compile("chosen"))
    fields.nth(6).fill(before[1])
    typing.keyboard.press("Enter")
    expect(fields.nth(7)).to_be_focused()
    expect(looking.locator(f"#line-{numbers[1]} .words")).to_have_text(before[1])
    for number in (numbers[0], numbers[1], numbers[1]):
        served.client.delete(f"/api/v1/lines/{number}/verdict")
    expect(looking.locator(f"#line-{numbers[0]} .words")).to_have_text(before[0])


def test_lines_are_deleted_by_a_key_and_are_there_again(served, window) -> None:
    page = window("/documents/DOCUMENT/1")
    rows = page.locator(".transcript li")
    before = [each.get_attribute("data-of") for each in rows.all()]
    rows.nth(2).get_by_role("link").focus()
    page.keyboard.press("Delete")
    expect(rows).to_have_count(len(before) - 1)
    expect(rows.nth(2)).to_be_focused()
    expect(page.locator(f'[data-line="{before[2]}"]')).to_have_count(0)
    assert served.client.get(f"/api/v1/lines/{before[2]}").json()["status"] == "rejected"
    rows.nth(2).get_by_role("button", name=re.compile("delete")).click()
    expect(rows).to_have_count(len(before) - 2)
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(f"#line-{before[3]}")).to_be_focused()
    page.keyboard.press("Alt+z")
    expect(rows).to_have_count(len(before))
    expect(page.locator("[data-news]")).to_be_empty()
    assert [each.get_attribute("data-of") for each in rows.all()] == before


def test_the_place_of_a_line_is_corrected_by_handles_and_read_anew(window, request) -> None:
    for size, scheme in ((PHONE, "light"), (PHONE, "dark"), (DESKTOP, "dark"), (DESKTOP, "light")):
        page = window("/documents/DOCUMENT/1", size, color_scheme=scheme)
        page.locator(".transcript li").nth(4).get_by_role("button", name=re.compile("place")).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
        assert found.violations_count == 0, found.generate_report()
        if kept := request.config.getoption("--screenshots"):
            page.screenshot(path=kept / f"place-{size[0]}-{scheme}.png")
    row, sheet = page.locator(".transcript li").nth(4), page.locator("[data-sheet]")
    number = row.get_attribute("data-of")
    mark = page.locator(f'[data-line="{number}"]')
    before = {name: float(mark.get_attribute(name) or 0) for name in ("x", "y", "width")}
    page.keyboard.press("Escape")
    expect(row.get_by_role("button", name=re.compile("place"))).to_be_focused()
    page.keyboard.press("Enter")
    whole, left, right = (
        page.get_by_role("button", name=name) for name in ("The whole line", "Left edge", "Right edge")
    )
    expect(whole).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowUp")
    place, scan = right.bounding_box(), sheet.bounding_box()
    assert place
    assert scan
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - scan["width"] / 10, y, steps=3)
    page.mouse.up()
    left.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/line\?left=.*line={number}"))
    asked = {name: float(value[0]) for name, value in parse_qs(urlsplit(page.url).query).items()}
    assert asked["top"] == pytest.approx(before["y"], abs=0.01)
    assert asked["left"] == pytest.approx(before["x"] + 0.1, abs=0.01)
    assert asked["width"] == pytest.approx(before["width"] - 10.1, abs=0.5)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)
    expect(page.get_by_role("status")).to_contain_text("% sure", timeout=60_000)


def test_files_are_chosen_and_read_while_one_looks_on(window) -> None:
    page = window("/add")
    page.get_by_label("Photos, scans and PDFs").set_input_files(ARCHIVE / "copiste" / "copiste-06.jpg")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("copiste-06.jpg: added")).to_be_visible()
    expect(page.locator("[data-progress]")).to_have_text("5 pages are in the archive.", timeout=90_000)
    page.get_by_role("link", name="Documents").click()
    expect(page.get_by_role("link", name="copiste-06.jpg", exact=True)).to_be_visible()


def test_searching_and_reading_need_no_script(served, window) -> None:
    page = window("/", java_script_enabled=False)
    page.get_by_role("searchbox").fill("university")
    page.get_by_role("button", name="Search").click()
    page.locator("a.ink").first.click()
    expect(page.locator(".transcript li").first).to_be_visible()
    hit = served.client.get("/api/v1/search", params={"q": "university", "reach": "low"}).json()["hits"][0]
    page.goto(f"/review?line={hit['id']}")
    page.get_by_label("What it says").fill("written without a script")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("alert")).to_contain_text("does not look like")  # asked also without a script
    page.get_by_role("button", name="Keep").click()
    page.goto("/?q=script")
    expect(page.locator(".hit")).to_have_count(1)


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR", "sv-SE"])
def test_longer_words_of_other_languages_fit_on_a_phone(window, locale: str) -> None:
    for path in ("/", "/jobs", "/?q=soit", "/documents?view=gallery"):
        page = window(path, PHONE, locale=locale)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0], path


@pytest.mark.parametrize("size", [PHONE, DESKTOP, WALL], ids=["phone", "desktop", "wall"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_is_accessible_in_light_and_dark(window, request, name: str, size: tuple[int, int]) -> None:
    kept: Path | None = request.config.getoption("--screenshots")
    for scheme in ("light", "dark"):
        page = window(PAGES[name], size, missing=name == "missing", color_scheme=scheme)
        page.wait_for_load_state("load" if name in ("add", "page", "write", "jobs") else "networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
        assert found.violations_count == 0, found.generate_report()
        if kept:
            page.screenshot(path=kept / f"{name}-{size[0]}-{scheme}.png")
