import warnings


def handler(event, context):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning)
        warnings.warn("careful")
    return [[w.category.__name__, str(w.message)] for w in caught]
