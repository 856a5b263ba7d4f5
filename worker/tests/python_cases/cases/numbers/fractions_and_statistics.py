import statistics
from fractions import Fraction


def handler(event, context):
    data = [1, 2, 2, 3, 5, 8, 13]
    found = [str(Fraction(3, 4) + Fraction("0.125")), str(Fraction(3.3).limit_denominator(100)), Fraction("-7/3").__floor__(), statistics.mean(data), statistics.median(data), statistics.mode(data), repr(statistics.stdev(data)), statistics.quantiles(data, n=4), statistics.multimode("aabbc"), repr(statistics.fmean([0.1, 0.2])), str(statistics.mean([Fraction(1, 2), Fraction(1, 3)]))]
    for action in (lambda: statistics.mean([]), lambda: Fraction(1, 0), lambda: Fraction("x"), lambda: statistics.stdev([1])):
        try:
            action()
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found
