"""Object storage: private files (photos, invoices) and the public front end."""
