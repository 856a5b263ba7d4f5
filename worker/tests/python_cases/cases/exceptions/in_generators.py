def numbers():
    try:
        yield 1
        yield 2
        raise RuntimeError("in the generator")
    finally:
        print("generator closed")


def handler(event, context):
    if event == "all":
        return list(numbers())
    source = numbers()
    next(source)
    if event == "throw":
        source.throw(LookupError("thrown in"))
    if event == "close":
        source.close()
        return next(source, "over")
    return (n for n in [1]).send("too early")
