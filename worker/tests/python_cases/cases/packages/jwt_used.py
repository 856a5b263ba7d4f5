import datetime

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

PUBLIC = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
KEYS = {"RS256": rsa.generate_private_key(65537, 2048), "ES256": ec.generate_private_key(ec.SECP256R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate()}
EDGE = datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc)


def attempt(token, key, algorithms, **options):
    try:
        return jwt.decode(token, key, algorithms=algorithms, **options)
    except jwt.PyJWTError as error:
        return f"{type(error).__name__}: {error}"


def handler(event, context):
    secret = "a secret that is long enough for SHA-256, as it must be now"
    token = jwt.encode({"sub": "ü", "exp": EDGE, "n": 1}, secret, headers={"kid": "k1"})
    found = [token, jwt.get_unverified_header(token), attempt(token, secret, ["HS256"]), attempt(token, secret, ["HS256"], options={"verify_exp": False}), attempt(token + "x", secret, ["HS256"]), attempt(token, "another " + secret, ["HS256"]), attempt("no.token", secret, ["HS256"]), attempt(token, secret, ["HS512"])]
    for algorithm, key in KEYS.items():
        signed = jwt.encode({"aud": "shop", "iss": "edge"}, key, algorithm)
        public = key.public_key().public_bytes(*PUBLIC)
        found += [attempt(signed, public, [algorithm], audience="shop"), attempt(signed, public, [algorithm]), attempt(signed, public, [algorithm], audience="shop", issuer="other"), attempt(signed[:-8] + "AAAAAAAA", public, [algorithm], audience="shop")]
    return found
