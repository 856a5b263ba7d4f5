def handler(event, context):
    response = event["Records"][0]["cf"]["response"]
    headers = response["headers"]
    if "x-amz-meta-last-modified" in headers:
        headers["last-modified"] = [{"key": "Last-Modified", "value": headers["x-amz-meta-last-modified"][0]["value"]}]
    headers.setdefault("cache-control", [{"key": "Cache-Control", "value": "max-age=60"}])
    headers["vary"] = headers.get("vary", []) + [{"key": "Vary", "value": "Accept-Language"}]
    return response
