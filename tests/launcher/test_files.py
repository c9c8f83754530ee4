from pathlib import Path

import pytest

from clinic.launcher.files import keep_text, kept_text
from tests.disk import full_after


def test_a_full_disk_leaves_a_small_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "demo.env"
    keep_text(file, "SECRET_KEY=first\n")

    with full_after(8), pytest.raises(OSError, match="File too large"):
        keep_text(file, "SECRET_KEY=second\n")

    assert kept_text(file) == "SECRET_KEY=first"
    assert list(tmp_path.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o600
