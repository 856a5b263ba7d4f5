import re


def handler(event, context):
    found = []
    for pattern in ("(", ")", "[", "a**", "(?P<1>a)", "(?P<a>x)(?P<a>y)", r"\1", "(?<=a*)b", "*", "(?z)", "[z-a]", "a{2,1}", r"\8", "(?P=no)", "x(?i)", "\\", "(?#", r"\N{no}"):
        try:
            found.append([pattern, re.compile(pattern).pattern])
        except re.error as error:
            found.append([pattern, error.msg, error.pos, str(error)])
    try:
        re.sub("(a)", r"\2", "a")
    except re.error as error:
        found.append(str(error))
    return found
