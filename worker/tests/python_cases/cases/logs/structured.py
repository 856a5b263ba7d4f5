import json
import logging


class JsonFormatter(logging.Formatter):
    def format(self, record):
        return json.dumps({"level": record.levelname, "message": record.getMessage(), "user": getattr(record, "user", None)}, sort_keys=True)


for known in logging.getLogger().handlers:
    known.setFormatter(JsonFormatter())


def handler(event, context):
    logging.warning("hello %s", "ü", extra={"user": "ada"})
    logging.error("plain")
