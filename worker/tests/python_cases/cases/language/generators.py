import itertools


def fibonacci():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


def averager():
    total, count, average = 0, 0, None
    while True:
        value = yield average
        if value is None:
            return total
        total, count = total + value, count + 1
        average = total / count


def delegating(out):
    out.append((yield from averager()))
    yield "done"


def handler(event, context):
    out = []
    source = delegating(out)
    next(source)
    sent = [source.send(v) for v in (10, 20, 60)] + [source.send(None)]
    tree = lambda depth: [depth] if depth == 0 else [depth, *tree(depth - 1)]
    return [
        list(itertools.islice(fibonacci(), 15)), sent, out, tree(3), [*map(list, itertools.permutations("abc", 2))], list(itertools.accumulate([1, 2, 3], lambda a, b: a * b)), [[k, list(g)] for k, g in itertools.groupby("aabbca")], list(itertools.chain.from_iterable([[1], [2, 3]])), list(itertools.zip_longest("ab", "c", fillvalue="-")), list(itertools.product("ab", repeat=2)),
        {x: y for x, y in zip("abc", range(3)) if y}, [y for x in range(3) if (y := x * x) > 0], list(itertools.pairwise("abc")), list(itertools.takewhile(lambda x: x < 3, itertools.count())), sorted({len(w) for w in "a bb cc ddd".split()}), list(itertools.batched("abcde", 2)) if hasattr(itertools, "batched") else "older",
    ]
