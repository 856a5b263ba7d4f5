"""Runs for each request that a viewer sends to /hello.

It answers by itself, or lets the request pass to the cache and the origin by returning it.

It runs in the machine's Python, with everything that Python has. Packages belong beside this file:
`pip install --target function NAME`.
"""

import hashlib


def lambda_handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    print("asked for", request["uri"])
    if request["uri"] != "/hello":
        return request
    color = hashlib.sha256(request["clientIp"].encode()).hexdigest()[:6]
    return {
        "status": "200",
        "headers": {"content-type": [{"key": "Content-Type", "value": "text/plain"}]},
        "body": f"Hello from the edge, {request['clientIp']}; your color is #{color}\n",
    }
