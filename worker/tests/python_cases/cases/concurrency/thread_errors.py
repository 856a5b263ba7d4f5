import threading


def handler(event, context):
    caught = []
    threading.excepthook = lambda args: caught.append([args.exc_type.__name__, str(args.exc_value), args.thread.name])
    thread = threading.Thread(target=lambda: 1 / 0, name="bad")
    thread.start()
    thread.join()
    return caught
