import re


def handler(event, context):
    return [
        re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world, good day"), re.sub(r"(?P<a>\d)", r"<\g<a>\g<0>>", "1a2"), re.sub("x*", "-", "abxd"), re.sub(r"\d+", lambda m: str(int(m[0]) * 2), "1 22 333"), re.subn("a", "b", "banana", count=2), re.sub(r"^", "> ", "a\nb", flags=re.M),
        re.sub(r"(?i)B", "*", "aBb"), re.sub(r"(a)|(b)", r"[\1\2]", "abc"), re.split(r"[,;]\s*", "a, b;c,,d"), re.split(r"(-)", "a-b-c", maxsplit=1), re.split(r"\b", "a b"), re.findall(r"(\w)(\d)", "a1 b2"), re.findall(r"\w\d", "a1 b2"), re.escape("a.b*c?[d] é-"), re.sub("[\\W_]+", "-", "Ünïcode & Slug__Text!").strip("-").lower(),
    ]
