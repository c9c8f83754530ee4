"""What clients see of the day: each body is next to the serializer that describes it, and
`tests/contract/test_shapes.py` checks that they agree. The body is built by hand because a
serializer takes five times as long, and a thousand screens wait for it."""
