from urllib.parse import parse_qs, urlencode


def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    params = {k.lower(): v[0] for k, v in parse_qs(request["querystring"].lower()).items()}
    request["querystring"] = urlencode(sorted(params.items()))
    return request
