"""Who takes the money."""

from clinic.config.settings import reading as env
from clinic.config.settings.installation import CLINIC_SANDBOX, INTERNAL_ORIGIN, PRODUCTION

PAYMENT_PROVIDER = env.text("PAYMENT_PROVIDER", default="sandbox" if CLINIC_SANDBOX else "")
EUPAGO_API_KEY = env.text("EUPAGO_API_KEY", default="")
EUPAGO_WEBHOOK_KEY = env.text("EUPAGO_WEBHOOK_KEY", default="")
EUPAGO_CLIENT_ID = env.text("EUPAGO_CLIENT_ID", default="")
EUPAGO_CLIENT_SECRET = env.text("EUPAGO_CLIENT_SECRET", default="")
EUPAGO_URL = env.text(
    "EUPAGO_URL",
    default="https://clientes.eupago.pt" if PRODUCTION else "https://sandbox.eupago.pt",
).rstrip("/")
IFTHENPAY_BACKOFFICE_KEY = env.text("IFTHENPAY_BACKOFFICE_KEY", default="")
IFTHENPAY_ANTI_PHISHING_KEY = env.text("IFTHENPAY_ANTI_PHISHING_KEY", default="")
IFTHENPAY_ENTITY = env.text("IFTHENPAY_ENTITY", default="")
IFTHENPAY_SUBENTITY = env.text("IFTHENPAY_SUBENTITY", default="")
IFTHENPAY_MBWAY_KEY = env.text("IFTHENPAY_MBWAY_KEY", default="")
IFTHENPAY_URL = env.text("IFTHENPAY_URL", default="https://api.ifthenpay.com").rstrip("/")
SANDBOX_BANK_URL = env.text("SANDBOX_BANK_URL", default=f"{INTERNAL_ORIGIN}/api/sandbox/bank")
