"""Embedded servers, child processes and how they end, Node and the front end's build.

For the demo and the tests. It knows nothing of the product, and production never loads it.
"""
