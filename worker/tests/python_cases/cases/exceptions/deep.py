import json


def outer(n):
    return middle(n)


def middle(n):
    values = [inner(v) for v in range(n)]
    return values


def inner(v):
    if v < 2:
        return v
    return json.loads('{"a": ' + "}" * v)


def handler(event, context):
    return outer(event)
