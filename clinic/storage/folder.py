"""A folder of whole files, where the clinic has no S3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.storage import FileSystemStorage

from clinic.storage import whole

if TYPE_CHECKING:
    from django.core.files.base import File


class FolderStorage(FileSystemStorage):
    """Django's, which would leave the beginning of a file where a full disk ended it."""

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with whole.written(target, replacing=False) as file:
                for chunk in content.chunks():
                    file.write(chunk)
        except FileExistsError:
            return self._save(self.get_available_name(name), content)
        return name

    def sweep(self) -> int:
        """Remove what killed writers have left; how many files there were."""
        return whole.sweep(Path(self.location))
