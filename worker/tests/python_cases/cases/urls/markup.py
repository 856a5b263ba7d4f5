import html
from html.parser import HTMLParser


class Outline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append(["<", tag, attrs])

    def handle_endtag(self, tag):
        self.seen.append([">", tag])

    def handle_data(self, data):
        self.seen.append(data)

    def handle_comment(self, data):
        self.seen.append(["!", data])


def handler(event, context):
    outline = Outline()
    outline.feed(event)
    outline.close()
    return [html.escape(event), html.escape(event, quote=False), html.unescape(event), outline.seen]
