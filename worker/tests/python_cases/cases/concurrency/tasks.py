import asyncio


async def worker(name, queue, done):
    while True:
        item = await queue.get()
        await asyncio.sleep(0)
        done.append(item * 2)
        queue.task_done()


async def ticks(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


async def main():
    queue, done = asyncio.Queue(), []
    for n in range(10):
        queue.put_nowait(n)
    workers = [asyncio.create_task(worker(n, queue, done)) for n in range(3)]
    await queue.join()
    for task in workers:
        task.cancel()
    ended = await asyncio.gather(*workers, return_exceptions=True)
    first = await asyncio.gather(asyncio.sleep(0.01, "slow"), asyncio.sleep(0, "fast"))
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    except asyncio.TimeoutError as error:
        late = repr(error)
    lock = asyncio.Lock()
    async with lock:
        locked = lock.locked()
    in_thread = await asyncio.to_thread(sum, range(10))
    return [sorted(done), [type(e).__name__ for e in ended], first, late, locked, in_thread, [i async for i in ticks(3)], await asyncio.shield(asyncio.sleep(0, "shielded"))]


def handler(event, context):
    return asyncio.run(main())
