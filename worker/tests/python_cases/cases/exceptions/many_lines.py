def handler(event, context):
    return sum(
        int(value)
        for value in [
            "1",
            "2",
            event,
        ]
    )
