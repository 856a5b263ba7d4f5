from http.cookies import SimpleCookie


def handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    cookies = SimpleCookie()
    for line in request["headers"].get("cookie", []):
        cookies.load(line["value"])
    if "session" not in cookies:
        return {"status": "401", "headers": {"set-cookie": [{"key": "Set-Cookie", "value": "session=new; Path=/; Secure"}, {"key": "Set-Cookie", "value": "b=2"}]}}
    request["headers"]["x-session"] = [{"key": "X-Session", "value": cookies["session"].value}]
    return request
