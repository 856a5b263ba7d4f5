import functools
import operator


def counter():
    count = 0

    def add(step=1, *, times=1, **more):
        nonlocal count
        count += step * times
        return count, sorted(more)

    return add


@functools.lru_cache(maxsize=2)
def squared(n):
    print("computing", n)
    return n * n


@functools.singledispatch
def kind(value):
    return "something"


@kind.register
def _(value: int):
    return "integer"


@kind.register(list)
def _(value):
    return f"list of {[kind(v) for v in value]}"


def handler(event, context):
    add = counter()
    late = [lambda: n for n in range(3)]
    bound = [lambda n=n: n for n in range(3)]
    return [add(), add(2, times=3, x=1, a=2), [f() for f in late], [f() for f in bound], [squared(n) for n in (2, 2, 3, 4, 2)], squared.cache_info()._asdict(), kind(5), kind([1, "a"]), functools.reduce(operator.mul, range(1, 6)), functools.partial(pow, 2)(10), sorted("bca", key=functools.cmp_to_key(lambda a, b: (a < b) - (a > b))), list(map(operator.itemgetter(1), [(1, "a"), (2, "b")])), operator.methodcaller("upper")("x")]
