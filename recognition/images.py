"""Image intake: what comes in is somebody else's file; what goes on is a plain JPEG of ours.

Judged by content, never by name or declared type. Size and pixel count are looked at before
anything is decoded; what is decoded is turned upright, reduced and written anew, so that no
metadata, second frame, trailing bytes or hidden document survives.
"""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clinic.core.errors import DomainError
from recognition.errors import Code

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 20_000_000
KEPT_SIDE = 1600
JPEG_QUALITY = 92

_FORMATS = ("JPEG", "PNG", "WEBP")
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow refuses what is over twice its figure. Below that it warns, here about ordinary photos.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def clean(data: bytes) -> bytes:
    """The picture as an upright RGB JPEG of at most KEPT_SIDE pixels, without metadata.

    Raises DomainError: `image_too_large` (over 8 MB), `image_type` (neither JPEG, PNG nor WebP),
    `image_too_many_pixels` (over 20 million), `image_unreadable` (empty, truncated, damaged).
    """
    if len(data) > MAX_BYTES:
        raise DomainError(Code.IMAGE_TOO_LARGE)
    if not data:
        raise DomainError(Code.IMAGE_UNREADABLE)
    if not _looks_supported(data):
        raise DomainError(Code.IMAGE_TYPE)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DomainError(Code.IMAGE_TOO_MANY_PIXELS)
            orientation = _orientation(image)
            # A JPEG decoder can halve while it decodes; other formats ignore this.
            image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
            picture = image.convert("RGB")
    except Image.DecompressionBombError as error:
        raise DomainError(Code.IMAGE_TOO_MANY_PIXELS) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError) as error:
        raise DomainError(Code.IMAGE_UNREADABLE) from error
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    picture.info.clear()
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def decode(jpeg: bytes) -> NDArray[np.uint8]:
    """The pixels (height, width, 3) of a JPEG that `clean` made."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        return np.asarray(image.convert("RGB"))


def _looks_supported(data: bytes) -> bool:
    return (
        data.startswith(b"\xff\xd8\xff")
        or data.startswith(b"\x89PNG\r\n\x1a\n")
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
    )


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation; a damaged EXIF block counts as upright, the picture may be fine."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except (Image.DecompressionBombError, MemoryError):
        raise
    except Exception:
        return 1
