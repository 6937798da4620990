"""Bearer tokens: who a caller claims to be, and the proof of it.

Owns JSON Web Tokens: their form, signature, issuer, audience, times and claims; the key set of an issuer; the secret
and the tokens of the demo. Does not own what the named actor may do, nor whether account, staff role or customer exist:
the database confirms those later, the token only chooses which actor of an account speaks.

    Verifier (protocol)      token -> Claims, or Unauthenticated
    ├── Verifiers            the front door: one verifier per issuer, and a memory of tokens verified a moment ago
    ├── SecretVerifier       HS256 with the secret of this data directory (demo)
    └── JwksVerifier         asymmetric signatures, keys from the issuer's JSON Web Key Set (production)

An issuer has one family of algorithms, fixed by its verifier and never taken from the token, so a public key can never
serve as a shared secret. Every refusal looks the same to the caller; the reason is in the log, the token never is.

Source: RFC 7515, 7517, 7518, 7519; RFC 8725 for what to refuse.
"""

from transport.bearer.claims import REFUSAL, Claims, Identity, Verifier, bearer_token
from transport.bearer.keyset import KEY_SET_BYTES, KEY_SET_TIMEOUT_S, KEY_TYPES, JwksVerifier
from transport.bearer.rules import TOKEN_BYTES
from transport.bearer.secret import SecretFileError, SecretVerifier, demo_secret, mint
from transport.bearer.verifiers import CACHE_ENTRIES, Verifiers

__all__ = [
    "CACHE_ENTRIES",
    "KEY_SET_BYTES",
    "KEY_SET_TIMEOUT_S",
    "KEY_TYPES",
    "REFUSAL",
    "TOKEN_BYTES",
    "Claims",
    "Identity",
    "JwksVerifier",
    "SecretFileError",
    "SecretVerifier",
    "Verifier",
    "Verifiers",
    "bearer_token",
    "demo_secret",
    "mint",
]
