"""Image intake: a stranger's file comes in, a plain JPEG of our own goes on.

A file is judged by its content, never by its name or declared type. Size, shape and pixel count are
checked before anything is decoded. Of a JPEG or PNG the decoder sees only what makes up the
picture: comments, profiles and EXIF blocks can be built to take minutes and gigabytes. The picture
is then turned upright, made smaller and written again, so that no metadata, second frame, trailing
bytes or hidden document survives.
"""

import io
import re
import struct
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clinic.core.errors import DomainError
from recognition.errors import Code

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 20_000_000
# Anything longer or thinner is no photo of a face, and reducing it costs more than its pixel count
# suggests.
MAX_SIDE = 10_000
MAX_RATIO = 20
# Its decoder holds every pixel four times over.
MAX_WEBP_PIXELS = 8_000_000
# A photo has about ten; each costs a pass over all its pixels.
MAX_SCANS = 50
# Segments of a JPEG, chunks of a PNG: a photo has between ten and a thousand; each costs little.
MAX_PARTS = 10_000
KEPT_SIDE = 1600
JPEG_QUALITY = 92
# How many pixels are converted to RGB at a time.
STRIP_PIXELS = 250_000

_FORMATS = ("JPEG", "PNG", "WEBP")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_JPEG_FILLER, _JPEG_SCAN, _JPEG_END, _JPEG_EXIF = 0xFF, 0xDA, 0xD9, 0xE1
_JPEG_WITHOUT_LENGTH = {0x00, 0x01, *range(0xD0, 0xD9)}
# Within a scan's pixels, a segment's marker byte is followed by nothing else.
_JPEG_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]", re.DOTALL)
# Comments and applications' own segments, except JFIF's and Adobe's, which say what colours mean.
_JPEG_NO_PICTURE = {*range(0xE1, 0xEE), 0xEF, 0xFE}
_PNG_PICTURE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_EXIF_HEADER = b"Exif\0\0"
_ORIENTATION_TAG, _SHORT = 0x0112, 3
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow refuses more than twice its limit. Below that it only warns, here about ordinary photos.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def clean(data: bytes) -> bytes:
    """The picture as an upright RGB JPEG of at most KEPT_SIDE pixels, without metadata.

    Raises DomainError: `image_too_large` (over 8 MB), `image_heic` (as iPhones keep photos),
    `image_type` (else neither JPEG, PNG nor WebP), `image_too_many_pixels` (over 20 million, of a
    WebP over 8), `image_shape` (a side over MAX_SIDE, or MAX_RATIO times the other),
    `image_unreadable` (empty, truncated, damaged, or made to be slow).
    """
    if len(data) > MAX_BYTES:
        raise DomainError(Code.IMAGE_TOO_LARGE)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        raise DomainError(Code.IMAGE_HEIC)
    if data and not _looks_supported(data):
        raise DomainError(Code.IMAGE_TYPE)
    if not data:
        raise DomainError(Code.IMAGE_UNREADABLE)
    try:
        return _written_anew(*_picture_alone(data))
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


def _picture_alone(data: bytes) -> tuple[bytes, bytes]:
    """The parts of the file that make up the picture, and its EXIF block as it is. Raises
    DomainError `image_unreadable`, and IndexError or struct.error if the file is cut off."""
    if data.startswith(_JPEG):
        return _jpeg_alone(data)
    return _png_alone(data) if data.startswith(_PNG) else (data, b"")


def _jpeg_alone(data: bytes) -> tuple[bytes, bytes]:
    kept, exif, scans, at = [data[:2]], b"", 0, 2
    for _ in range(MAX_PARTS):
        mark, kind = data[at], data[at + 1]
        if mark != _JPEG_FILLER or scans > MAX_SCANS:
            break
        if kind == _JPEG_FILLER:
            at += 1
        elif kind in _JPEG_WITHOUT_LENGTH:
            at += 2
        elif kind == _JPEG_END:
            return b"".join([*kept, data[at : at + 2]]), exif
        else:
            (length,) = struct.unpack_from(">H", data, at + 2)
            end = at + 2 + length
            if kind == _JPEG_SCAN:
                scans += 1
                found = _JPEG_AFTER_SCAN.search(data, end)
                end = found.start() if found else len(data)
            segment = data[at:end]
            if kind == _JPEG_EXIF and not exif and segment[4:].startswith(_EXIF_HEADER):
                exif = segment[4 + len(_EXIF_HEADER) :]
            if kind not in _JPEG_NO_PICTURE:
                kept.append(segment)
            at = end
    raise DomainError(Code.IMAGE_UNREADABLE)


def _png_alone(data: bytes) -> tuple[bytes, bytes]:
    kept, exif, at = [_PNG], b"", len(_PNG)
    for _ in range(MAX_PARTS):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = data[at : at + 12 + length]
        if kind == b"eXIf" and not exif:
            exif = chunk[8:-4]
        if kind in _PNG_PICTURE:
            kept.append(chunk)
        if kind == b"IEND":
            return b"".join(kept), exif
        at += 12 + length
    raise DomainError(Code.IMAGE_UNREADABLE)


def _written_anew(data: bytes, exif: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        limit = MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS
        if image.width * image.height > limit:
            raise _too_many(limit)
        if max(image.size) > min(MAX_SIDE, MAX_RATIO * min(image.size)):
            raise DomainError(Code.IMAGE_SHAPE, side=MAX_SIDE, ratio=MAX_RATIO)
        orientation = _orientation(exif or image.info.get("exif", b""))
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
    """The image at KEPT_SIDE as RGB; the original is closed. It is reduced in width strip by strip,
    then in height: the result is the same as in one go, but nothing else as large as the decoded
    image is ever in memory."""
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
    """The decoded image as RGB; if it is RGB already, the image itself and not a copy."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I"):
        # Sixteen-bit grey, which a plain conversion would cut off at 255.
        image = image.point(lambda grey: grey / 256).convert("L")
    return image.convert("RGB")


def _looks_supported(data: bytes) -> bool:
    return (
        data.startswith(_JPEG)
        or data.startswith(_PNG)
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
    )


def _orientation(exif: bytes) -> int:
    """The orientation in the first directory of an EXIF block; nothing else in it is read. A
    damaged block counts as upright, since the picture may be fine."""
    exif = exif.removeprefix(_EXIF_HEADER)
    order = ">" if exif.startswith(b"MM") else "<"
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * entries, 12):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if (tag, kind, count) == (_ORIENTATION_TAG, _SHORT, 1):
                return int(value)
    except struct.error:
        return 1
    return 1
