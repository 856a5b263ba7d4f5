import asyncio


async def fails(error):
    raise error


async def all_fail():
    async with asyncio.TaskGroup() as group:
        group.create_task(fails(ValueError("one")))
        group.create_task(fails(TypeError("two")))


def handler(event, context):
    if event == "raise":
        raise ExceptionGroup("several", [ValueError(1), ExceptionGroup("inner", [KeyError("k")])])
    found = []
    try:
        asyncio.run(all_fail())
    except* ValueError as group:
        found += [str(group), [repr(e) for e in group.exceptions]]
    except* TypeError:
        found.append("and a TypeError")
    return found
