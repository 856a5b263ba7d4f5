COUNTRIES = {"DE": "/de", "FR": "/fr", "TW": "/zh-hant"}


def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    country = request["headers"].get("cloudfront-viewer-country", [{"value": "US"}])[0]["value"]
    if country not in COUNTRIES:
        return request
    return {
        "status": "302",
        "statusDescription": "Found",
        "headers": {
            "cloudfront-functions": [{"key": "Cloudfront-Functions", "value": "generated"}],
            "location": [{"key": "Location", "value": f"https://{request['headers']['host'][0]['value']}{COUNTRIES[country]}{request['uri']}"}],
        },
    }
