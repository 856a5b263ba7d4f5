import io
import logging

text = io.StringIO()
log = logging.getLogger("own")
log.propagate = False
log.addHandler(logging.StreamHandler(text))
log.setLevel("DEBUG")


class Shout(logging.LoggerAdapter):
    def process(self, msg, kwargs):
        return msg.upper() + "!", kwargs


def handler(event, context):
    log.debug("kept apart")
    Shout(log, {}).info("adapted")
    log.addFilter(lambda record: "secret" not in record.getMessage())
    log.info("a secret")
    print("only this")
    return text.getvalue()
