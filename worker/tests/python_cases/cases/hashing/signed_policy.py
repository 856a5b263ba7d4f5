import base64
import hashlib
import hmac
import json


def sign(policy, secret):
    text = json.dumps(policy, separators=(",", ":"), sort_keys=True).encode()
    mac = hmac.new(secret, text, hashlib.sha256).digest()
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (text, mac))


def verify(token, secret):
    text, mac = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    if not hmac.compare_digest(hmac.new(secret, text, hashlib.sha256).digest(), mac):
        raise PermissionError("the signature is wrong")
    return json.loads(text)


def handler(event, context):
    token = sign(event["policy"], b"secret")
    return [token, verify(event.get("token", token), b"secret")]
