"""Check-in by face or code: consent, enrolment, engines, and the kiosk's answers."""
