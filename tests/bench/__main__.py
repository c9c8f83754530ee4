"""`make bench`: the measurements of the product, one after the other, or those that are named.

python -m tests.bench [fanout] [calls] [slow_readers] [waits] [page] [storm] [webhooks] [invoices]
                      [faces]
"""

import sys
from importlib import import_module

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
)
BY_NAME_ONLY = ("storm",)  # half an hour


def main(names: list[str]) -> int:
    if unknown := set(names) - {*MEASUREMENTS, *BY_NAME_ONLY}:
        print(f"unknown: {', '.join(sorted(unknown))}; {__doc__}", file=sys.stderr)
        return 2
    with servers.clinic():  # models can be imported from here on
        import_module("tests.bench.waiting_room").fill()
        for name in names or MEASUREMENTS:
            import_module(f"tests.bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
