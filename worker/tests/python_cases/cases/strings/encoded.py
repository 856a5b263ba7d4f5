def handler(event, context):
    text = "naïve 😀 €\u0000"
    return [text.encode(encoding, errors).hex() for encoding in ("utf-8", "utf-16", "utf-32", "latin-1", "cp1252", "ascii")
            for errors in ("replace", "ignore", "xmlcharrefreplace", "backslashreplace", "namereplace")] + ["ünïcode.example".encode("idna").decode(), "xn--mnchen-3ya.de".encode().decode("idna"), "bücher".encode("punycode").decode()]
