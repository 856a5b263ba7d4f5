def handler(event, context):
    table = str.maketrans({"a": "1", "b": None, "c": "xyz", "ß": "ss"})
    return [event.translate(table), event.translate(str.maketrans("abc", "cab", "d")), event.encode().translate(None, b"abc").decode(), event.encode().translate(bytes(reversed(range(256)))).hex()]
