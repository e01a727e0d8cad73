"""What role each address of the server needs. There is no other place: one that is not named here is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException, Request

from indexer.translation import _
from indexer.values.person import Role, may

if TYPE_CHECKING:
    from indexer.web.doors import Visitor

ANYONE = frozenset(
    {
        *("signing_in.sign_in_page", "signing_in.sign_in", "spoken.choose"),
        *("elsewhere.begin", "elsewhere.back", "elsewhere.leave"),
    }
)
"""What everybody may ask for, before they have signed in."""
_WORDS = frozenset(
    {
        *("words.words", "words.word", "words.accept", "words.batch", "words.undo"),
        *("words.places_of_a_word", "words.settle_a_word", "words.take_a_batch_back"),
    }
)
"""What settles a word in all its places."""
NEEDS: dict[Role, frozenset[str]] = {
    "read": frozenset(
        {
            *("signing_in.sign_out", "pages.search", "pages.document", "pages.document_page", "pages.like"),
            *("pages.scan", "pages.crop", "pages.events", "together.changes"),
            *("documents.documents", "documents.failures", "exports.document_export", "exports.export"),
            *("iiif.manifest", "iiif.lines", "iiif.search", "iiif.search1"),
            *("image_api.image", "image_api.info", "image_api.part"),
            *("api.status", "api.search", "api.completions", "api.documents", "api.by_content", "api.document"),
            *("api.description", "api.pages", "api.page", "api.crop", "api.line", "api.failures", "api.reading"),
            *("ordering.order", "saved.saved", "saved.look", "saved.hits"),
        }
    ),
    "review": frozenset(
        {
            *("review.review", "review.done", "review.again", "review.settle", "review.alike", "review.change_alike"),
            *("review.undo", "orphan_pages.orphans", "orphan_pages.attach", "writing.write", "writing.keep"),
            *("drawn_lines.drawn", "drawn_lines.draw", "drawn_lines.read", "drawn_lines.add", "pages.turn"),
            *("describing.describe_page", "describing.describe", "describing.undo"),
            *("api.describe", "api.undo_description", "api.turn", "api.near", "api.say", "api.unsay"),
            *("api.orphans", "api.attach", "saved.save", "saved.remove", "saved.bring_back"),
            *("ordering.shown", "ordering.keep", "ordering.undo", "ordering.put", "ordering.take_back"),
            *_WORDS,
        }
    ),
    "manage": frozenset(
        {
            *("pages.add_page", "pages.add", "api.add", "api.jobs", "api.job"),
            *("training.jobs", "training.begin", "training.reread", "training.stop", "training.events"),
            *("forgetting.forget_page", "forgetting.forget", "forgetting.forgotten", "forgetting.bring_back"),
        }
    ),
}
"""The functions that answer, by the room and the name, and the role that they need at least."""
WHOLE = _WORDS | {"pages.events", "api.reading"}
"""What tells of the whole archive, and is for those alone who may see it."""
_ROLE_OF = {name: role for role, names in NEEDS.items() for name in names}


def name_of(endpoint: object) -> str:
    """What a function that answers is called in ``NEEDS``."""
    return f"{str(getattr(endpoint, '__module__', '')).rpartition('.')[2]}.{getattr(endpoint, '__name__', '')}"


def allowed(request: Request) -> None:
    """Refuse a request that its visitor has no right to. It is asked before anything is answered."""
    name = name_of(request.scope["endpoint"])
    if name in ANYONE:
        return
    needed = _ROLE_OF.get(name)
    visitor: Visitor | None = request.state.visitor
    if needed is None or visitor is None or not _may(visitor, name, needed):
        raise HTTPException(403, _refusal(needed))


def _refusal(needed: Role | None) -> str:
    if needed is None:
        return _("You may not do this here.")
    return _("You may not do this here: it needs the right to %(right)s.", right=needed)


def _may(visitor: Visitor, name: str, needed: Role) -> bool:
    sees_all = visitor.folders is None
    return may(visitor.role, needed) and (sees_all or (needed != "manage" and name not in WHOLE))
