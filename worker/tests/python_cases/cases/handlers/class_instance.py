class Handler:
    def __init__(self, name):
        self.name, self.count = name, 0

    def __call__(self, event, context):
        self.count += 1
        return [self.name, self.count, event]


handler = Handler("instance")
