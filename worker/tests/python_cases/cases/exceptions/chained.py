class Unavailable(Exception):
    pass


def handler(event, context):
    try:
        {}["config"]
    except KeyError as error:
        if event == "from":
            raise Unavailable("no configuration") from error
        if event == "during":
            raise Unavailable("while handling")
        if event == "none":
            raise Unavailable("alone") from None
        raise
