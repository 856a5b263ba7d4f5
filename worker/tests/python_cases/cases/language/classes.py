class Meta(type):
    registry = []

    def __new__(mcs, name, bases, namespace, **options):
        made = super().__new__(mcs, name, bases, namespace)
        mcs.registry.append((name, options))
        return made

    def __init__(cls, name, bases, namespace, **options):
        super().__init__(name, bases, namespace)


class Positive:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.name, 0)

    def __set__(self, instance, value):
        if value < 0:
            raise ValueError(f"{self.name[1:]} must not be negative")
        setattr(instance, self.name, value)


class Base(metaclass=Meta, color="red"):
    amount = Positive()

    def __init_subclass__(cls, **options):
        super().__init_subclass__()
        cls.order = len(Meta.registry)

    def who(self):
        return ["Base"]


class Left(Base):
    def who(self):
        return ["Left", *super().who()]


class Right(Base):
    def who(self):
        return ["Right", *super().who()]


class Both(Left, Right):
    __slots__ = ("extra",)

    def __call__(self, *args, **kwargs):
        return [args, kwargs]

    def __getitem__(self, key):
        return repr(key)

    def __len__(self):
        return 3

    def __contains__(self, item):
        return item == "x"

    def __add__(self, other):
        return NotImplemented

    def __radd__(self, other):
        return f"{other} + both"


def handler(event, context):
    both = Both()
    both.amount = 5
    found = [both.who(), [c.__name__ for c in Both.__mro__], both.amount, both(1, *[2], a=3, **{"b": 4}), both[1:2, ...], len(both), "x" in both, 1 + both, [name for name, _ in Meta.registry], Meta.registry[0][1], isinstance(both, Base), hasattr(both, "nothing")]
    for action in (lambda: setattr(both, "amount", -1), lambda: both + 1, lambda: Both(1), lambda: type("Bad", (Left, Base, Left), {}), lambda: both.nothing):
        try:
            action()
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found
