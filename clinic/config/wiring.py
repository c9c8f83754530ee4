"""Who hears what: every subscription of the product, on one page."""


def wire() -> None:
    """Connect the apps. Called once, when all of them are loaded."""
