"""Signs with botocore: a wish on each line of the input, a signed URL on each line of the output."""

import datetime
import json
import pathlib
import sys

from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

HASHES = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def signer(wish):
    text = pathlib.Path(wish["private_key"]).read_bytes()
    key = serialization.load_pem_private_key(text, None)
    algorithm = HASHES[wish["hash"]]()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return lambda message: key.sign(message, ec.ECDSA(algorithm))
    return lambda message: key.sign(message, padding.PKCS1v15(), algorithm)


for line in sys.stdin:
    wish = json.loads(line)
    cloudfront = CloudFrontSigner(wish["key_pair_id"], signer(wish))
    ends = moment(wish["expires"])
    if "resource" in wish:
        policy = cloudfront.build_policy(
            wish["resource"],
            ends,
            date_greater_than=moment(wish["starts"]) if "starts" in wish else None,
            ip_address=wish.get("ip"),
        )
        url = cloudfront.generate_presigned_url(wish["url"], policy=policy)
    else:
        url = cloudfront.generate_presigned_url(wish["url"], date_less_than=ends)
    if wish["hash"] != "SHA1":
        url += "&Hash-Algorithm=" + wish["hash"]
    print(url)
