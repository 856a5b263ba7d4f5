import json


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y


def handler(event, context):
    value = {"b": [1, 2.5, None, True], "a": {"ü": "€😀\u2028\u0000\"\\/"}, "n": 1e100, 5: "int key", None: "none key", 1.5: "float key", True: "bool key"}
    return [
        json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value, indent=2), json.dumps(value, separators=(",", ":")), json.dumps({"b": 1, "a": 2}, sort_keys=True), json.dumps([float("nan"), float("inf")]),
        json.dumps(Point(1, 2), default=vars), json.dumps({(1, 2): 3, "a": 1}, skipkeys=True), json.dumps("\ud800"), json.dumps((1, (2,))), json.dumps(10**30), json.dumps(0.1 + 0.2), json.dumps([]), json.dumps({}, indent=4),
    ]
