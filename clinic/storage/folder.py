"""A folder of whole files, where the clinic has no S3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.storage import FileSystemStorage

from clinic.storage import whole

if TYPE_CHECKING:
    from django.core.files.base import File


class FolderStorage(FileSystemStorage):
    """Like Django's, which would leave half a file behind when the disk is full; this one
    doesn't."""

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
        """Remove what killed writers left behind. Returns how many files."""
        return whole.sweep(Path(self.location))
