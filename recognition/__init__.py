"""Check-in by face or by code: consent, enrolment, engines and the kiosk's answers."""
