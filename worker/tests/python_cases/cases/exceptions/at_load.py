TABLE = {"a": 1}


def lookup(key):
    return TABLE[key]


VALUE = lookup("b")


def handler(event, context):
    return VALUE
