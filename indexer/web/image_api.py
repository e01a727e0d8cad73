"""The images of pages as IIIF has them (Image API 3, level 1): parts of the original, in sizes that viewers ask for.

So a large page is looked at without sending it whole. Sites of others have to be named to ask (``notes serve
--viewer``).
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response

from indexer.translation import _
from indexer.values import Box
from indexer.values.errors import MissingError, UsageError
from indexer.web.api import PROBLEMS
from indexer.web.drawing import Tile
from indexer.web.pages import FOREVER, Served
from indexer.web.views import image_name

if TYPE_CHECKING:
    from indexer.catalog import DocumentPage
    from indexer.web.service import ServedArchive

router = APIRouter(responses=PROBLEMS)
CONTEXT = "http://iiif.io/api/image/3/context.json"
_LINKED = f'application/ld+json;profile="{CONTEXT}"'
MOST = 2400
"""The most pixels of a side of what is sent."""
_TILE = 512
_REGION = re.compile(r"(\d{1,7}),(\d{1,7}),(\d{1,7}),(\d{1,7})", re.ASCII)
_SIZE = re.compile(r"(\d{0,7}),(\d{0,7})", re.ASCII)
Name = Annotated[str, Path(pattern=r"^[0-9a-f]{64}-[0-9]{1,9}-(0|90|180|270)$")]
"""The image of a page: the hash of its file, its number, and by how many degrees it is turned."""
Asked = Annotated[str, Path(max_length=40)]


@router.get("/image/{name}", status_code=303, response_class=RedirectResponse)
def image(request: Request, name: Name) -> RedirectResponse:
    """Go to what is told of an image."""
    return RedirectResponse(f"{_base(request, name)}/info.json", 303)


@router.get("/image/{name}/info.json")
def info(request: Request, served: Served, name: Name) -> JSONResponse:
    """The size of the image of a page, and the sizes and tiles in which it is had best."""
    page = _page(served, name)
    told: dict[str, Any] = {
        "@context": CONTEXT,
        "id": _base(request, name),
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level1",
        "width": page.width,
        "height": page.height,
        "maxWidth": MOST,
        "maxHeight": MOST,
        "sizes": [{"width": width, "height": height} for width, height in _sizes(page)],
        "tiles": [{"width": _TILE, "scaleFactors": _factors(page)}],
    }
    linked = "application/ld+json" in request.headers.get("accept", "")
    return JSONResponse(told, media_type=_LINKED if linked else "application/json")


@router.get(
    "/image/{name}/{region}/{size}/{rotation}/{quality}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
async def part(served: Served, name: Name, region: Asked, size: Asked, rotation: Asked, quality: Asked) -> Response:
    """A region of a page in a size, as JPEG."""
    if rotation != "0" or quality != "default.jpg":
        raise UsageError(_("an image is given as it stands, as default.jpg"), _("Ask for …/0/default.jpg."))
    page = await run_in_threadpool(_page, served, name)
    box = _region(region, page)
    tile = Tile(box, page.width, page.height, _size(size, box))
    picture = await asyncio.wrap_future(await run_in_threadpool(served.tile, page, tile))
    return Response(picture, media_type="image/jpeg", headers=FOREVER)


def _page(served: ServedArchive, name: str) -> DocumentPage:
    sha256, number, __ = name.split("-")
    with served.catalog() as catalog:
        found = catalog.document_of(sha256)
        page = None if found is None else catalog.document_page(found.id, int(number))
    if page is None or image_name(page) != name:
        raise MissingError(_("there is no such image"), _("It may have been turned or forgotten."))
    return page


def _base(request: Request, name: str) -> str:
    return f"{str(request.base_url).rstrip('/')}/iiif/image/{name}"


def _factors(page: DocumentPage) -> list[int]:
    """By how much tiles show a page smaller: up to where one shows all of it."""
    factors = [1]
    while factors[-1] * _TILE < max(page.width, page.height):
        factors.append(factors[-1] * 2)
    return factors


def _sizes(page: DocumentPage) -> list[tuple[int, int]]:
    """The sizes of the whole page that are as large as is sent, the smallest first."""
    sizes = [(-(-page.width // factor), -(-page.height // factor)) for factor in reversed(_factors(page))]
    return [size for size in sizes if max(size) <= MOST]


def _region(asked: str, page: DocumentPage) -> Box:
    """The part of a page that is asked for, as far as it lies on it."""
    if asked == "full":
        return Box(0, 0, page.width, page.height)
    if asked == "square":
        side = min(page.width, page.height)
        return Box((page.width - side) // 2, (page.height - side) // 2, side, side)
    found = _REGION.fullmatch(asked)
    x, y, width, height = map(int, found.groups()) if found else (0, 0, 0, 0)
    width, height = min(width, page.width - x), min(height, page.height - y)
    if width < 1 or height < 1:
        raise UsageError(
            _("there is no such region on the page"), _("Ask for full, square, or x,y,width,height in pixels.")
        )
    return Box(x, y, width, height)


def _size(asked: str, box: Box) -> tuple[int, int]:
    """The size in which a region is wanted. It is never made larger."""
    if asked == "max":
        factor = min(1.0, MOST / max(box.width, box.height))
        return max(1, round(box.width * factor)), max(1, round(box.height * factor))
    found = _SIZE.fullmatch(asked)
    width, height = (int(each or 0) for each in found.groups()) if found else (0, 0)
    if found and width and not found[2]:
        height = max(1, round(box.height * width / box.width))
    elif found and height and not found[1]:
        width = max(1, round(box.width * height / box.height))
    if not (0 < width <= min(box.width, MOST) and 0 < height <= min(box.height, MOST)):
        raise UsageError(
            _("there is no such size: a region is given in its own pixels at most, and in %(most)s a side", most=MOST),
            _("Ask for max, width, or ,height or width,height."),
        )
    return width, height
