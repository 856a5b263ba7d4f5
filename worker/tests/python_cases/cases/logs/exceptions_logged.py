import logging


def divide(a, b):
    return a / b


def handler(event, context):
    try:
        divide(1, 0)
    except ZeroDivisionError:
        logging.exception("could not divide %s", event)
        logging.error("again", exc_info=True)
    logging.warning("with a stack?", stack_info=False)
    return "fine"
