"""`make bench`: every measurement of the product, one after the other."""

from tests.bench import fanout

fanout.main()

from tests.bench import waits  # noqa: E402  (its models can be loaded once fanout has set Django up)

waits.main()
