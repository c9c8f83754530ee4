"""SMS and e-mail: templates in Portuguese and English, transports, delivery."""
