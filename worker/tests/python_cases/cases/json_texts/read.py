import json
from decimal import Decimal


def handler(event, context):
    found = []
    for text in event:
        try:
            found.append(repr(json.loads(text)))
        except json.JSONDecodeError as error:
            found.append([str(error), error.pos, error.lineno, error.colno])
    return found + [
        repr(json.loads('{"a": 1.10, "b": 1e5, "c": NaN}', parse_float=Decimal, parse_constant=str)), json.loads('{"b": 1, "a": 2, "b": 3}', object_pairs_hook=lambda pairs: pairs), repr(json.loads("[1, 2]", parse_int=float)), json.loads('{"x": {"y": 1}}', object_hook=lambda d: sorted(d)), json.loads(b'"\xc3\xbc"'), json.loads("\ufeff1".encode("utf-8-sig").decode("utf-8-sig").lstrip("\ufeff")),
    ]
