"""A small OpenID Connect provider for tests: real HTTP, real signed tokens. What it does wrong is told to it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

CLIENT, SECRET = "notes-of-the-archive", "a secret: 100% secret"


class Provider(ThreadingHTTPServer):
    """Signs ``who`` in, whoever asks. ``claims`` are put over what it signs, ``told`` over what it tells of itself."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.issuer = f"http://localhost:{self.server_port}"
        self.keys = {
            "RS256": RSAKey.generate_key(2048, {"kid": "one"}),
            "ES256": ECKey.generate_key("P-256", {"kid": "two"}),
        }
        self.fresh()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def fresh(self) -> None:
        """Do everything right again."""
        self.who: dict[str, Any] = {"sub": "4711"}
        self.claims: dict[str, Any] = {}
        self.told: dict[str, Any] = {}
        self.sign = self.signed
        self.slow = threading.Event()
        self.slow.set()
        self.large: str | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def signed(self, claims: dict[str, Any], alg: str = "RS256") -> str:
        return jwt.encode({"alg": alg, "kid": self.keys[alg].kid}, claims, self.keys[alg])

    def close(self) -> None:
        self.slow.set()
        self.shutdown()
        self.server_close()

    def answer(self, path: str, asked: dict[str, str], head: Any) -> tuple[int, Any]:
        match path:
            case "/.well-known/openid-configuration":
                told = {
                    name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
                }
                return 200, {"issuer": self.issuer, **told, **self.told}
            case "/jwks_uri":
                return 200, KeySet(list(self.keys.values())).as_dict(private=False)
            case "/token_endpoint":
                return self._token(asked, head)
            case "/authorization_endpoint":
                code = secrets.token_urlsafe(16)
                self.codes[code] = asked
                given = {"code": code, "state": asked["state"], "iss": self.issuer}
                return 303, f"{asked['redirect_uri']}?{urlencode(given)}"
            case _:
                return 404, {}

    def _token(self, asked: dict[str, str], head: Any) -> tuple[int, Any]:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        begun = self.codes.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            head.get("authorization") != f"Basic {basic}"
            or begun is None
            or (begun["code_challenge"], begun["code_challenge_method"]) != (shown, "S256")
            or begun["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": begun["nonce"], **self.who}
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.sign(claims)}

    def unsigned(self, claims: dict[str, Any]) -> str:
        return f"{_part({'alg': 'none'})}.{_part(claims)}."

    def by_our_secret(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET.encode() * 2))

    def by_public_key(self, claims: dict[str, Any]) -> str:
        """The public key is known to all: whoever takes it for a shared secret believes everybody."""
        head, body = _part({"alg": "HS256", "kid": "one"}), _part(claims)
        public = self.keys["RS256"].as_pem(private=False)
        mac = hmac.new(public, f"{head}.{body}".encode(), hashlib.sha256).digest()
        return f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def by_own_key(self, claims: dict[str, Any]) -> str:
        """Signed by a key that the token itself brings along."""
        key = RSAKey.generate_key(2048, {"kid": "one"})
        return jwt.encode({"alg": "RS256", "kid": "one", "jwk": key.as_dict(private=False)}, claims, key)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        self._answered(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._answered(self.rfile.read(int(self.headers["content-length"])).decode())

    def _answered(self, given: str) -> None:
        path, asked = urlsplit(self.path).path, {name: each[0] for name, each in parse_qs(given).items()}
        self.server.asked.append(path)
        self.server.slow.wait(30)
        status, told = self.server.answer(path, asked, self.headers)
        data = b"" if status == 303 else json.dumps(told).encode()
        data += b" " * 300_000 if self.server.large == path else b""
        self.send_response(status)
        if status == 303:
            self.send_header("Location", told)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(OSError):  # whoever asked may have gone away
            self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        pass
