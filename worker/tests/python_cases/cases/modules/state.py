import time

loaded = time.monotonic()
calls = []


def handler(event, context):
    calls.append(event)
    return [calls, time.monotonic() >= loaded, __name__]
