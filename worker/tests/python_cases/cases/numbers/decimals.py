from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, getcontext, localcontext


def handler(event, context):
    cent = Decimal("0.01")
    found = [str(Decimal("1.10") + Decimal("2.20")), str(Decimal(1) / Decimal(7)), [str(Decimal(v).quantize(cent, how)) for v in ("2.675", "2.665", "-2.675") for how in (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN)], str(Decimal("1E+3")), f"{Decimal('1234567.891'):,.2f}", str(Decimal(0.1)), str(Decimal("NaN")), str(Decimal("2").sqrt(Context(prec=40))), Decimal("1.0") == 1.0, str(Decimal("1.20").normalize()), Decimal("-0").is_signed(), str(Decimal("12.5") // 5), str(divmod(Decimal("-7"), 2)), str(sum(map(Decimal, ["0.1"] * 10))), Decimal("3.7").as_tuple().digits]
    with localcontext() as local:
        local.prec = 5
        found.append(str(Decimal(2) / 3))
    for action in (lambda: Decimal(1) / 0, lambda: Decimal("x"), lambda: Decimal("sNaN") + 1, lambda: Decimal(1) + 1.5):
        try:
            found.append(str(action()))
        except (DivisionByZero, InvalidOperation, TypeError) as error:
            found.append(f"{type(error).__name__}: {error}")
    return found + [getcontext().prec]
