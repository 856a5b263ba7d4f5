import logging

log = logging.getLogger("shop")


def handler(event, context):
    logging.debug("d")
    logging.info("i")
    logging.warning("w %s %d", "text", 5)
    logging.error("e %(name)s", {"name": "ü"})
    logging.critical("c")
    log.warning("named")
    log.log(25, "between")
    return [log.getEffectiveLevel(), log.isEnabledFor(logging.INFO), logging.getLevelName(35)]
