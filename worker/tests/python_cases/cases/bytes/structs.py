import struct


def handler(event, context):
    packed = struct.pack(">hIq?f4s", -2, 7, -(2**40), True, 1.5, b"ab")
    found = [packed.hex(), struct.calcsize("<hIq?f4s"), [v if not isinstance(v, bytes) else v.decode() for v in struct.unpack("<HH", b"\1\2\3\4")], list(struct.iter_unpack(">H", b"\0\1\0\2"))]
    for action in (lambda: struct.pack("B", 256), lambda: struct.unpack("I", b"123"), lambda: struct.pack("z", 1), lambda: struct.pack("h", "x")):
        try:
            action()
        except struct.error as error:
            found.append(str(error))
    return found + [(1000).to_bytes(4, "little").hex(), int.from_bytes(b"\xff\xfe", "big", signed=True)]
