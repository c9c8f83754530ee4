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
# Its decoder holds every pixel four times over.
MAX_WEBP_PIXELS = 8_000_000
# A photo has about ten; each costs a pass over all its pixels. In 8 MB of random bytes, as in the
# film behind a moving photo, the mark of a scan stands some 120 times by chance.
MAX_SCANS = 200
KEPT_SIDE = 1600
JPEG_QUALITY = 92
# How many pixels are turned to RGB at a time.
STRIP_PIXELS = 250_000

_FORMATS = ("JPEG", "PNG", "WEBP")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_JPEG_SCAN = b"\xff\xda"
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

    Raises DomainError: `image_too_large` (over 8 MB), `image_heic` (as iPhones keep photos),
    `image_type` (else neither JPEG, PNG nor WebP), `image_too_many_pixels` (over 20 million, of a
    WebP over 8), `image_unreadable` (empty, truncated, damaged, or made to be slow).
    """
    if len(data) > MAX_BYTES:
        raise DomainError(Code.IMAGE_TOO_LARGE)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise DomainError(Code.IMAGE_HEIC)
    if data and not _looks_supported(data):
        raise DomainError(Code.IMAGE_TYPE)
    if not data or data.count(_JPEG_SCAN) > MAX_SCANS:
        raise DomainError(Code.IMAGE_UNREADABLE)
    try:
        return _written_anew(data)
    except DomainError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many(MAX_PIXELS) from error
    except Exception as error:  # a damaged file makes a decoder fail in ways that nobody listed
        raise DomainError(Code.IMAGE_UNREADABLE) from error


def decode(jpeg: bytes) -> NDArray[np.uint8]:
    """The pixels (height, width, 3) of a JPEG that `clean` made."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        return np.asarray(image.convert("RGB"))


def _written_anew(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        limit = MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS
        if image.width * image.height > limit:
            raise _too_many(limit)
        orientation = _orientation(image)
        # A JPEG decoder can halve while it decodes; other formats ignore this.
        image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
        picture = _reduced(image) if max(image.size) > KEPT_SIDE else _rgb(image)
        if orientation in _UPRIGHT:
            picture = picture.transpose(_UPRIGHT[orientation])
        picture.info.clear()
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=JPEG_QUALITY)
        return out.getvalue()


def _too_many(limit: int) -> DomainError:
    return DomainError(Code.IMAGE_TOO_MANY_PIXELS, megapixels=limit // 1_000_000)


def _reduced(image: Image.Image) -> Image.Image:
    """The image at KEPT_SIDE as RGB, and closed. First across and strip by strip, then down: the
    same as at once, but what was decoded stays the only thing of its size."""
    scale = KEPT_SIDE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    narrow = Image.new("RGB", (width, image.height))
    rows = max(1, STRIP_PIXELS // image.width)
    for top in range(0, image.height, rows):
        strip = _rgb(image.crop((0, top, image.width, min(top + rows, image.height))))
        narrow.paste(strip.resize((width, strip.height), Image.Resampling.LANCZOS), (0, top))
    image.close()
    return narrow.resize((width, height), Image.Resampling.LANCZOS)


def _rgb(image: Image.Image) -> Image.Image:
    """The image decoded; where it is RGB already, itself and not a copy of all its pixels."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I"):
        # Sixteen bits of grey, which a conversion alone would cut off at 255.
        image = image.point(lambda grey: grey / 256).convert("L")
    return image.convert("RGB")


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
