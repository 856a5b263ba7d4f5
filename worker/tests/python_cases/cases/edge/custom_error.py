import json

PAGE = """<!doctype html>
<title>{status}</title>
<p>{text}</p>
"""


def handler(event, context):
    response = event["Records"][0]["cf"]["response"]
    if int(response["status"]) < 400:
        return response
    wants_json = "json" in event["Records"][0]["cf"]["request"]["headers"].get("accept", [{"value": ""}])[0]["value"]
    text = "nicht da – ü"
    body = json.dumps({"error": text}) if wants_json else PAGE.format(status=response["status"], text=text)
    kind = "application/json" if wants_json else "text/html; charset=utf-8"
    response.update(status=404, statusDescription="Gone", body=body, bodyEncoding="text", headers={"content-type": [{"key": "Content-Type", "value": kind}]})
    return response
