import enum


class Trigger(enum.Enum):
    VIEWER_REQUEST = "viewer-request"
    ORIGIN_REQUEST = "origin-request"
    ALIAS = "viewer-request"

    @property
    def is_viewer(self):
        return self.value.startswith("viewer")


class Permission(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
    ALL = READ | WRITE


def handler(event, context):
    found = [Trigger("origin-request").name, Trigger.ALIAS is Trigger.VIEWER_REQUEST, [t.name for t in Trigger], repr(Trigger.ORIGIN_REQUEST), str(Permission.ALL), repr(Permission.READ | Permission.WRITE), Permission.READ in Permission.ALL, Trigger["ALIAS"].is_viewer, len(Trigger), f"{Trigger.ALIAS}"]
    try:
        Trigger(event)
    except ValueError as error:
        found.append(str(error))
    return found
