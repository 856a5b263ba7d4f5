import bz2
import gzip
import lzma
import zlib


def handler(event, context):
    found = []
    for data in (b"", b"nonsense", zlib.compress(b"abc")[:-2], gzip.compress(b"abc")[:-1], gzip.compress(b"abc") + b"rest"):
        for action in (zlib.decompress, gzip.decompress, bz2.decompress, lzma.decompress, lambda d: zlib.decompress(d, 31)):
            try:
                found.append(action(data).decode())
            except Exception as error:
                found.append(f"{type(error).__name__}: {error}")
    return found
