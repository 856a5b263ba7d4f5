from urllib.parse import urljoin

BASE = "http://a/b/c/d;p?q"
REFERENCES = [
    "g", "./g", "g/", "/g", "//g", "?y", "g?y", "#s", "g#s", ";x", "g;x", "", ".", "./", "..", "../", "../g", "../..", "../../g", "../../../g", "/./g", "/../g",
    "g.", ".g", "g..", "..g", "./../g", "g/./h", "g/../h", "g;x=1/../y", "g?y/./x", "g#s/../x", "http:g", "http://x/y", "g:h",
]


def handler(event, context):
    return {reference: urljoin(BASE, reference) for reference in REFERENCES}
