import io
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

from clinic.core.errors import DomainError
from recognition import images
from tests.recognition import faces


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A few kilobytes that declare, and would decode to, width × height pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def refusal(data: bytes) -> tuple[str, int]:
    with pytest.raises(DomainError) as caught:
        images.clean(data)
    return caught.value.code, caught.value.problem.status


PICTURE = Image.linear_gradient("L").resize((64, 48)).convert("RGB")


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {}), ("PNG", {}), ("WEBP", {})])
def test_the_three_formats_come_out_as_jpeg(kind, options):
    cleaned = images.clean(encoded(PICTURE, kind, **options))

    with Image.open(io.BytesIO(cleaned)) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 48))
    assert images.decode(cleaned).shape == (48, 64, 3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16"])
def test_every_png_mode_becomes_rgb(mode):
    picture = Image.new(mode, (32, 32)) if mode == "I;16" else PICTURE.convert("L").convert(mode)

    with Image.open(io.BytesIO(images.clean(encoded(picture, "PNG")))) as image:
        assert (image.mode, image.size[0] > 0) == ("RGB", True)


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7 /JavaScript (app.alert(1))",
        encoded(PICTURE, "GIF"),
        encoded(PICTURE, "BMP"),
        encoded(PICTURE, "TIFF"),
        b"\0\0\0\x18ftypheic" + b"\0" * 64,
        b"RIFF\x10\0\0\0WAVEfmt " + b"\0" * 32,
        b"x",
    ],
    ids=["svg", "html", "pdf", "gif", "bmp", "tiff", "heic", "wave", "one-byte"],
)
def test_other_types_are_refused_by_content(data):
    assert refusal(data) == ("image_type", 415)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_files_are_unreadable(kind, share):
    whole = encoded(faces.astronaut(), kind)

    assert refusal(whole[: int(len(whole) * share)]) == ("image_unreadable", 400)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff\xe0" + b"A" * 500,
        b"\x89PNG\r\n\x1a\n" + b"A" * 500,
        b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"A" * 500,
    ],
    ids=["empty", "jpeg", "png", "webp"],
)
def test_damaged_files_are_unreadable(data):
    assert refusal(data) == ("image_unreadable", 400)


def test_a_file_over_8_mb_is_refused_before_it_is_opened():
    assert refusal(b"\xff\xd8\xff" + b"\0" * images.MAX_BYTES) == ("image_too_large", 413)


BOMBS = [(5000, 4001), (6000, 6000), (13_300, 13_300), (30_000, 30_000)]


@pytest.mark.parametrize(("width", "height"), BOMBS)
def test_bombs_are_refused(width, height):
    bomb = png_bomb(width, height)

    assert len(bomb) < 200_000
    assert refusal(bomb) == ("image_too_many_pixels", 413)


def test_bombs_are_refused_before_they_are_decoded():
    measure = """
import resource, sys
from clinic.core.errors import DomainError
from recognition import images
from tests.recognition.test_images import BOMBS, png_bomb
bombs = [png_bomb(width, height) for width, height in BOMBS]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for bomb in bombs:
    try:
        images.clean(bomb)
    except DomainError:
        continue
    sys.exit("decoded")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    run = subprocess.run(
        [sys.executable, "-c", measure], cwd=faces.ROOT, capture_output=True, text=True, check=True
    )

    assert int(run.stdout) < 10_000, "kilobytes of additional peak memory"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_exactly_20_megapixels_pass_and_are_reduced():
    cleaned = images.clean(png_bomb(5000, 4000))

    with Image.open(io.BytesIO(cleaned)) as image:
        assert image.size == (1600, 1280)


def test_a_long_thin_picture_is_no_trap():
    with Image.open(io.BytesIO(images.clean(png_bomb(100_000, 2)))) as image:
        assert image.size == (1600, 1)


def test_metadata_and_gps_do_not_come_out():
    exif = Image.Exif()
    exif[Base.ImageDescription] = "CANARY"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (38.0, 43.0, 12.0)
    data = encoded(
        PICTURE, "JPEG", exif=exif, comment=b"CANARY", icc_profile=b"CANARY" * 20, dpi=(300, 300)
    )
    assert b"CANARY" in data

    cleaned = images.clean(data)

    assert b"CANARY" not in cleaned
    assert b"Exif" not in cleaned
    with Image.open(io.BytesIO(cleaned)) as image:
        assert dict(image.getexif()) == {}


def test_what_follows_the_picture_does_not_come_out():
    polyglot = encoded(PICTURE, "JPEG") + b"PK\x03\x04<script>CANARY</script>"

    assert b"CANARY" not in images.clean(polyglot)


def test_a_script_in_a_png_text_does_not_come_out():
    info = PngInfo()
    info.add_text("Comment", "<script>CANARY</script>")

    assert b"CANARY" not in images.clean(encoded(PICTURE, "PNG", pnginfo=info))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_comes_out_upright(orientation):
    upright = Image.new("RGB", (40, 20), "black")
    upright.paste("white", (0, 0, 10, 10))
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[Base.Orientation] = orientation

    pixels = images.decode(images.clean(encoded(stored, "PNG", exif=exif)))

    assert pixels.shape == (20, 40, 3)
    assert pixels[4, 4].min() > 200
    assert pixels[15, 35].max() < 50


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_exif_block_does_not_spoil_a_good_picture():
    data = encoded(PICTURE, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xffgarbage")

    assert images.decode(images.clean(data)).shape == (48, 64, 3)


def test_only_the_first_frame_of_an_animation_is_taken():
    second = Image.new("RGB", PICTURE.size, "red")
    data = encoded(PICTURE, "WEBP", save_all=True, append_images=[second] * 20)

    assert images.decode(images.clean(data))[:, :, 0].mean() < 200
