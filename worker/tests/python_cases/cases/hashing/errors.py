import hashlib
import hmac


def handler(event, context):
    found = []
    for action in (lambda: hashlib.new("nothing"), lambda: hashlib.sha256("text"), lambda: hmac.new(b"k", b"m"), lambda: hmac.new("k", b"m", "sha256"), lambda: hmac.compare_digest("ü", "ü"), lambda: hashlib.blake2b(digest_size=65), lambda: hashlib.scrypt(b"", salt=b"", n=3, r=1, p=1)):
        try:
            found.append(action())
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found
