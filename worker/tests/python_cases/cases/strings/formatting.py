class Money:
    def __init__(self, cents):
        self.cents = cents

    def __format__(self, spec):
        return f"{self.cents / 100:{spec or '.2f'}} EUR"


def handler(event, context):
    x, name, items = 1234567.891, "Ada", {"key": [1, {"deep": "value"}]}
    return [
        f"{x:,.2f} {x:e} {x:g} {x:015.3f} {x:+} {x:%}", f"{255:#x} {255:#b} {255:o} {255:08b} {255:c} {-255:=+10d}",
        f"{name!r:>10} {name!s:^10}| {name:<10}| {name:.2}", f"{Money(12345)} {Money(5):.0f}", f"{items['key'][1]['deep']}",
        "{0} {1} {0} {name}".format("a", "b", name="n"), "{0[key][0]} {0[key][1][deep]}".format(items), "{:{width}.{precision}}".format(x, width=20, precision=4),
        "%s %r %d %5.2f %x %% %-5s| %05d %+d" % ("s", "r", 42, x, 255, "l", 42, 42), "%(a)s %(b)03d" % {"a": 1, "b": 2},
        f"{1_000_000:_}", f"{0.1 + 0.2!r}", f"{float('nan')} {float('-inf'):10}", f"{True:d} {None!s:>6}", f"{x=:.1f} {name=}",
        str(1e16), str(1e-5), repr(5e-324), str(10**20), repr(-0.0), repr("it's"), repr('a"\'\n\t\x00é\u200b😀'), ascii("é😀"),
    ]
