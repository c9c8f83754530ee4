"""The demo: a clinic whose day is going on right now, its people, and `make run`."""
