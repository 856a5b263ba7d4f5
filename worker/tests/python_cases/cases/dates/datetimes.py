from datetime import date, datetime, time, timedelta, timezone


def handler(event, context):
    moment = datetime(2024, 2, 29, 23, 59, 58, 123456, tzinfo=timezone.utc)
    local = moment.astimezone(timezone(timedelta(hours=-3, minutes=-30), "odd"))
    return [
        moment.isoformat(), local.isoformat(timespec="milliseconds"), str(local), repr(local), moment.timestamp(), moment.isocalendar(), moment.timetuple().tm_yday, local.tzname(), local.utcoffset().total_seconds(),
        str(moment + timedelta(days=366)), str(moment - datetime(2000, 1, 1, tzinfo=timezone.utc)), moment.replace(microsecond=0).isoformat(), str(datetime.combine(date(2024, 1, 1), time(1, 2))), moment.weekday(), date.fromordinal(738000).isoformat(),
        datetime.fromtimestamp(0, timezone.utc).isoformat(), datetime.fromtimestamp(-1.5, timezone.utc).isoformat(), str(datetime.max), date.min.isoformat(), moment == local, sorted([moment, moment - timedelta(1)])[0].day, moment.ctime(),
    ]
