import io
import logging
from collections.abc import Iterator

import pytest
from structlog.stdlib import ProcessorFormatter


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the product's own handler writes from now on."""
    (handler,) = [
        one for one in logging.getLogger().handlers if isinstance(one.formatter, ProcessorFormatter)
    ]
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    former = handler.setStream(written)
    yield written
    handler.setStream(former)
