"""`make bench`: the measurements of the product, one after the other, or those that are named.

python -m tests.bench [fanout] [calls] [slow_readers] [waits] [page] [storm] [webhooks] [invoices]
                      [rows] [faces] [memory] [--small]

With --small they measure nothing: it shows that they run, in the database and on the Redis that
DATABASE_URL and REDIS_URL name.
"""

import sys
from contextlib import nullcontext
from importlib import import_module

from clinic.launcher.surroundings import settle_tests
from tests.bench import servers

MEASUREMENTS = (
    "fanout",
    "calls",
    "slow_readers",
    "waits",
    "page",
    "webhooks",
    "invoices",
    "faces",
    "memory",
)
BY_NAME_ONLY = ("storm", "rows")  # half an hour; leaves a full database behind


def main(arguments: list[str]) -> int:
    settle_tests()
    is_small = "--small" in arguments
    names = [each for each in arguments if each != "--small"]
    if unknown := set(names) - {*MEASUREMENTS, *BY_NAME_ONLY}:
        print(f"unknown: {', '.join(sorted(unknown))}; {__doc__}", file=sys.stderr)
        return 2
    once = servers.each_started_once() if is_small else nullcontext()
    with servers.clinic(own=not is_small), once:  # models can be imported from here on
        import_module("tests.bench.waiting_room").fill()
        for name in names or MEASUREMENTS:
            measurement = import_module(f"tests.bench.{name}")
            if is_small:
                import_module("tests.bench.small").make_small(measurement)
            measurement.main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
