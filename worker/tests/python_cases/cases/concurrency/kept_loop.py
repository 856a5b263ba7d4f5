import asyncio

loop = asyncio.new_event_loop()
kept = []


async def add(value):
    await asyncio.sleep(0)
    kept.append(value)
    return list(kept)


def handler(event, context):
    return loop.run_until_complete(add(event))
