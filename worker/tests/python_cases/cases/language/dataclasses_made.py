import dataclasses
from dataclasses import dataclass, field


@dataclass(order=True, frozen=True)
class Version:
    major: int
    minor: int = 0
    tags: tuple = field(default=(), compare=False)


@dataclass
class Cart:
    owner: str
    items: list = field(default_factory=list)
    total: float = field(init=False, repr=False)

    def __post_init__(self):
        self.total = sum(price for _, price in self.items)


def handler(event, context):
    cart = Cart("Ada", [("tea", 2.5), ("cake", 3)])
    found = [repr(cart), dataclasses.asdict(cart), dataclasses.astuple(Version(1)), Version(1, 2) < Version(1, 10), hash(Version(1)) == hash(Version(1, tags=("x",))), repr(dataclasses.replace(Version(1), minor=5)), [f.name for f in dataclasses.fields(Cart)], Cart("a") == Cart("a")]
    try:
        Version(1).major = 2
    except dataclasses.FrozenInstanceError as error:
        found.append(str(error))
    try:
        Version()
    except TypeError as error:
        found.append(str(error))
    return found
