import concurrent.futures
import queue


def work(n):
    if n == 3:
        raise ValueError("three is bad")
    return n * n


def handler(event, context):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(work, n) for n in range(5)]
        concurrent.futures.wait(futures)
        found = [future.result() if not future.exception() else repr(future.exception()) for future in futures]
        mapped = list(pool.map(work, [1, 2, 4]))
    line = queue.PriorityQueue()
    for item in (3, 1, 2):
        line.put(item)
    try:
        queue.Queue().get(timeout=0.001)
    except queue.Empty as error:
        empty = type(error).__name__
    return [found, mapped, [line.get() for _ in range(3)], empty]
