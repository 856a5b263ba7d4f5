import collections
import enum


class Color(str, enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    BIG = 3


class Text(str):
    pass


def handler(event, context):
    return {
        "ordered": collections.OrderedDict(z=1, a=2), "default": collections.defaultdict(int, {"k": 1}), "counter": collections.Counter("aab"), "tuple": (1, (2, 3)), "enum": [Color.RED, Size.BIG], "text": Text("t"), "keys": {1: "a", True: "b", None: "c", 2.5: "d"}, "empty": [[], {}, "", None, False, 0], "nested": [[[[[1]]]]], "numbers": [1e10, 1.5, -1, 2**53], "unicode": "ü€😀\u2028\u0000\"\\/\x7f", "long": "x" * 10000,
    }
