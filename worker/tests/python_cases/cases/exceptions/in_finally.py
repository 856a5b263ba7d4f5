def returns():
    try:
        raise ValueError("lost")
    finally:
        return "from finally"


def replaces():
    try:
        raise ValueError("first")
    finally:
        raise TypeError("second")


def orders(log):
    for n in range(3):
        try:
            log.append(n)
            if n == 1:
                continue
            if n == 2:
                break
        except Exception:
            log.append("never")
        else:
            log.append("else")
        finally:
            log.append("finally")
    else:
        log.append("never")
    return log


def handler(event, context):
    return {"returns": returns, "replaces": replaces, "orders": lambda: orders([])}[event]()
