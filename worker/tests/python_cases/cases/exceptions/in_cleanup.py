import contextlib


class Resource:
    def __enter__(self):
        print("opened")
        return self

    def __exit__(self, kind, error, traceback):
        print("closed after", kind.__name__ if kind else None)
        if isinstance(error, KeyError):
            return True
        if isinstance(error, ValueError):
            raise RuntimeError("while closing")


def handler(event, context):
    try:
        with Resource(), contextlib.ExitStack() as stack:
            stack.callback(print, "callback")
            if event:
                raise {"key": KeyError, "value": ValueError, "type": TypeError}[event](event)
            return "fine"
    finally:
        print("finally")
    return "after"
