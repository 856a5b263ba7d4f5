from datetime import timedelta


def handler(event, context):
    span = timedelta(days=-1, hours=25, seconds=61, microseconds=1)
    found = [str(span), repr(span), span.total_seconds(), span / timedelta(minutes=1), span // 7 == timedelta(microseconds=523000000), str(abs(timedelta(-1.5))), str(timedelta(days=400)), divmod(span, timedelta(minutes=2))[0], str(span * 2.5), str(timedelta.max), [str(s) for s in sorted([span, -span])]]
    for action in (lambda: timedelta(days=10**10), lambda: span + 1, lambda: timedelta("x"), lambda: span / 0):
        try:
            found.append(str(action()))
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found
