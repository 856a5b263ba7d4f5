import base64
from urllib.parse import parse_qs


def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    body = base64.b64decode(request["body"]["data"]).decode()
    params = {k: v[0] for k, v in parse_qs(body).items()}
    print(f"{len(params)} parameters")
    request["body"] = {"action": "replace", "encoding": "text", "data": body + "&seen=1"}
    request["headers"]["x-params"] = [{"key": "X-Params", "value": ",".join(sorted(params))}]
    return request
