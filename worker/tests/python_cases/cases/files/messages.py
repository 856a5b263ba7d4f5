from email import message_from_string, policy
from email.header import decode_header, make_header
from email.message import EmailMessage


def handler(event, context):
    message = EmailMessage()
    message["Subject"] = "Grüße 😀"
    message["From"] = "Ada <ada@example.com>"
    message.set_content("Hallo ü\n")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="ä.bin")
    message.set_boundary("BOUNDARY")
    read = message_from_string("Content-Type: text/plain; charset=\"utf-8\"; x=1\nX-A: 1\nX-A: 2\n folded\n\nbody\n", policy=policy.default)
    return [message.as_string(), read.get_content_type(), read.get_param("x"), read.get_all("X-A"), read.get_content(), str(make_header(decode_header("=?utf-8?q?Gr=C3=BC=C3=9Fe?="))), [part.get_content_type() for part in message.walk()]]
