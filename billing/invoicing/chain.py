"""The hash chain of certified documents: each signature covers the document before (Portaria
363/2010).

The signature is RSA, PKCS#1 v1.5, over SHA-1, as the tax authority requires. It proves an order
that can't be changed afterwards; nothing secret depends on SHA-1.
"""

import base64
from datetime import date, datetime
from decimal import Decimal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

UNSIGNED = "0"
KEY_BITS = 1024
PRINTED_PLACES = (0, 10, 20, 30)


def message(
    *, issued_on: date, entered_at: datetime, number: str, gross_total: Decimal, previous_hash: str
) -> bytes:
    """What is signed. `entered_at` is the clinic's civil time; `previous_hash` is the hash of the
    previous document of the series, empty for the first."""
    return (
        f"{issued_on:%Y-%m-%d};{entered_at:%Y-%m-%dT%H:%M:%S};{number};{gross_total:.2f};"
        f"{previous_hash}"
    ).encode("ascii")


def load_private_key(pem: str) -> RSAPrivateKey:
    """The private half of an RSA key of 1024 bits, in PEM and without a password. Raises ValueError
    for anything else. A longer key makes hashes that SAF-T has no room for."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("no key, or one with a password") from error
    if not isinstance(key, RSAPrivateKey) or key.key_size != KEY_BITS:
        raise ValueError(f"not an RSA key of {KEY_BITS} bits")
    return key


def public_pem(key: RSAPrivateKey) -> str:
    """The public half, in PEM."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )


def sign(key: RSAPrivateKey, signed: bytes) -> str:
    """The document's hash, in base64."""
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - the law's choice
    return base64.b64encode(signature).decode("ascii")


def is_signed_by(public_key_pem: str, signed: bytes, signature: str) -> bool:
    """Whether the hash belongs to the message."""
    key = serialization.load_pem_public_key(public_key_pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA key")
    try:
        key.verify(base64.b64decode(signature), signed, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - as above
    except (InvalidSignature, ValueError):
        return False
    return True


def printed(signature: str) -> str:
    """The four characters of a hash that a document shows: the 1st, 11th, 21st and 31st."""
    if signature == UNSIGNED:
        return UNSIGNED
    return "".join(signature[place] for place in PRINTED_PLACES)
