import unicodedata


def handler(event, context):
    return {
        form: [hex(ord(c)) for c in unicodedata.normalize(form, event)] for form in ("NFC", "NFD", "NFKC", "NFKD")
    } | {
        "names": [unicodedata.name(c, "?") for c in event],
        "kinds": [(unicodedata.category(c), unicodedata.bidirectional(c), unicodedata.combining(c), unicodedata.east_asian_width(c)) for c in event],
        "numbers": [unicodedata.numeric(c, None) for c in event],
        "length": [len(event), len(event.encode()), len(event.encode("utf-16-le"))],
        "version": unicodedata.unidata_version,
    }
