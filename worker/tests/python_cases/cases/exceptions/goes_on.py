count = 0


def handler(event, context):
    global count
    count += 1
    if event == "fail":
        raise RuntimeError(f"number {count}")
    return count
