"""JSON of events and of returned values.

Lambda's runtime uses simplejson: a `Decimal` is a number, a named tuple is an object, `bytes` within a
value are text, and NaN and the infinities are written as they are, which is no JSON. That is slow
without its native part, and most values have nothing of the kind. So a quick check in C comes first:
`marshal` refuses every value with an object in it whose type is not a plain type of the language.
A value that passes goes to the C encoder of `json`, or to `orjson` if the function can import it. The rest
goes through `_Encoder`.
"""

import decimal
import marshal
import os
from json import JSONEncoder, encoder, loads

from .errors import Fault

# Runtimes whose JSON has characters beyond ASCII as they are.
_UNICODE = {f"AWS_Lambda_python3.{minor}" for minor in range(12, 20)}


class Codec:
    """Reads events and writes values."""

    def __init__(self):
        self._orjson = None
        self._unicode = os.environ.get("AWS_EXECUTION_ENV") in _UNICODE
        self._encode = JSONEncoder(ensure_ascii=not self._unicode, allow_nan=False).encode
        self._quote = encoder.encode_basestring if self._unicode else encoder.encode_basestring_ascii

    def use_orjson(self):
        """Uses orjson if the function can import it. The function was loaded, so it is its own one."""
        try:
            import orjson

            if orjson.loads(orjson.dumps({"a": ["b"]})) == {"a": ["b"]}:
                self._orjson = orjson
        except Exception:
            self._orjson = None

    def decode(self, frame):
        """The messages of a frame.

        orjson reads integers beyond 64 bits as floats. Events whose sixth field is true may have
        some.
        """
        if self._orjson is not None:
            try:
                messages = self._orjson.loads(frame)
            except ValueError:
                return loads(frame)
            if not any(len(message) > 5 and message[5] for message in messages):
                return messages
        return loads(frame)

    def encode(self, value):
        """The kind of an outcome and its JSON: `done` with the value, or `text` with a string that is
        the response as it is. Raises a Fault if the value has no JSON.
        """
        try:
            if isinstance(value, bytes):
                return b"text", quote(value.decode())
            text = self._encode_plain(value)
            if text is not None:
                return b"done", text
            writing = _Encoder(self._quote)
            writing.value(value)
            text = "".join(writing.parts)
            return (b"done", text.encode()) if writing.is_json else (b"text", quote(text))
        except Exception as error:
            raise Fault("MarshalError", f"Unable to marshal response: {error}") from error

    def _encode_plain(self, value):
        """The JSON of a value of plain types, or None."""
        try:
            marshal.dumps(value)
        except ValueError:
            return None
        try:
            if self._orjson is not None:
                text = self._orjson.dumps(value)
                # It also writes NaN as null.
                if b"null" not in text:
                    return text
            return self._encode(value).encode()
        except (TypeError, ValueError, RecursionError):
            return None


def quote(text):
    """A JSON string."""
    return encoder.encode_basestring_ascii(text).encode()


class _Encoder:
    """Writes values of all types that simplejson knows."""

    def __init__(self, quote):
        self.parts = []
        # False if something was written that JSON does not have.
        self.is_json = True
        self._quote = quote
        self._open = set()

    def value(self, value):
        write = self.parts.append
        if isinstance(value, (str, bytes)):
            write(self._quote(_text(value)))
        elif value is None or value is True or value is False:
            write(_CONSTANTS[value])
        elif isinstance(value, int):
            write(int.__repr__(value))
        elif isinstance(value, float):
            write(self._float(value))
        elif isinstance(value, list):
            self._array(value)
        elif callable(getattr(value, "_asdict", None)):
            self._object(value, value._asdict())
        elif isinstance(value, tuple):
            self._array(value)
        elif isinstance(value, dict):
            self._object(value, value)
        elif isinstance(value, decimal.Decimal):
            write(self._decimal(value))
        else:
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    def _array(self, values):
        self._enter(values)
        self.parts.append("[")
        for at, value in enumerate(values):
            if at:
                self.parts.append(", ")
            self.value(value)
        self.parts.append("]")
        self._open.discard(id(values))

    def _object(self, owner, values):
        self._enter(owner)
        self.parts.append("{")
        for at, (key, value) in enumerate(values.items()):
            if at:
                self.parts.append(", ")
            self.parts.append(self._quote(self._key(key)))
            self.parts.append(": ")
            self.value(value)
        self.parts.append("}")
        self._open.discard(id(owner))

    def _key(self, key):
        if isinstance(key, (str, bytes)):
            return _text(key)
        if isinstance(key, float):
            # Between quotes, NaN is fine.
            return _float_text(key)
        if key is None or key is True or key is False:
            return _CONSTANTS[key]
        if isinstance(key, int):
            return int.__repr__(key)
        raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")

    def _float(self, value):
        text = _float_text(value)
        self.is_json = self.is_json and text not in _NOT_JSON
        return text

    def _decimal(self, value):
        text = "NaN" if value.is_nan() else str(value)
        self.is_json = self.is_json and text not in _NOT_JSON
        return text

    def _enter(self, container):
        if id(container) in self._open:
            raise ValueError("Circular reference detected")
        self._open.add(id(container))


_CONSTANTS = {None: "null", True: "true", False: "false"}
_NOT_JSON = {"NaN", "Infinity", "-Infinity"}


def _text(value):
    return value if isinstance(value, str) else value.decode()


def _float_text(value):
    if value != value:
        return "NaN"
    if value == float("inf"):
        return "Infinity"
    if value == float("-inf"):
        return "-Infinity"
    return float.__repr__(value)
