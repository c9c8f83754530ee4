"""Who issues the documents, and what they are signed and sealed with."""

from clinic.config.settings import reading as env

# PEM of the RSA key that certified documents are signed with; not needed while they are training.
# Where a variable has but one line, the ends of the key's lines may be written as \n.
INVOICE_SIGNING_KEY = env.text("INVOICE_SIGNING_KEY", default="", multiline=True)
# Dotted path of what puts a seal on their PDFs (billing/invoicing/sealing.py); none: they stay as
# they are.
PDF_SEALER = env.text("PDF_SEALER", default="")
# Dotted path of who issues the documents (billing/invoicing/issuers); a third party's are only
# kept here.
INVOICE_ISSUER = env.text("INVOICE_ISSUER", default="") or "billing.invoicing.issuers.own.OwnIssuer"
INVOICEXPRESS_API_KEY = env.text("INVOICEXPRESS_API_KEY", default="")
INVOICEXPRESS_SEQUENCE = env.text("INVOICEXPRESS_SEQUENCE", default="")
INVOICEXPRESS_URL = env.text("INVOICEXPRESS_URL", default="").rstrip("/")
