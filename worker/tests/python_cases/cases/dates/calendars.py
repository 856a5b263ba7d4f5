import calendar
import time


def handler(event, context):
    return [
        calendar.month(2024, 2), calendar.monthrange(2023, 2), calendar.isleap(1900), calendar.leapdays(1900, 2024), calendar.timegm((2024, 2, 29, 0, 0, 0)), calendar.Calendar(6).monthdayscalendar(2024, 9)[0], list(calendar.day_name),
        time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1709251199)), time.strptime("30 Nov 00", "%d %b %y").tm_yday, time.tzname, time.timezone, time.localtime(0).tm_hour, time.asctime(time.gmtime(0)),
    ]
