import platform
import ssl
import sys
import sysconfig


def handler(event, context):
    return [sys.version, sys.executable.rsplit("/", 1)[-1] != "", platform.python_implementation(), sys.byteorder, sys.maxsize == 2**63 - 1, sys.getrecursionlimit(), sys.getdefaultencoding(), ssl.OPENSSL_VERSION, sysconfig.get_path("stdlib"), sys.flags.optimize, sys.float_info.dig, sys.int_info.bits_per_digit, sys.hash_info.width]
