"""Who vouches for the benchmark's shoppers: an issuer with a key set, as in production, on a port of this machine."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jws
from joserfc.jwk import OKPKey

from tests.bench.sizes import TENANT

NAME, AUDIENCE, LIFETIME_S = "https://issuer.bench.example", "millrace", 6 * 3600


class Issuer:
    """A key, its published half, and the tokens it signs."""

    def __init__(self) -> None:
        self._key = OKPKey.generate_key("Ed25519", {"kid": "bench"})
        self.key_set = json.dumps({"keys": [self._key.as_dict(private=False)]}).encode()
        self.url = ""

    def token(self, subject: str) -> str:
        """A token of a shopper of the benchmark's tenant."""
        now = int(time.time())
        claims = {"iss": NAME, "aud": AUDIENCE, "sub": subject, "actor": "consumer", "tenant": str(TENANT)}
        header = {"alg": "Ed25519", "kid": "bench"}
        body = json.dumps({**claims, "iat": now, "exp": now + LIFETIME_S})
        return jws.serialize_compact(header, body, self._key, registry=jws.JWSRegistry(algorithms=["Ed25519"]))

    @property
    def settings(self) -> dict[str, str]:
        """What a server must be told to believe these tokens."""
        return {
            "MILLRACE_JWKS_URL": self.url,
            "MILLRACE_JWT_ISSUER": NAME,
            "MILLRACE_JWT_AUDIENCE": AUDIENCE,
            "MILLRACE_JWT_ALGORITHMS": "Ed25519",
        }


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer that publishes its keys while the block runs."""
    issuer = Issuer()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(issuer.key_set)))
            self.end_headers()
            self.wfile.write(issuer.key_set)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        issuer.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield issuer
        finally:
            server.shutdown()
