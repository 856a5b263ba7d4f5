import datetime
import uuid


class Plain:
    pass


VALUES = {"set": {1}, "date": datetime.date(2024, 1, 1), "uuid": uuid.UUID(int=1), "object": Plain, "bytes key": {b"k": object()}, "complex": 1j, "function": len, "range": range(3)}


def handler(event, context):
    try:
        import json

        json.dumps(VALUES[event])
    except TypeError as error:
        return str(error)
