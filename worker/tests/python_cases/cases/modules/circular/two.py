import one

NAME = "two"


def second():
    return "second " + one.NAME
