import one


def handler(event, context):
    return [one.first(), one.two.second()]
