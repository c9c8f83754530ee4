"""The clinic's money, as its manager sees it and decides about it."""
