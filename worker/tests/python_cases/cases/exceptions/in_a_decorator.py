import functools


def logged(function):
    @functools.wraps(function)
    def wrapper(event, context):
        print("before", function.__name__)
        try:
            return function(event, context)
        except ValueError as error:
            print("caught", error)
            raise RuntimeError("wrapped") from error
        finally:
            print("after")

    return wrapper


@logged
def handler(event, context):
    if event:
        raise ValueError(event)
    return "fine"
