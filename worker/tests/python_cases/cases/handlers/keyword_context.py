def handler(event, /, context=None, *rest, **more):
    return [event, context is not None, rest, more]
