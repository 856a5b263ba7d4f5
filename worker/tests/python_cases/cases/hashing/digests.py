import hashlib


def handler(event, context):
    data = event.encode()
    return {name: hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")} | {
        "shake": hashlib.shake_128(data).hexdigest(16), "keyed": hashlib.blake2b(data, key=b"k", digest_size=16, person=b"p").hexdigest(),
        "copied": (lambda h: [h.copy().hexdigest(), h.update(b"x"), h.hexdigest(), h.digest_size, h.block_size, h.name])(hashlib.sha256(data)),
    }
