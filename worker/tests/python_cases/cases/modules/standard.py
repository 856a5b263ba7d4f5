import importlib
import sys

NAMES = sorted(name for name in sys.stdlib_module_names if not name.startswith("_") and name not in ("antigravity", "this", "idlelib", "tkinter", "turtle", "turtledemo", "lib2to3", "nt", "msilib", "winreg", "winsound", "msvcrt", "ossaudiodev", "crypt", "test"))


def handler(event, context):
    found = {}
    for name in NAMES:
        try:
            importlib.import_module(name)
            found[name] = True
        except ImportError as error:
            found[name] = type(error).__name__
    return found
