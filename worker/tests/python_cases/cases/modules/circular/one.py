import two


def first():
    return "first " + two.NAME


NAME = "one"
