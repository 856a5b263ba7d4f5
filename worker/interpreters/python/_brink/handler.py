"""Finds a handler by its name, as Lambda's runtime for Python does.

`folder/module.function` is a function of the module `folder.module`: the name of the module ends at
the last dot.
"""

import importlib
import sys

from .errors import Fault


def load(name):
    """Imports the module and returns the handler. Raises a Fault, or what the module raised."""
    try:
        module_name, function = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("MalformedHandlerName", f"Bad handler '{name}': {error}") from error
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        place = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise Fault("UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [place]) from error
    try:
        return getattr(module, function)
    except AttributeError as error:
        raise Fault("HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'") from error
