def handler(event, context):
    return [
        event.split(), event.split(","), event.split(",", 1), event.rsplit(",", 1), event.rsplit(maxsplit=1),
        event.splitlines(), event.splitlines(keepends=True), "|".join(event), list(event.encode("utf-16-le")),
    ]
