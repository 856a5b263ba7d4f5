"""debugpy, for `brink dev --inspect`."""

import os
import sys


def listen(settings, log):
    """Has debugpy listen, and waits for a debugger if that is wanted.

    The settings are `host`, `port` and `wait`. The supervisor leads debuggers to this address, which is
    one of the sandbox's own loopback. Without debugpy the function runs all the same.
    """
    # It would warn of modules that are part of the interpreter, for which there is an option.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    try:
        import debugpy
    except ImportError as error:
        log.write("warn", _missing(error))
        return
    # Its adapter is usually a process of its own, which a function may not start.
    debugpy.configure(subProcess=False)
    try:
        debugpy.listen((settings["host"], settings["port"]), in_process_debug_adapter=True)
    except TypeError:
        log.write("warn", _missing(f"debugpy {debugpy.__version__} is too old"))
        return
    if settings["wait"]:
        debugpy.wait_for_client()


def _missing(error):
    python = sys.executable or "python3"
    return (
        f"no debugger can attach: {error}. Install debugpy 1.8.1 or newer for this interpreter: "
        f"{python} -m pip install debugpy"
    )
