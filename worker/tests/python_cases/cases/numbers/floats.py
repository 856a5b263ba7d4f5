import math


def handler(event, context):
    values = [0.1 + 0.2, 1e22, 1e21 + 1, 123456789.123456789, 5e-324, 2.5, -2.5, 1 / 3, 1e308 * 10, -0.0, math.pi, 4.35, 1e16, 9007199254740993.0]
    found = [[repr(v), f"{v:.3f}", v.hex(), repr(round(v, 2)) if math.isfinite(v) else None, v.is_integer()] for v in values]
    found += [round(2.5), round(-3.5), round(2.675, 2), round(1234, -2), 7 // -2, 7 % -2, -7 % 2.5, divmod(-7.5, 2), math.fmod(-7, 2.5), int("0x1f", 16), math.fsum([0.1] * 10), math.isclose(0.1 + 0.2, 0.3), (0.1).as_integer_ratio(), repr(float("1e-400")), math.gcd(12, 18), math.comb(50, 25), math.nextafter(1, 2), math.log2(1024), repr(math.exp(1)), 2**0.5, repr(complex(1, -2) ** 2)]
    for action in (lambda: 1 / 0, lambda: math.sqrt(-1), lambda: math.exp(1000), lambda: int(float("nan")), lambda: 10.0**400, lambda: 5 % 0, lambda: math.factorial(-1), lambda: int("9" * 5000)):
        try:
            found.append(str(action()))
        except (ArithmeticError, ValueError) as error:
            found.append(f"{type(error).__name__}: {error}")
    return found
