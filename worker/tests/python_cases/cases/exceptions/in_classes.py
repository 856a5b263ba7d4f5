class Guarded:
    def __init__(self, value):
        self.value = value

    @property
    def checked(self):
        if self.value > 1:
            raise ValueError(f"{self.value} is too much")
        return self.value

    def __getattr__(self, name):
        raise AttributeError(f"no {name} here")

    def __bool__(self):
        raise RuntimeError("neither true nor false")

    @classmethod
    def made(cls, value):
        return cls(value).checked


def handler(event, context):
    if event == "attribute":
        return Guarded(1).nothing
    if event == "bool":
        return 1 if Guarded(1) else 0
    return Guarded.made(event)
