"""Viewer-request: passes the visitor's Authorization header on to a service and lets the request
through if the service says yes. When the service cannot be asked, nobody gets in.
"""

import json
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

SERVICE = "http://127.0.0.1:8081/auth"


def lambda_handler(event, context):
    request = event["Records"][0]["cf"]["request"]
    authorization = request["headers"].get("authorization")
    if not authorization:
        return refusal("401", "Unauthorized", "name and password, please\n")
    question = Request(SERVICE, headers={"Authorization": authorization[0]["value"]})
    try:
        with urlopen(question) as reply:
            user = json.load(reply)["user"]
    except HTTPError as error:
        if error.code >= 500:
            return unavailable(error)
        print(f"refused: the service answered {error.code}")
        return refusal("401", "Unauthorized", "wrong name or password\n")
    except URLError as error:
        return unavailable(error)
    print(f"let in: {user}")
    del request["headers"]["authorization"]
    return request


def unavailable(error):
    print(f"the credentials service cannot be asked: {error}")
    return refusal("503", "Service Unavailable", "please try again later\n")


def refusal(status, description, body):
    headers = {"content-type": [{"key": "Content-Type", "value": "text/plain"}]}
    if status == "401":
        challenge = {"key": "WWW-Authenticate", "value": 'Basic realm="example"'}
        headers["www-authenticate"] = [challenge]
    return {"status": status, "statusDescription": description, "headers": headers, "body": body}
