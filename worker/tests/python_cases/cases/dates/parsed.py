from datetime import date, datetime

ATTEMPTS = [
    ("2024-02-29", "%Y-%m-%d"), ("2023-02-29", "%Y-%m-%d"), ("29/Feb/2024:12:34:56 +0130", "%d/%b/%Y:%H:%M:%S %z"), ("1.2.24 3PM", "%d.%m.%y %I%p"), ("2024-060", "%Y-%j"), ("x", "%Y"), ("2024 rest", "%Y"),
    ("Thu, 01 Jan 1970", "%a, %d %b %Y"), ("12:60", "%H:%M"), ("2024-W09-4", "%G-W%V-%u"), ("5", "%Q"), ("0.123456", "%S.%f"), ("Z", "%z"),
]
ISO = ["2024-02-29", "2024-02-29T12:34:56.789+01:00", "2024-02-29T12:34Z", "20240229T123456", "2024-02-30", "2024-W09-4", "2024-02-29T24:00", "", "2024-2-9"]


def attempt(action):
    try:
        return str(action())
    except ValueError as error:
        return f"ValueError: {error}"


def handler(event, context):
    return [[attempt(lambda: datetime.strptime(*pair)) for pair in ATTEMPTS], [attempt(lambda: datetime.fromisoformat(text)) for text in ISO], [attempt(lambda: date.fromisoformat(text)) for text in ISO]]
