import asyncio
import contextvars

user = contextvars.ContextVar("user", default="nobody")


async def named(name):
    token = user.set(name)
    await asyncio.sleep(0)
    seen = user.get()
    user.reset(token)
    return [seen, user.get()]


async def main():
    return await asyncio.gather(named("ada"), named("bob"))


def handler(event, context):
    copied = contextvars.copy_context()
    inner = copied.run(lambda: (user.set("inner"), user.get())[1])
    return [asyncio.run(main()), inner, user.get()]
