class ShopError(Exception):
    """An error with a code."""

    def __init__(self, code, message):
        super().__init__(f"[{code}] {message}")
        self.code = code


def check(stock):
    if stock < 0:
        raise ShopError(42, "kein Vorrat für ü 😀")
    return stock


def handler(event, context):
    return check(event)
