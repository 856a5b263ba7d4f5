import hashlib
import hmac


def handler(event, context):
    key, message = event["key"].encode(), event["message"].encode()
    signed = hmac.new(key, message, "sha256")
    return [
        signed.hexdigest(), hmac.digest(key, message, "sha512").hex(), hmac.new(key, message, hashlib.md5).hexdigest(), hmac.compare_digest(signed.hexdigest(), "0" * 64), hmac.compare_digest("a", "a"),
        hashlib.pbkdf2_hmac("sha256", key, message, 1000).hex(), hashlib.scrypt(key, salt=message, n=16, r=8, p=1, dklen=16).hex(),
    ]
