"""Asks an OpenID Connect provider who somebody is: the authorization code flow with PKCE, of one issuer.

Nothing is asked before somebody wants to sign in there. Answers are bounded in time and size; no redirect is followed
and no proxy used. What the issuer tells of itself names the other addresses that are asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPException
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from indexer.system.asking import ask
from indexer.translation import _
from indexer.values.errors import UnavailableError, UsageError
from indexer.web.security import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indexer.system.settings import Settings

_SECONDS, _MOST = 10.0, 200_000
"""Seconds and bytes of an answer."""
_ASKED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signatures that the provider alone can make; with a shared secret we could, too, and with ``none`` anybody."""
_LEEWAY = 60
"""Seconds by which the clocks of both may differ."""
_LONGEST = 300
"""Letters of what tells people apart."""


class ProviderError(UnavailableError):
    """The provider cannot be asked, or what it says cannot be believed."""

    def __init__(self, what: str) -> None:
        super().__init__(
            _("signing in elsewhere did not work: %(what)s", what=what),
            _("Try again, or tell who looks after the archive."),
        )


class CodeError(ProviderError):
    """The provider knows nothing of the code that somebody brought."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An issuer, and what it knows this server by: the id of the ``client`` and its ``secret``, empty for a public one.
    ``claim`` tells people apart."""

    issuer: str
    client: str
    secret: str = field(repr=False)
    claim: str

    @property
    def source(self) -> str:
        """What users are bound by in the catalogue: another issuer, or another claim, may call others the same."""
        return f"{self.issuer} {self.claim}"

    @property
    def name(self) -> str:
        """The host of the issuer, for people."""
        return urlsplit(self.issuer).netloc


@dataclass(frozen=True, slots=True)
class Going:
    """What is secret about one attempt to sign in: ``nonce`` has to come back in what the provider signs, ``verifier``
    shows that who asks for it began the attempt."""

    state: str
    nonce: str
    verifier: str
    back: str
    """The address to which the provider sends the browser back."""


def provider_of(settings: Settings) -> Provider | None:
    """The provider of the settings; ``None`` if there is none. Raises ``UsageError`` for what makes no sense."""
    if settings.oidc_issuer is None:
        return None
    if not _is_safe(settings.oidc_issuer, settings.oidc_issuer) or urlsplit(settings.oidc_issuer).query:
        raise UsageError(
            _("oidc_issuer: %(oidc_issuer)s is no issuer", oidc_issuer=repr(settings.oidc_issuer)),
            _("Write it like https://id.example.org."),
        )
    if settings.oidc_client is None:
        raise UsageError(_("oidc_client is not set"), _("It is the id by which the provider knows this server."))
    return Provider(settings.oidc_issuer, settings.oidc_client, _secret(settings), settings.oidc_claim)


def check_installed() -> None:
    """Raise ``UnavailableError`` where the library is missing."""
    if find_spec("authlib") is None:
        raise UnavailableError(_("signing in elsewhere needs Authlib"), _('Install it: pip install ".[oidc]".'))


def _secret(settings: Settings) -> str:
    if settings.oidc_secret is None:
        return ""
    try:
        text = settings.oidc_secret.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or _("it is no plain text")
        raise UsageError(
            _(
                "oidc_secret: %(oidc_secret)s cannot be read: %(reason)s",
                oidc_secret=settings.oidc_secret,
                reason=reason,
            ),
            _("Name its file."),
        ) from error
    if not text or not text.isprintable():
        raise UsageError(
            _("oidc_secret: in %(oidc_secret)s is no secret", oidc_secret=settings.oidc_secret),
            _("It is one line of text."),
        )
    return text


def discover(provider: Provider) -> dict[str, Any]:
    """What the issuer tells of itself. Raises ``ProviderError``."""
    told = _object(f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if told.get("issuer") != provider.issuer:
        raise ProviderError(_("%(name)s says that it is another issuer", name=provider.name))
    for name in _ASKED:
        if not _is_safe(told.get(name), provider.issuer):
            raise ProviderError(_("%(name)s names no address as its %(name2)s", name=provider.name, name2=name))
    return told


def authorization_address(provider: Provider, told: Mapping[str, Any], going: Going) -> str:
    """Where a browser goes to sign in."""
    from authlib.oauth2.client import OAuth2Client

    scope = "openid" if provider.claim == "sub" else "openid profile email"
    client = OAuth2Client(None, provider.client, scope=scope, redirect_uri=going.back, code_challenge_method="S256")
    address, _ = client.create_authorization_url(
        told["authorization_endpoint"], state=going.state, code_verifier=going.verifier, nonce=going.nonce
    )
    return str(address)


def leaving_address(provider: Provider, told: Mapping[str, Any], back: str) -> str | None:
    """Where a browser goes to sign out of the provider; ``None`` where there is no such place."""
    end = told.get("end_session_endpoint")
    if not _is_safe(end, provider.issuer):
        return None
    given = urlencode({"client_id": provider.client, "post_logout_redirect_uri": back})
    return f"{end}{'&' if '?' in str(end) else '?'}{given}"


def subject_of(provider: Provider, told: Mapping[str, Any], going: Going, code: str) -> str:
    """Who signed in: the value of the claim. Raises ``ProviderError``, ``CodeError`` for a code that is none."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    try:
        claims = _claims(provider, told, going, code)
    except AuthlibBaseError as error:
        raise CodeError(_("%(name)s did not take what it gave", name=provider.name)) from error
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ProviderError(
            _("what %(name)s says is not to be believed (%(name2)s)", name=provider.name, name2=type(error).__name__)
        ) from error
    found = claims.get(provider.claim)
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST or not found.isprintable():
        raise ProviderError(_("%(name)s does not say your %(claim)s", name=provider.name, claim=provider.claim))
    if provider.claim == "email" and claims.get("email_verified") is not True:
        raise ProviderError(_("%(name)s has not made sure that %(found)s is yours", name=provider.name, found=found))
    return found


def _claims(provider: Provider, told: Mapping[str, Any], going: Going, code: str) -> dict[str, Any]:
    from authlib.oauth2.client import OAuth2Client
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.jwk import KeySet

    way = _way(provider, told)
    client = OAuth2Client(
        _Session(), provider.client, provider.secret, token_endpoint_auth_method=way, redirect_uri=going.back
    )
    given = client.fetch_token(
        told["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=going.verifier
    )
    signed = jwt.decode(given["id_token"], KeySet.import_key_set(_object(told["jwks_uri"])), algorithms=_ALGORITHMS)
    must = {"iss": provider.issuer, "aud": provider.client}
    options = {name: {"essential": True, "value": value} for name, value in must.items()}
    params = {"nonce": going.nonce, "client_id": provider.client}
    claims = CodeIDToken(signed.claims, signed.header, options, params)
    claims.validate(leeway=_LEEWAY)
    return dict(claims)


def _way(provider: Provider, told: Mapping[str, Any]) -> str:
    """How the provider wants to be shown the secret."""
    if not provider.secret:
        return "none"
    ways = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_post" if "client_secret_basic" not in ways else "client_secret_basic"


class _Session:
    """What Authlib sends requests by."""

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> _Response:
        """The answer to a form."""
        url, headers, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _Response(*_asked(url, headers, body.encode()))


@dataclass(frozen=True, slots=True)
class _Response:
    """An answer as Authlib looks at it."""

    status_code: int
    data: bytes

    def json(self) -> object:
        """The content."""
        return json.loads(self.data)

    def raise_for_status(self) -> None:
        """Raise ``ValueError`` for an answer that is an error."""
        if self.status_code >= 400:
            raise ValueError(f"it answers {self.status_code}")


def _object(address: str) -> dict[str, Any]:
    """The JSON object at an address."""
    status, data = _asked(address, {"Accept": "application/json"}, None)
    try:
        told = json.loads(data) if status == 200 else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise ProviderError(
            _(
                "%(netloc)s answers %(status)s, and not what was asked for",
                netloc=urlsplit(address).netloc,
                status=status,
            )
        )
    return told


def _asked(address: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
    host = urlsplit(address).netloc
    try:
        answer = ask(address, _SECONDS, _MOST, headers, body)
    except TimeoutError as error:
        raise ProviderError(
            _("%(host)s takes longer than %(seconds)s s", host=host, seconds=format(_SECONDS, "g"))
        ) from error
    except (OSError, HTTPException, ValueError) as error:
        raise ProviderError(_("%(host)s cannot be reached (%(name)s)", host=host, name=type(error).__name__)) from error
    if answer.is_too_large:
        raise ProviderError(_("%(host)s answers more than %(most)s bytes", host=host, most=format(_MOST, ",")))
    return answer.status, answer.data


def _is_safe(address: object, issuer: str) -> bool:
    """Whether what is sent to an address is encrypted, or does not leave this machine, as the issuer does not."""
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
        here = is_loopback(parts.hostname or "") and is_loopback(urlsplit(issuer).hostname or "")
    except ValueError:
        return False
    return (
        bool(parts.hostname) and not parts.fragment and (parts.scheme == "https" or (parts.scheme == "http" and here))
    )
