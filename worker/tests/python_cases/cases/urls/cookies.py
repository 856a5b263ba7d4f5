from http.cookies import CookieError, SimpleCookie


def handler(event, context):
    found = []
    for text in event:
        try:
            cookie = SimpleCookie(text)
            found.append([{name: morsel.value for name, morsel in cookie.items()}, cookie.output()])
        except CookieError as error:
            found.append(str(error))
    made = SimpleCookie()
    made["session"] = 'a "quoted"; value'
    made["session"].update({"path": "/", "max-age": 60, "httponly": True, "secure": True, "samesite": "Lax"})
    return [found, made["session"].OutputString()]
