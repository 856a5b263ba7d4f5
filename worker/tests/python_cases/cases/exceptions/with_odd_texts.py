class Silent(Exception):
    def __str__(self):
        return ""


class Lines(Exception):
    def __str__(self):
        return "first\nsecond\n\tthird"


class Outer:
    class Inner(Exception):
        pass


def handler(event, context):
    raise {"silent": Silent, "lines": Lines, "inner": Outer.Inner, "none": ValueError, "tuple": lambda: ValueError((1, 2)), "long": lambda: ValueError("x" * 5000), "nul": lambda: ValueError("a\x00b"), "markup": lambda: ValueError("<b>\"'\\")}[event]()
