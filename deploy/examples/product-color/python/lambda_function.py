"""Viewer-request: /jacket.svg becomes /jacket/red.svg when the cookie says color=red."""

import re

COLORS = ["blue", "green", "red"]


def lambda_handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    chosen = cookie(request["headers"], "color")
    # Only known colors: the cookie is the visitor's, and it becomes part of a path.
    color = chosen if chosen in COLORS else COLORS[0]
    request["uri"] = re.sub(r"\.svg\Z", f"/{color}.svg", request["uri"])
    return request


def cookie(headers, name):
    """The value of a cookie; a request may have several Cookie lines, each with several cookies."""
    for line in headers.get("cookie", []):
        for pair in line["value"].split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                return value
    return None
