"""Pages as IIIF images: parts of the original in the sizes that are asked for, no larger than is said."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

WIDE, HIGH = 3000, 2600


@pytest.fixture
def large(notes, make_page, serve):
    """A server on a page of noise that is larger than what is sent at once, the address of its image, and its ink."""
    notes.fake_engine()
    path = make_page(notes.home / "pages" / "a.png", WIDE)
    ink = np.random.default_rng(1).integers(0, 256, (HIGH // 100, WIDE // 100), dtype=np.uint8)
    image = Image.fromarray(ink).resize((WIDE, HIGH), Image.Resampling.NEAREST)
    image.save(path)
    notes.run("index", "pages")
    server = serve(notes)
    canvas = server.client.get("/iiif/1/manifest").json()["items"][0]
    body = canvas["items"][0]["items"][0]["body"]
    (service,) = body["service"]
    assert (service["type"], service["profile"]) == ("ImageService3", "level1")
    return server, service["id"], image, body


def shown(server, address: str) -> Image.Image:
    answer = server.client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg"), answer.text
    return Image.open(io.BytesIO(answer.content)).convert("L")


def alike(one: Image.Image, other: Image.Image) -> bool:
    return float(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)).mean()) < 4


def test_what_is_told_of_an_image_holds(large) -> None:
    server, service, image, body = large
    told = server.client.get(f"{service}/info.json").json()
    assert (told["width"], told["height"], told["id"], told["profile"]) == (WIDE, HIGH, service, "level1")
    assert server.client.get(service).headers["location"] == f"{service}/info.json"
    linked = server.client.get(f"{service}/info.json", headers={"accept": "application/ld+json"})
    assert linked.headers["content-type"].startswith("application/ld+json;profile=")
    assert (body["width"], body["height"]) == (WIDE, HIGH)
    assert shown(server, body["id"]).size == (2400, 2080)
    for size in told["sizes"]:
        assert shown(server, f"{service}/full/{size['width']},{size['height']}/0/default.jpg").width == size["width"]
    (tiles,) = told["tiles"]
    side, factors = tiles["width"], tiles["scaleFactors"]
    assert factors[-1] * side >= WIDE > factors[-2] * side
    for factor in factors:
        x, y = (side * factor * ((end - 1) // (side * factor)) for end in (WIDE, HIGH))  # the last tile
        width, height = min(side * factor, WIDE - x), min(side * factor, HIGH - y)
        size = (-(-width // factor), -(-height // factor))
        tile = shown(server, f"{service}/{x},{y},{width},{height}/{size[0]},{size[1]}/0/default.jpg")
        assert tile.size == size
        assert alike(tile, image.resize(size, box=(x, y, x + width, y + height)))


def test_regions_and_sizes_are_as_asked_and_never_larger_than_the_page(large) -> None:
    server, service, image, _ = large
    part = shown(server, f"{service}/100,200,300,150/max/0/default.jpg")
    assert alike(part, image.crop((100, 200, 400, 350)))
    assert shown(server, f"{service}/100,200,300,150/150,/0/default.jpg").size == (150, 75)
    assert shown(server, f"{service}/100,200,300,150/,75/0/default.jpg").size == (150, 75)
    assert shown(server, f"{service}/2900,0,9999,100/max/0/default.jpg").size == (100, 100)  # cut at the edge
    assert shown(server, f"{service}/square/500,/0/default.jpg").size == (500, 500)
    for odd in (
        *("3000,0,5,5/max/0/default.jpg", "0,0,0,5/max/0/default.jpg", "-1,0,5,5/max/0/default.jpg"),
        *("a/max/0/default.jpg", "full/2401,/0/default.jpg", "full/,/0/default.jpg", "full/0,/0/default.jpg"),
        *("0,0,10,10/20,/0/default.jpg", "full/^max/0/default.jpg", "full/max/90/default.jpg", "full/max/0/gray.jpg"),
        *("full/max/0/default.png", "full/pct:50/0/default.jpg"),
    ):
        assert server.client.get(f"{service}/{odd}").status_code == 400, odd
    for odd in (service.replace("-0", "-90"), service.replace("-1-", "-2-"), f"{service[:-5]}g-1-0"):
        assert server.client.get(f"{odd}/info.json").status_code in (400, 404, 422), odd
