"""The stage: a drawn phone and mailbox, and a pretended bank. Production never loads it."""
