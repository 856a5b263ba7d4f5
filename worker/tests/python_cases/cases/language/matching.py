from dataclasses import dataclass


@dataclass
class Point:
    x: int
    y: int


def describe(value):
    match value:
        case {"type": "circle", "r": (int() | float()) as r} if r > 0:
            return f"circle of {r}"
        case {"type": kind, **rest}:
            return [kind, rest]
        case [first, *_, last]:
            return [first, last]
        case []:
            return "empty"
        case str() as text if text.isdigit():
            return int(text)
        case "yes" | "no" as word:
            return word.upper()
        case None | True | False:
            return repr(value)
        case Point(x=0, y=y):
            return f"on the axis at {y}"
        case Point(x, y):
            return [x, y]
        case float():
            return "float"
        case _:
            return f"something else: {value!r}"


def handler(event, context):
    return [describe(value) for value in event + [Point(0, 1), Point(2, 3), (1, 2, 3)]]
