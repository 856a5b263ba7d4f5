import bz2
import gzip
import io
import lzma
import zlib


def handler(event, context):
    data = (event["text"] * event["times"]).encode()
    packed = gzip.compress(data, mtime=0)
    with gzip.open(io.BytesIO(packed), "rt", encoding="utf-8") as file:
        read = file.read()
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = stream.compress(data[: len(data) // 2]) + stream.compress(data[len(data) // 2 :]) + stream.flush()
    back = zlib.decompressobj(-15)
    pieces = b"".join(back.decompress(raw[at : at + 7]) for at in range(0, len(raw), 7)) + back.flush()
    return [zlib.compress(data, 6).hex()[:400], packed.hex()[:400], len(raw), read == data.decode(), pieces == data, bz2.decompress(bz2.compress(data)) == data, lzma.decompress(lzma.compress(data)) == data, zlib.crc32(data), zlib.adler32(data)]
