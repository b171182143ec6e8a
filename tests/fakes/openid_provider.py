"""An OpenID provider on this machine that can misbehave: real HTTP, real signatures, and a knob for each wrong."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT, SECRET = "suture-of-riverbend", "what-only-both-know-of-riverbend"
NORA = {"sub": "nora-at-work", "email": "Nora@staff.example", "email_verified": True, "name": "Nora Oak"}


@cache
def key(kid: str) -> RSAKey:
    """A key of its own for each name, made once."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class Answered:
    """What the tests may change of an answer of HTTP."""

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drips: bool = False


class MisbehavingProvider:
    """Keeps the rules, but for what a test changes: `claims` over the right ones, `sign`, `describes`, `answers`."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.kid = "first"
        self.claims: dict[str, Any] = {}
        self.leaves_out: set[str] = set()
        self.describes: dict[str, Any] = {}
        self.answers: dict[str, Answered] = {}
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.asked: list[str] = []
        self.stop = threading.Event()
        self._codes: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": self}))
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def run(self) -> None:
        """Serve until it is closed."""
        self._server.serve_forever(poll_interval=0.02)

    def close(self) -> None:
        """Be away: connections are refused."""
        self.stop.set()
        self._server.shutdown()
        self._server.server_close()

    # --- what the browser sees -----------------------------------------------------------------------------

    def sign_in(self, address: str, person: Mapping[str, Any]) -> dict[str, str]:
        """Someone signs in at the address that they were sent to; with what they are sent back."""
        there, asked = urlsplit(address), dict(parse_qsl(urlsplit(address).query))
        assert f"{there.scheme}://{there.netloc}{there.path}" == f"{self.issuer}/authorize"
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = {"asked": asked, "person": dict(person)}
        return {"code": code, "state": asked["state"]}

    # --- what the server sees ------------------------------------------------------------------------------

    def description(self) -> dict[str, Any]:
        """What it says of itself."""
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code", "id_token"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        }
        return {name: value for name, value in {**said, **self.describes}.items() if value is not None}

    def keys(self) -> dict[str, Any]:
        """What it signs by, beside keys that no one here can use."""
        odd = [{"kty": "OKP", "crv": "X448", "kid": "odd", "x": "AA"}, {"kty": "RSA", "kid": "broken", "n": "!"}]
        return {"keys": [*odd, key(self.kid).as_dict(private=False), _curve().as_dict(private=False)]}

    def redeem(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """A code, once, for whoever has the secret and the verifier."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        by_body = form.get("client_id") == CLIENT and form.get("client_secret") == SECRET
        if authorization != f"Basic {basic}" and not by_body:
            return 401, {"error": "invalid_client"}
        found = self._codes.pop(form.get("code", ""), None)
        if found is None:
            return 400, {"error": "invalid_grant"}
        asked = found["asked"]
        challenge = _b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if challenge != asked["code_challenge"] or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        right = {"iss": self.issuer, "aud": CLIENT, "iat": self.now(), "exp": self.now() + 300}
        claims = {**right, "nonce": asked["nonce"], **found["person"], **self.claims}
        claims = {name: value for name, value in claims.items() if name not in self.leaves_out}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.sign(claims)}

    def signed(self, claims: dict[str, Any]) -> str:
        """As it should be."""
        return jwt.encode({"alg": "RS256", "kid": self.kid}, claims, key(self.kid), algorithms=["RS256"])


@cache
def _curve() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})


def signed_by_first(claims: dict[str, Any]) -> str:
    """As it should be, for as long as the provider lists its first key."""
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, key("first"), algorithms=["RS256"])


def by_curve(claims: dict[str, Any]) -> str:
    """Signed by ES256."""
    return jwt.encode({"alg": "ES256", "kid": "curve"}, claims, _curve(), algorithms=["ES256"])


def unsigned(claims: dict[str, Any]) -> str:
    """`alg` none."""
    header = {"alg": "none", "typ": "JWT"}
    return f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}."


def signed_by_public_key(claims: dict[str, Any]) -> str:
    """HS256, by what everyone can read: what a careless check takes for the provider's signature."""
    return _by_hs256(claims, key("first").as_pem(private=False))


def signed_by_secret(claims: dict[str, Any]) -> str:
    """HS256, by the client's secret: allowed by the standard, and not by us."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])


def signed_by_stranger(claims: dict[str, Any]) -> str:
    """Another's key under the right key's name."""
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, key("stranger"), algorithms=["RS256"])


def of_unknown_key(claims: dict[str, Any]) -> str:
    """A key that the provider does not list."""
    return jwt.encode({"alg": "RS256", "kid": "unlisted"}, claims, key("unlisted"), algorithms=["RS256"])


def tampered(claims: dict[str, Any]) -> str:
    """Other claims under the right signature."""
    head, _claims, signature = signed_by_first(claims).split(".")
    return f"{head}.{_b64(json.dumps({**claims, 'sub': 'another'}).encode())}.{signature}"


def _by_hs256(claims: dict[str, Any], secret: bytes) -> str:
    header = {"alg": "HS256", "kid": "first", "typ": "JWT"}
    said = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
    return f"{said}.{_b64(hmac.new(secret, said.encode(), hashlib.sha256).digest())}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _Handler(BaseHTTPRequestHandler):
    provider: MisbehavingProvider

    def do_GET(self) -> None:
        said = self.provider.keys() if self.path == "/keys" else self.provider.description()
        self._answer(200, said)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        self._answer(*self.provider.redeem(form, self.headers.get("Authorization", "")))

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        self.provider.asked.append(self.path)
        changed = self.provider.answers.get(self.path, Answered(status))
        body = json.dumps(said).encode() if changed.body is None else changed.body
        self.send_response(changed.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in changed.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if changed.drips:
            self._drip(body)
            return
        self.wfile.write(body)

    def _drip(self, body: bytes) -> None:
        """A byte now and then, so that no single wait is long."""
        for at in range(len(body)):
            if self.provider.stop.wait(0.1):
                return
            try:
                self.wfile.write(body[at : at + 1])
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def a_provider(now: Callable[[], int]) -> Iterator[MisbehavingProvider]:
    """One that runs while the block does."""
    provider = MisbehavingProvider(now)
    thread = threading.Thread(target=provider.run, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.close()
        thread.join(5)
