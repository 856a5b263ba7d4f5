import base64
import binascii


def attempt(action, text):
    try:
        return action(text).hex()
    except (binascii.Error, ValueError) as error:
        return str(error)


def handler(event, context):
    return [
        [attempt(action, text) for action in (base64.b64decode, base64.urlsafe_b64decode, base64.b32decode, base64.b16decode, base64.b85decode, base64.a85decode, lambda t: base64.b64decode(t, validate=True))]
        for text in event
    ]
