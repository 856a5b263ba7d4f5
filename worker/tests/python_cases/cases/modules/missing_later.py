def handler(event, context):
    try:
        import no_such_module_here
    except ModuleNotFoundError as error:
        found = [str(error), error.name]
    try:
        from json import nothing
    except ImportError as error:
        found.append(str(error).split(" (")[0])
    from importlib.util import find_spec

    return found + [find_spec("json") is not None, find_spec("no_such_module_here")]
