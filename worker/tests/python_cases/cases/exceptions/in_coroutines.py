import asyncio


async def step(n):
    await asyncio.sleep(0)
    if n == 0:
        raise ConnectionError("the last step failed")
    return await step(n - 1)


async def main(event):
    if event == "timeout":
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    if event == "cancel":
        task = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        task.cancel()
        return await asyncio.gather(task, return_exceptions=True) == [] or "cancelled"
    return await step(event)


def handler(event, context):
    return asyncio.run(main(event))
