"""Text messages and e-mails."""

from clinic.config.settings.installation import CLINIC_ENV, CLINIC_SANDBOX, PRODUCTION, env

_sandbox = "clinic.sandbox.transports"
_real = "clinic.notifications.channels"
MESSAGE_TRANSPORTS = {
    "sms": env.str(
        "SMS_TRANSPORT",
        default=f"{_sandbox}.SandboxSms" if CLINIC_SANDBOX else f"{_real}.sms.sns.SnsTransport",
    ),
    "email": env.str(
        "EMAIL_TRANSPORT",
        default=f"{_sandbox}.SandboxEmail"
        if CLINIC_SANDBOX
        else f"{_real}.email.smtp.SmtpTransport",
    ),
}
# Numbers elsewhere are refused: text messages to some countries are a way to drain an account.
SMS_COUNTRY_CODES = env.list("SMS_COUNTRY_CODES", cast=int, default=[351])
# An appointment that is paid and moved once takes three messages, so three of them in a day get
# through; whoever books and cancels with a stranger's number soon doesn't. At the demo everybody
# plays with the same few numbers.
SMS_PER_NUMBER_A_DAY = env.int("SMS_PER_NUMBER_A_DAY", default=1000 if CLINIC_ENV == "demo" else 10)
SNS_SENDER_ID = env.str("SNS_SENDER_ID", default="Vez")
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="Vez <nao-responda@vez.example>")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=587 if PRODUCTION else 25)
EMAIL_HOST_USER = env.str("EMAIL_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_TLS", default=PRODUCTION)
EMAIL_TIMEOUT = 10
# For all the steps of one mail together; a mail server takes a second or two.
EMAIL_LONGEST_SECONDS = 20.0
