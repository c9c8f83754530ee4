"""Django's backend of PostgreSQL, by whose clock this installation lives."""
