import re

PATTERNS = [r"(\d+)-(\w+)", r"^a.*z$", r"(?P<year>\d{4})(?:-(?P<month>\d\d))?", r"\bfoo\b", r"(?i)straße", r"[^\W\d_]+", r"(a|b)*c", r"(?<=\$)\d+(?!\d)", r"(.)\1", r"\Aü\Z", r"x*", r"(?s).+", r"(?m)^\w+$", r"[\u4e00-\u9fff]+", r"(?x) a \s b # comment"]
TEXTS = ["12-ab 3-c", "abcz", "2024-02 and 2025", "foo food foo", "STRASSE straße", "héllo_wörld9", "ababc", "$100 $20x", "aa bb c", "ü\n", "one\ntwo\nthree", "漢字 and kana", "a b", ""]


def handler(event, context):
    found = []
    for pattern in PATTERNS:
        compiled = re.compile(pattern)
        for text in TEXTS:
            match = compiled.search(text)
            found.append([pattern, match and [match.group(), match.groups(), match.groupdict(), match.span(), match.lastindex, match.lastgroup], bool(compiled.match(text)), bool(compiled.fullmatch(text)), [m.start() for m in compiled.finditer(text)]])
    return found
