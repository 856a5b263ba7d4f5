ATTEMPTS = {
    "zero": lambda: 1 / 0, "key": lambda: {}["missing key"], "index": lambda: [][1], "attribute": lambda: None.value, "name": lambda: nothing_here, "type": lambda: "x" + 1,
    "value": lambda: int("x"), "file": lambda: open("/nowhere/at/all"), "decode": lambda: b"\xff".decode(), "encode": lambda: "ü".encode("ascii"), "overflow": lambda: 2.0**5000, "assert": lambda: exec("assert 1 > 2, 'never'"),
    "stop": lambda: next(iter([])), "unbound": lambda: (lambda: (x, x := 1))(), "not_callable": lambda: len("")(), "not_iterable": lambda: list(5), "unhashable": lambda: {[]: 1}, "arguments": lambda: (lambda a: a)(), "import": lambda: __import__("no_such_module"),
    "recursion": lambda: (lambda f: f(f))(lambda f: f(f)), "module_attribute": lambda: __import__("json").dump5, "memory": lambda: "x" * (1 << 62), "lookup": lambda: "x".encode("no-such"), "unpack": lambda: exec("a, b = [1]"), "os": lambda: __import__("os").listdir("/nowhere"), "key_int": lambda: {}[5], "tuple": lambda: tuple("x")["a"], "suggestion": lambda: __import__("math").sqt,
}


def handler(event, context):
    found = {}
    for name, attempt in ATTEMPTS.items():
        try:
            found[name] = attempt()
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found
