import functools


def answer(prefix, event, context):
    return f"{prefix} {event}"


handler = functools.partial(answer, "hello")
