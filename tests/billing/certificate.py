"""What a certified program has besides its certificate: a key to sign with, and real series."""

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from billing.invoicing.models import InvoicingRules
from billing.invoicing.services import rules
from clinic.core import clock
from clinic.core.audit import Actor


def new_key() -> str:
    """A private key as the settings name it, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # the law's
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def certify() -> int:
    """Give the program a certificate and this year's series `A`; the year."""
    InvoicingRules.objects.create(certificate_number="1234")
    year = clock.today().year
    for document_type, code in (("FR", "JFX7K2P9"), ("NC", "JFX7K2PA")):
        rules.open_series(
            document_type=document_type,
            name=f"{year}A",
            year=year,
            validation_code=code,
            actor=Actor.system("tests"),
        )
    return year
