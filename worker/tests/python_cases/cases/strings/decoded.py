def attempt(action):
    try:
        return action()
    except UnicodeError as error:
        return [type(error).__name__, str(error)]


def handler(event, context):
    raw = bytes.fromhex(event)
    return {
        encoding: [attempt(lambda: raw.decode(encoding))] + [attempt(lambda: raw.decode(encoding, errors)) for errors in ("ignore", "replace", "backslashreplace")]
        for encoding in ("utf-8", "ascii", "latin-1", "cp1252", "utf-16", "utf-16-be", "utf-8-sig", "shift_jis", "koi8-r", "utf-7")
    }
