from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def handler(event, context):
    found = []
    for name in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC", "Pacific/Apia"):
        zone = ZoneInfo(name)
        for moment in (datetime(2024, 3, 31, 0, 59, 59), datetime(2024, 3, 31, 1), datetime(2024, 10, 27, 1), datetime(2011, 12, 30, 9), datetime(1900, 1, 1)):
            local = moment.replace(tzinfo=timezone.utc).astimezone(zone)
            found.append([local.isoformat(), local.tzname(), local.fold, local.dst().total_seconds()])
    gap = datetime(2024, 3, 31, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    found += [gap.isoformat(), gap.replace(fold=1).isoformat(), gap.astimezone(timezone.utc).isoformat(), (gap + timedelta(hours=1)).isoformat(), str(gap.tzinfo), repr(gap.tzinfo)]
    for name in ("Nowhere/Nothing", "../etc/passwd", ""):
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            found.append(f"{type(error).__name__}: {error}")
    return found
