import cryptography
import orjson
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from dateutil import parser, relativedelta


def handler(event, context):
    key = HKDF(hashes.SHA256(), 32, b"salt", b"info").derive(b"secret")
    sealed = AESGCM(key).encrypt(bytes(12), "ü".encode(), b"seen")
    found = [key.hex(), sealed.hex(), AESGCM(key).decrypt(bytes(12), sealed, b"seen").decode(), cryptography.__version__, orjson.dumps({"ü": [1.5, None]}, option=orjson.OPT_INDENT_2).decode(), orjson.loads(b'{"a": 1}'), parser.parse("29 Feb 2024 12:34 +0100").isoformat(), str(parser.parse("2024-01-31") + relativedelta.relativedelta(months=1)), event]
    for action, kind in ((lambda: AESGCM(key).decrypt(bytes(12), sealed, b"other"), InvalidTag), (lambda: Fernet(Fernet.generate_key()).decrypt(b"nothing"), InvalidToken), (lambda: orjson.loads("{"), orjson.JSONDecodeError), (lambda: orjson.dumps({1}), TypeError)):
        try:
            action()
        except kind as error:
            found.append(f"{type(error).__name__}: {error}")
    return found
