"""The documents that the law wants for it: numbered, signed, made into PDFs and reported."""
