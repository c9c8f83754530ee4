"""The documents that the law requires: numbered, signed, made into PDFs and reported."""
