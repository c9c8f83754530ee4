"""Django's PostgreSQL backend, which also sets this installation's clock."""
