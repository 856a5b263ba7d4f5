class Site:
    default = "index.html"

    @classmethod
    def handle(cls, event, context):
        return event.get("uri", "/") + cls.default


handler = Site.handle
