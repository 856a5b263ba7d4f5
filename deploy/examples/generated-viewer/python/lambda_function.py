"""Viewer-request: returning a response instead of the request ends the request here. What is
generated at this trigger is never cached.
"""

from urllib.parse import parse_qs

MARKUP = {ord(character): f"&#{ord(character)};" for character in "&<>\"'"}


def lambda_handler(event, context):
    cf = event["Records"][0]["cf"]
    names = parse_qs(cf["request"]["querystring"], keep_blank_values=True).get("name", [""])
    name = names[0] or "stranger"
    return {
        "status": "200",
        "statusDescription": "OK",
        "headers": {
            "content-type": [{"key": "Content-Type", "value": "text/html; charset=utf-8"}],
            "cache-control": [{"key": "Cache-Control", "value": "no-store"}],
        },
        "body": f"""<!doctype html>
<title>Hello</title>
<p>Hello, {name.translate(MARKUP)}!</p>
<p>Made for request {cf["config"]["requestId"].translate(MARKUP)}.</p>
""",
    }
