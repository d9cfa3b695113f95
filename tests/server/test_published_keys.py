"""Published key sets: which of their keys tokens may be verified with."""

import json

from joserfc.jwk import ECKey, RSAKey

from server.key_sets import keys_in
from tests.server.issuer import ec_key, key_set, rsa_key

RSA = rsa_key("first")
EC = ec_key("curve")


def test_of_a_key_set_only_what_can_verify_is_taken() -> None:
    published = json.loads(key_set(RSA, EC))["keys"]
    useless = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
        {**published[0], "use": "enc", "kid": "for encryption"},
        {**ECKey.generate_key("P-384").as_dict(private=False), "kid": "another curve"},
        {**published[1], "x": "AAAA", "kid": "no point"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
    ]

    found = keys_in(json.dumps({"keys": [*useless, *published]}).encode())

    assert [(type(key), key.kid) for key in found] == [(RSAKey, "first"), (ECKey, "curve")]


def test_a_private_key_that_was_published_is_taken_for_its_public_half() -> None:
    (found,) = keys_in(json.dumps({"keys": [RSA.as_dict(private=True)]}).encode())

    assert not found.is_private
    assert found.as_dict(private=False)["n"] == RSA.as_dict(private=False)["n"]
