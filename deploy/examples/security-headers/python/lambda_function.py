"""Origin-response: runs once per cached object, for every status; hits carry the headers too."""

HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; script-src 'self'; style-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


def lambda_handler(event, context):
    response = event["Records"][0]["cf"]["response"]
    for key, value in HEADERS.items():
        response["headers"][key.lower()] = [{"key": key, "value": value}]
    response["headers"].pop("x-powered-by", None)
    return response
