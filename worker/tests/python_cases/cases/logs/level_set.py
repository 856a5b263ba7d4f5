import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)
quiet = logging.getLogger("quiet")
quiet.setLevel(logging.ERROR)


def handler(event, context):
    logger.debug("no")
    logger.info("yes")
    quiet.warning("no")
    quiet.error("yes: %s", {"a": 1})
    logger.info({"a": "dict"})
    logger.info("100%")
