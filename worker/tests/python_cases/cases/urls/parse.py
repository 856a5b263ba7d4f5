from urllib.parse import urlparse, urlsplit, urlunsplit, urldefrag


def handler(event, context):
    found = []
    for url in event:
        try:
            parts = urlsplit(url)
            found.append([list(urlparse(url)), parts.hostname, parts.port, parts.username, parts.password, urlunsplit(parts), list(urldefrag(url))])
        except ValueError as error:
            found.append(str(error))
    return found
