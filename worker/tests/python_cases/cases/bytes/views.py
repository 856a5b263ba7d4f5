import array


def handler(event, context):
    data = bytearray(b"hello world")
    view = memoryview(data)
    view[0:5] = b"HELLO"
    data2 = bytes(data)
    numbers = array.array("i", [1, 2, 3])
    numbers.extend([4, -5])
    found = [data2.decode(), view[::2].tobytes().decode(), data2.find(b"wor"), data2.split(b" ")[1].decode(), data2.replace(b"L", b"l").decode(), bytes(3).hex(), bytearray.fromhex("0a 0b").hex(":"), list(numbers), numbers.itemsize, data2[-1], b"%d %s" % (5, b"x") == b"5 x", data2.isupper(), b"a,b".partition(b",")[2].decode()]
    try:
        data.append(256)
    except ValueError as error:
        found.append(str(error))
    try:
        data.extend(b"x")
    except BufferError as error:
        found.append(str(error))
    return found
