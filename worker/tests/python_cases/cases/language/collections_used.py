import bisect
import collections
import heapq


def handler(event, context):
    chain = collections.ChainMap({"a": 1}, {"a": 2, "b": 3})
    ring = collections.deque([1, 2, 3], maxlen=3)
    ring.append(4)
    ring.rotate(1)
    heap = [5, 1, 4]
    heapq.heapify(heap)
    heapq.heappush(heap, 0)
    Pair = collections.namedtuple("Pair", "left right", defaults=[9])
    words = collections.Counter("the cat and the dog and the end".split())
    grouped = collections.defaultdict(list)
    for word in sorted(words):
        grouped[len(word)].append(word)
    found = [chain["a"], dict(chain), list(ring), [heapq.heappop(heap) for _ in range(4)], repr(Pair(1)), Pair(1)._asdict(), words.most_common(2), (words - collections.Counter(the=1))["the"], grouped, bisect.bisect([1, 3, 3, 5], 3), heapq.nlargest(2, [3, 9, 5]), {1, 2} ^ {2, 3} == {1, 3}, sorted({3, 1} | {2}), {**{"a": 1}, "b": 2} | {"a": 3}, [1, 2, 3][::-1], list(range(10))[2:8:3], (lambda a, *b, c=1, **d: [a, b, c, d])(1, 2, 3, e=5), sorted(["b", "A", "c"], key=str.lower, reverse=True), max([], default="none"), all([]), any([0, "", None]), list(zip(*[[1, 2], [3, 4]])), dict(enumerate("ab", 1)), list(filter(None, [0, 1, ""]))]
    values = [1, 2, 3, 4, 5]
    values[1:4] = ["x"]
    del values[0]
    found.append(values)
    return found
