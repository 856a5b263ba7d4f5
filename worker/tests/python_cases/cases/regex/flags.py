import re


def handler(event, context):
    text = "Äpfel ÄPFEL äpfel ſ K µ"
    return [re.findall("äpfel", text, flags) for flags in (0, re.I, re.I | re.A)] + [re.findall(r"\w+", text, re.A), re.findall("[sk]", text, re.I), re.findall(r"\d", "1٣", re.A), re.findall(r"\d", "1٣"), re.compile("a", re.I | re.M | re.S | re.X).flags, repr(re.compile("a", re.I)), re.findall(rb"\w", b"a\xfc")[0].decode(), [m.expand(r"\g<0>!") for m in re.finditer("a", "aa")], re.compile("(a)(?P<b>b)").groupindex["b"], str(re.match("a", "abc"))]
