from urllib.parse import quote, quote_plus, unquote, unquote_plus, unquote_to_bytes


def handler(event, context):
    return [[quote(t), quote(t, safe=""), quote_plus(t), quote(t, safe="~/ "), unquote(t), unquote_plus(t), unquote_to_bytes(t).hex(), unquote(t, errors="backslashreplace")] for t in event]
