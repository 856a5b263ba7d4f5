import threading
import time


def handler(event, context):
    lock, total, order = threading.Lock(), [0], []
    started = threading.Barrier(4)

    def run():
        started.wait(30)
        for _ in range(1000):
            with lock:
                total[0] += 1

    threads = [threading.Thread(target=run, name=f"t{n}") for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ready, local = threading.Event(), threading.local()
    local.x = 1
    seen = []
    other = threading.Thread(target=lambda: (ready.wait(30), seen.append(hasattr(local, "x"))), daemon=True)
    other.start()
    ready.set()
    other.join()
    timer = threading.Timer(0.001, order.append, ["timer"])
    timer.start()
    timer.join()
    time.sleep(0.001)
    return [total[0], seen, order, threading.current_thread() is threading.main_thread(), [t.is_alive() for t in threads]]
