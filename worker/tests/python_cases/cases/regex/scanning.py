import re
from typing import NamedTuple


class Token(NamedTuple):
    kind: str
    text: str
    at: int


TOKENS = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in [("NUMBER", r"\d+(?:\.\d*)?"), ("NAME", r"[A-Za-z_]\w*"), ("OP", r"[-+*/()=]"), ("SKIP", r"\s+"), ("BAD", ".")]))


def scan(text):
    for match in TOKENS.finditer(text):
        if match.lastgroup == "BAD":
            raise SyntaxError(f"{match[0]!r} at {match.start()}")
        if match.lastgroup != "SKIP":
            yield Token(match.lastgroup, match[0], match.start())


def handler(event, context):
    return [list(token) for token in scan(event)]
