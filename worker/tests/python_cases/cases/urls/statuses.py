from http import HTTPMethod, HTTPStatus
from mimetypes import MimeTypes


def handler(event, context):
    types = MimeTypes(filenames=())
    return [
        [[status.value, status.phrase] for status in HTTPStatus if status.value in (200, 204, 301, 302, 304, 401, 404, 418, 429, 500, 503)],
        [types.guess_type(name) for name in ("a.html", "b.tar.gz", "c.JPG", "d.svg", "e.unknown", "f.js", "g", "http://h/i.png?x")],
        f"{HTTPStatus.OK} {HTTPMethod.GET}", HTTPStatus(404).description, repr(HTTPStatus.NOT_FOUND), HTTPStatus.OK == 200,
    ]
