"""Who takes the money."""

from clinic.config.settings.installation import CLINIC_SANDBOX, INTERNAL_ORIGIN, PRODUCTION, env

PAYMENT_PROVIDER = env.str("PAYMENT_PROVIDER", default="sandbox" if CLINIC_SANDBOX else "")
EUPAGO_API_KEY = env.str("EUPAGO_API_KEY", default="")
EUPAGO_WEBHOOK_KEY = env.str("EUPAGO_WEBHOOK_KEY", default="")
EUPAGO_CLIENT_ID = env.str("EUPAGO_CLIENT_ID", default="")
EUPAGO_CLIENT_SECRET = env.str("EUPAGO_CLIENT_SECRET", default="")
EUPAGO_URL = env.str(
    "EUPAGO_URL",
    default="https://clientes.eupago.pt" if PRODUCTION else "https://sandbox.eupago.pt",
).rstrip("/")
IFTHENPAY_BACKOFFICE_KEY = env.str("IFTHENPAY_BACKOFFICE_KEY", default="")
IFTHENPAY_ANTI_PHISHING_KEY = env.str("IFTHENPAY_ANTI_PHISHING_KEY", default="")
IFTHENPAY_ENTITY = env.str("IFTHENPAY_ENTITY", default="")
IFTHENPAY_SUBENTITY = env.str("IFTHENPAY_SUBENTITY", default="")
IFTHENPAY_MBWAY_KEY = env.str("IFTHENPAY_MBWAY_KEY", default="")
IFTHENPAY_URL = env.str("IFTHENPAY_URL", default="https://api.ifthenpay.com").rstrip("/")
SANDBOX_BANK_URL = env.str("SANDBOX_BANK_URL", default=f"{INTERNAL_ORIGIN}/api/sandbox/bank")
