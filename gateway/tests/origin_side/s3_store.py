"""A store that speaks S3 as far as signatures go: it checks them with botocore's signer.

The signature is computed from the *decoded* path and query, as S3 does it. Answers with JSON about
the request, 403 for a wrong signature. Prints its port, and ends with its standard input."""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote_to_bytes

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

# As the test writes them.
KEYS = {"AKIDONE": ("secret/one+1", None), "AKIDTWO": ("two", "token/of+two==")}
REGION = "eu-west-1"


def spelled(text, safe):
    return quote(unquote_to_bytes(text), safe=safe)


def expected(request):
    """The Authorization header that botocore makes for this request."""
    given = request.headers["Authorization"]
    algorithm, fields = given.split(" ", 1)
    fields = dict(field.strip().split("=", 1) for field in fields.split(","))
    key_id = fields["Credential"].split("/")[0]
    secret, token = KEYS[key_id]
    if request.headers.get("X-Amz-Security-Token") != token:
        return "the wrong token"
    names = fields["SignedHeaders"].split(";")
    unsigned = [n for n in request.headers.keys() if n.lower().startswith("x-amz-") and n.lower() not in names]
    if unsigned or "host" not in names:
        return f"headers that must be signed: {unsigned} {names}"
    # `request.path` has one slash where the request has several.
    path, _, query = request.requestline.split(" ")[1].partition("?")
    pairs = [part.partition("=") for part in query.split("&") if part]
    query = "&".join(
        f"{spelled(n, '-_.~')}={spelled(v.replace('+', ' '), '-_.~')}" for n, _, v in pairs)
    url = f"http://{request.headers['Host']}{spelled(path, '/-_.~')}" + (f"?{query}" if query else "")
    signed = AWSRequest(method=request.command, url=url)
    for name in names:
        for value in request.headers.get_all(name):
            signed.headers.add_header(name, value)
    auth = S3SigV4Auth(Credentials(key_id, secret, token), "s3", REGION)
    signed.context["timestamp"] = request.headers["X-Amz-Date"]
    canonical = auth.canonical_request(signed)
    signature = auth.signature(auth.string_to_sign(signed, canonical), signed)
    header = (f"{algorithm} Credential={auth.scope(signed)}, "
              f"SignedHeaders={';'.join(names)}, Signature={signature}")
    return header if header == given else f"{header}\n{canonical}"


class Store(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        given = self.headers.get("Authorization")
        if given is None or not given.startswith("AWS4-"):
            status, why = 403, "not signed"
        else:
            why = expected(self)
            status = 200 if why == given else 403
        told = json.dumps({
            "why": why, "path": self.path, "authorization": given, "bytes": len(body),
            "headers": {name.lower(): value for name, value in self.headers.items()},
        }).encode()
        if status == 200 and self.headers.get("Range") == "bytes=0-3":
            status, told = 206, told[:4]
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        if status == 206:
            self.send_header("Content-Range", "bytes 0-3/*")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
