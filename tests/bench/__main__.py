"""`make bench`: every measurement of the product, one after the other."""

from tests.bench import fanout

fanout.main()
