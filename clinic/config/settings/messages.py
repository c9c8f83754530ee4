"""Text messages and e-mails."""

from clinic.config.settings import reading as env
from clinic.config.settings.installation import CLINIC_ENV, CLINIC_SANDBOX, PRODUCTION

_sandbox = "clinic.sandbox.transports"
_on_stage = CLINIC_SANDBOX and not PRODUCTION
_real = "clinic.notifications.channels"
MESSAGE_TRANSPORTS = {
    "sms": env.text(
        "SMS_TRANSPORT",
        default=f"{_sandbox}.SandboxSms" if _on_stage else f"{_real}.sms.sns.SnsTransport",
    ),
    "email": env.text(
        "EMAIL_TRANSPORT",
        default=f"{_sandbox}.SandboxEmail" if _on_stage else f"{_real}.email.smtp.SmtpTransport",
    ),
}
# Numbers elsewhere are refused: text messages to some countries are a way to drain an account.
SMS_COUNTRY_CODES = env.whole_numbers("SMS_COUNTRY_CODES", default=[351])
# An appointment that is paid and moved once takes three messages, so three of them in a day get
# through; whoever books and cancels with a stranger's number soon doesn't. At the demo everybody
# plays with the same few numbers.
SMS_PER_NUMBER_A_DAY = env.whole(
    "SMS_PER_NUMBER_A_DAY", default=1000 if CLINIC_ENV == "demo" else 10
)
# Six digits to show that a phone or an address is one's own; a waiting room is behind one address.
CODES_PER_ADDRESS_AN_HOUR = env.whole(
    "CODES_PER_ADDRESS_AN_HOUR", default=1000 if CLINIC_ENV == "demo" else 30
)
SNS_SENDER_ID = env.text("SNS_SENDER_ID", default="Vez")
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", default="Vez <nao-responda@vez.example>")
EMAIL_HOST = env.text("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.whole("EMAIL_PORT", default=587 if PRODUCTION else 25, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_USER", default="")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD", default="")
EMAIL_USE_TLS = env.switch("EMAIL_TLS", default=PRODUCTION)
EMAIL_TIMEOUT = 10
# For all the steps of one mail together; a mail server takes a second or two.
EMAIL_LONGEST_SECONDS = 20.0
