"""The demo: embedded servers, demo data, the sandbox. Production never loads it."""
