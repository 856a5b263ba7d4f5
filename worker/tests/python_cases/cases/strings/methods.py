def handler(event, context):
    return [
        event.upper(), event.lower(), event.title(), event.capitalize(), event.swapcase(), event.casefold(),
        event.center(20, "*"), event.ljust(12, "."), event.rjust(12, "."), event.zfill(12), event.expandtabs(4),
        event.isalpha(), event.isdigit(), event.isidentifier(), event.isprintable(), event.isspace(), event.istitle(),
        event.partition(" "), event.rpartition(" "), event.count("s"), event.find("s"), event.rfind("s"),
        event.startswith(("a", "S")), event.removeprefix("Str"), event.removesuffix("ß"), event[::-1], event[-3:1:-1],
    ]
