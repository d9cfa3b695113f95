"""Digests as Open edX makes them: SHA-1 of canonical JSON."""

import base64
import hashlib
import json


def canonical_json(document: object) -> str:
    """Write JSON with sorted keys, no spaces and ASCII escapes; the spelling of numbers counts."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_digest(document: object) -> str:
    """Return the base64 text of the SHA-1 of the canonical JSON."""
    digest = hashlib.sha1(canonical_json(document).encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def digest_number(document: object) -> int:
    """Return a number above 0 that differs where the canonical JSON does, of at most 15 digits."""
    digest = hashlib.sha1(canonical_json(document).encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:6]) + 1
