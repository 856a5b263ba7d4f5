from datetime import datetime, timedelta, timezone


def handler(event, context):
    moment = datetime(2024, 1, 7, 5, 6, 7, 89, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    return {code: moment.strftime(code) for code in ("%a %A %w", "%d %b %B %m %y %Y", "%H %I %p %M %S %f", "%z %Z", "%j %U %W", "%c", "%x", "%X", "%%", "%G-W%V-%u", "%-d", "%e", "%F %T", "%D", "ü %Y")}
