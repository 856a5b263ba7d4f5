"""Viewer-request: looks for a token in the Authorization header or in the cookie "token". A valid one
becomes the header X-User for the origin; without one the answer is 401.

A fixed list keeps the example short. A real function would check a signature here.
"""

import re

USERS = {"demo-token-alice": "alice", "demo-token-bob": "bob"}


def lambda_handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    headers = request["headers"]
    user = USERS.get(token_of(headers))
    if not user:
        return unauthorized()
    # Replaces whatever a viewer sent under this name; the token itself goes no further.
    headers["x-user"] = [{"key": "X-User", "value": user}]
    headers.pop("authorization", None)
    return request


def token_of(headers):
    if "authorization" in headers:
        bearer = re.fullmatch(r"Bearer (\S+)", headers["authorization"][0]["value"], re.IGNORECASE)
        if bearer:
            return bearer[1]
    for cookie in headers.get("cookie", []):
        found = re.search(r"(?:^|;\s*)token=([^;\s]+)", cookie["value"])
        if found:
            return found[1]
    return None


def unauthorized():
    return {
        "status": "401",
        "statusDescription": "Unauthorized",
        "headers": {
            "www-authenticate": [{"key": "WWW-Authenticate", "value": "Bearer"}],
            "content-type": [{"key": "Content-Type", "value": "text/plain"}],
        },
        "body": "a valid token, please\n",
    }
