import base64
import binascii


def handler(event, context):
    data = bytes(range(256))
    made = [data[:n] for n in (0, 1, 2, 3, 57, 58, 256)]
    return [
        [base64.b64encode(d).decode(), base64.urlsafe_b64encode(d).decode(), base64.b32encode(d).decode(), base64.b85encode(d).decode(), base64.a85encode(d, wrapcol=40).decode(), base64.encodebytes(d).decode(),
         binascii.hexlify(d, "-", 4).decode() if d else "", binascii.b2a_qp(d).decode("latin-1"), binascii.crc32(d), binascii.crc_hqx(d, 0)]
        for d in made
    ]
