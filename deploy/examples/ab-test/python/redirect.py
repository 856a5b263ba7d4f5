"""Viewer-request: answers by itself that a page has moved. No cache and no origin is asked."""


def lambda_handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    query = f"?{request['querystring']}" if request["querystring"] else ""
    location = "/new" + request["uri"].removeprefix("/old") + query
    return {
        "status": "302",
        "statusDescription": "Found",
        "headers": {
            "location": [{"key": "Location", "value": location}],
            "cache-control": [{"key": "Cache-Control", "value": "max-age=3600"}],
        },
    }
