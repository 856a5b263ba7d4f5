"""Writes key pairs into the folder that the command line names, in every form of PEM."""

import pathlib
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

folder = pathlib.Path(sys.argv[1])
PRIVATE = {
    "": serialization.PrivateFormat.TraditionalOpenSSL,
    "8": serialization.PrivateFormat.PKCS8,
}


def write(name, key):
    for suffix, form in PRIVATE.items():
        text = key.private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        )
        (folder / f"{name}{suffix}.pem").write_bytes(text)
    text = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / f"{name}.pub.pem").write_bytes(text)


write("rsa", rsa.generate_private_key(65537, 2048))
write("short", rsa.generate_private_key(65537, 1024))
write("ec", ec.generate_private_key(ec.SECP256R1()))
write("ec384", ec.generate_private_key(ec.SECP384R1()))
