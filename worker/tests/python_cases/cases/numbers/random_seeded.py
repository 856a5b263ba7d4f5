import random


def handler(event, context):
    source = random.Random(event)
    items = list(range(10))
    source.shuffle(items)
    return [repr(source.random()), source.randint(1, 100), source.choice("abcdef"), items, source.sample(range(100), 5), repr(source.gauss(0, 1)), source.choices("xyz", weights=[1, 2, 3], k=8), repr(source.uniform(1, 2)), source.getrandbits(70) % 2**53, source.randbytes(8).hex(), repr(source.expovariate(1)), repr(source.betavariate(2, 3))]
