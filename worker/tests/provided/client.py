"""A client of the Runtime API on one connection."""
import http.client
import json
import os
import sys

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
request_id = None


def ask(method, path, body=None, headers={}):
    api.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = api.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def next():
    global request_id
    status, headers, body = ask("GET", "invocation/next")
    assert status == 200, (status, body)
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    return json.loads(body)


def answer(value):
    return ask("POST", f"invocation/{request_id}/response", json.dumps(value))[0]


def fail(error):
    return ask("POST", f"invocation/{request_id}/error", json.dumps(error))[0]


