import requests
from requests.adapters import HTTPAdapter


def told(reply):
    return [reply.status_code, reply.reason, reply.json() if "json" in reply.headers.get("content-type", "") else reply.text]


def handler(event, context):
    origin = event["origin"]
    session = requests.Session()
    session.headers.update({"User-Agent": "own", "Accept-Encoding": "gzip"})
    session.mount("http://", HTTPAdapter(max_retries=1))
    found = [
        told(session.get(f"{origin}/echo", params={"a": ["1", "ü"], "b": None})), told(session.post(f"{origin}/echo", json={"ü": [1, None]}, auth=("user", "pässword".encode()))), told(session.put(f"{origin}/echo", data={"a": "b c"}, cookies={"c": "1"})),
        told(session.get(f"{origin}/redirect")), told(session.get(f"{origin}/redirect", allow_redirects=False)), told(session.get(f"{origin}/teapot")), session.get(f"{origin}/cookies").cookies.get_dict(),
    ]
    try:
        session.get(f"{origin}/teapot").raise_for_status()
    except requests.HTTPError as error:
        found.append(str(error).replace(origin, "ORIGIN"))
    for url in ("nonsense", "http://", "ftp://h/"):
        try:
            session.get(url)
        except requests.RequestException as error:
            found.append(f"{type(error).__name__}: {error}")
    prepared = requests.Request("GET", "http://h/ü?q=a b", headers={"X": "1"}).prepare()
    return found + [prepared.url, dict(prepared.headers)]
