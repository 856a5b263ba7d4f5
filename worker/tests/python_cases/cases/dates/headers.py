from datetime import datetime, timezone
from email.utils import format_datetime, formatdate, parsedate_to_datetime
from http.cookiejar import http2time
from wsgiref.handlers import format_date_time


def handler(event, context):
    found = [formatdate(0, usegmt=True), formatdate(1709251199), format_datetime(datetime(2024, 2, 29, tzinfo=timezone.utc), usegmt=True), format_date_time(1709251199)]
    for text in event:
        try:
            found.append(parsedate_to_datetime(text).isoformat())
        except (TypeError, ValueError) as error:
            found.append(type(error).__name__)
        found.append(http2time(text))
    return found
