from .. import __name__ as parent


def where():
    return f"{parent} {__name__}"
