import io
import json
import random
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

from clinic.core.errors import DomainError
from recognition import images
from tests.recognition import faces

pytestmark = pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


PICTURE = Image.linear_gradient("L").resize((64, 48)).convert("RGB")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *extra: bytes, colour: int = 0, samples: int = 1) -> bytes:
    """A PNG of nothing but zeros, small whatever it decodes to; one bit a sample, or eight where
    there are several. Further chunks stand before the end."""
    depth = 1 if samples == 1 else 8
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    packer = zlib.compressobj(1)
    row = b"\0" * (1 + (width * depth * samples + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", body), *extra, chunk(b"IEND", b"")]
    )


def jpeg(width: int, height: int, *, scans: int = 0, mode: str = "RGB") -> bytes:
    """A small JPEG that says it is that large; progressive, its last scan repeated, for scans."""
    whole = encoded(PICTURE.convert(mode), "JPEG", progressive=scans > 0)
    frame = whole.index(b"\xff\xc2" if scans else b"\xff\xc0") + 5
    whole = whole[:frame] + struct.pack(">HH", height, width) + whole[frame + 4 :]
    return whole[:-2] + whole[whole.rindex(b"\xff\xda") : -2] * scans + whole[-2:]


def in_scans(scans: int, mode: str) -> bytes:
    """A whole progressive JPEG of 20 megapixels; its last scan, which is sound, is repeated."""
    whole = encoded(Image.new(mode, (5000, 4000)), "JPEG", progressive=True)
    starts = [found.start() for found in re.finditer(b"\xff\xda\0[\x08\x0c\x0e]", whole)]
    return whole[:-2] + whole[starts[-1] : -2] * (scans - len(starts)) + whole[-2:]


def webp(width: int, height: int) -> bytes:
    """An animation whose canvas is that large and whose frames are small."""
    second = Image.new("RGB", PICTURE.size, "red")
    whole = encoded(PICTURE, "WEBP", save_all=True, append_images=[second] * 20)
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return whole[:24] + size + whole[30:]


def exif_bomb(size: int) -> bytes:
    """An EXIF block whose every entry claims the whole block."""
    entries = min(65_535, (size - 14) // 12)
    block = b"II*\0" + struct.pack("<IH", 8, entries)
    block += b"".join(struct.pack("<HHII", tag, 7, size - 64, 0) for tag in range(entries))
    return block.ljust(size, b"\0")


def with_segments(*segments: bytes) -> bytes:
    whole = encoded(PICTURE, "JPEG")
    return whole[:2] + b"".join(segments) + whole[2:]


def exif_segments(size: int) -> bytes:
    """So much of the bomb, as decoders join it, in segments of a JPEG."""
    bomb, most = exif_bomb(size), 65_000
    parts = [bomb[at : at + most] for at in range(0, size, most)]
    header = b"Exif\0\0"
    return b"".join(
        b"\xff\xe1" + struct.pack(">H", 8 + len(part)) + header + part for part in parts
    )


def refusal(data: bytes) -> tuple[str, int]:
    with pytest.raises(DomainError) as caught:
        images.clean(data)
    return caught.value.code, caught.value.problem.status


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {}), ("PNG", {}), ("WEBP", {})])
def test_the_three_formats_come_out_as_jpeg(kind: str, options: dict[str, object]) -> None:
    cleaned = images.clean(encoded(PICTURE, kind, **options))

    with Image.open(io.BytesIO(cleaned)) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (64, 48))
    assert images.decode(cleaned).shape == (48, 64, 3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16"])
def test_every_png_mode_becomes_rgb(mode: str) -> None:
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
        b"\0\0\0\x1cftypavif" + b"\0" * 64,
        b"PK\x03\x04" + encoded(PICTURE, "JPEG"),
        b"RIFF\x10\0\0\0WAVEfmt " + b"\0" * 32,
        b"x",
    ],
    ids=["svg", "html", "pdf", "gif", "bmp", "tiff", "avif", "zip", "wave", "one-byte"],
)
def test_other_types_are_refused_by_content(data: bytes) -> None:
    assert refusal(data) == ("image_type", 415)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_files_are_unreadable(kind: str, share: float) -> None:
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
def test_damaged_files_are_unreadable(data: bytes) -> None:
    assert refusal(data) == ("image_unreadable", 400)


def test_a_file_over_8_mb_is_refused_before_it_is_opened() -> None:
    assert refusal(b"\xff\xd8\xff" + b"\0" * images.MAX_BYTES) == ("image_too_large", 413)


HARMFUL = {
    "png, just too large": (png(5000, 4001), "image_too_many_pixels"),
    "png": (png(13_300, 13_300), "image_too_many_pixels"),
    "png, over twice the limit": (png(30_000, 30_000), "image_too_many_pixels"),
    "jpeg": (jpeg(65_500, 65_500), "image_too_many_pixels"),
    "cmyk jpeg": (jpeg(65_500, 65_500, mode="CMYK"), "image_too_many_pixels"),
    "webp": (webp(16_384, 16_384), "image_too_many_pixels"),
    "webp, just too large": (webp(4000, 2001), "image_too_many_pixels"),
    "png of one row": (png(20_000_000, 1), "image_shape"),
    "png of one column": (png(1, 10_001), "image_shape"),
    "png, a side just too long": (png(10_001, 1000), "image_shape"),
    "png, just too thin": (png(2001, 100), "image_shape"),
    "jpeg of a few rows": (jpeg(65_500, 300), "image_shape"),
    "webp of a few rows": (webp(16_000, 400), "image_shape"),
    "eight million fillers": (with_segments(b"\xff" * 8_000_000), "image_unreadable"),
    "two million segments": (with_segments(b"\xff\xe1\0\2" * 2_000_000), "image_unreadable"),
    "half a million texts": (
        png(64, 48, chunk(b"tEXt", b"x\0") * 500_000),
        "image_unreadable",
    ),
    "a scan too many": (in_scans(51, "RGB"), "image_unreadable"),
    "fifty thousand scans": (jpeg(5000, 4000, scans=50_000), "image_unreadable"),
    "no size": (png(0, 0), "image_unreadable"),
    "heic": (b"\0\0\0\x18ftypheic" + b"\0" * 64, "image_heic"),
    "heif": (b"\0\0\0\x18ftypmif1" + b"\0" * 64, "image_heic"),
}
# Of what is taken in, what takes the most, and how many megabytes it may take: pictures are decoded
# in the web process. The decoders of scans and of WebP keep copies of their own; else there is one
# copy of all the pixels, here 80 megabytes.
HEAVIEST = {
    "rgba of 20 megapixels": (png(5000, 4000, colour=6, samples=4), 120),
    "cmyk of 20 megapixels": (jpeg(10_000, 2000, mode="CMYK"), 120),
    "cmyk of 20 megapixels in 50 scans": (in_scans(50, "CMYK"), 200),
    "webp of 8 megapixels": (webp(4000, 2000), 150),
    "exif of a png": (png(64, 48, chunk(b"eXIf", exif_bomb(7_000_000))), 10),
    "exif of a jpeg": (with_segments(exif_segments(7_000_000)), 10),
    "exif of a webp": (encoded(PICTURE, "WEBP", exif=exif_bomb(7_000_000)), 30),
    "a profile": (
        png(64, 48, chunk(b"iCCP", b"x\0\0" + zlib.compress(b"\0" * 60_000_000, 1))),
        10,
    ),
    "a long text": (
        png(64, 48, chunk(b"zTXt", b"x\0\0" + zlib.compress(b"\0" * 60_000_000, 1))),
        10,
    ),
}


@pytest.mark.parametrize("what", HARMFUL)
def test_what_could_harm_is_refused_with_a_code_of_its_own(what: str) -> None:
    data, code = HARMFUL[what]

    assert len(data) < images.MAX_BYTES
    assert refusal(data)[0] == code


def test_memory_and_work_stay_bounded_and_the_process_goes_on() -> None:
    measure = """
import json, re, time
from pathlib import Path
from clinic.core.errors import DomainError
from recognition import images
from tests.recognition.test_images import HARMFUL, HEAVIEST, PICTURE, encoded

def peak():  # of this program alone: getrusage counts what started it too
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1000

def forget():
    Path("/proc/self/clear_refs").write_text("5")

ordinary = encoded(PICTURE, "JPEG")
images.clean(ordinary)
found = {}
for what, (data, _) in (HARMFUL | HEAVIEST).items():
    forget()
    before, code, began = peak(), None, time.process_time()
    try:
        images.clean(data)
    except DomainError as error:
        code = error.code
    found[what] = [code, peak() - before, time.process_time() - began]
images.clean(ordinary)
print(json.dumps(found))
"""
    run = subprocess.run(
        [sys.executable, "-c", measure], cwd=faces.ROOT, capture_output=True, text=True, check=True
    )

    found = json.loads(run.stdout)
    assert {what for what, (code, *_) in found.items() if code is None} == HEAVIEST.keys()
    megabytes = {what: spent for what, (_, spent, _) in found.items()}
    assert max(megabytes[what] for what in HARMFUL) < 10, megabytes
    assert {what for what, (_, most) in HEAVIEST.items() if megabytes[what] > most} == set(), (
        megabytes
    )
    assert max(megabytes.values()) > 40, megabytes
    seconds = {what: spent for what, (_, _, spent) in found.items()}
    assert max(seconds[what] for what in HARMFUL) < 0.2, seconds
    assert max(seconds.values()) < 2, seconds


def test_whatever_the_damage_it_is_a_refusal_or_a_picture() -> None:
    dice = random.Random(7)
    whole = [encoded(PICTURE, kind) for kind in ("JPEG", "PNG", "WEBP")]
    whole += [jpeg(64, 48, scans=2), webp(64, 48)]
    endings = set()
    for _ in range(400):
        data = bytearray(dice.choice(whole))
        for _ in range(dice.randrange(1, 8)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            pixels = images.decode(images.clean(bytes(data)))
        except DomainError as error:
            endings.add(error.code)
        else:
            endings.add(f"{pixels.ndim} dimensions")
    assert {"3 dimensions", "image_unreadable", "image_type"} <= endings


@pytest.mark.parametrize(
    ("data", "grey"),
    [
        (encoded(Image.new("CMYK", (64, 48), (0, 0, 0, 127)), "JPEG"), 128),
        (encoded(Image.fromarray(np.full((48, 64), 0x8000, np.uint16)), "PNG"), 128),
        (encoded(Image.new("P", (64, 48), 0), "PNG", transparency=0), 0),
        (png(64, 48, chunk(b"gAMA", b"\0")), 0),
        (encoded(Image.new("RGB", (64, 48), (128,) * 3), "PNG") + b"PK\x03\x04<script>", 128),
        (
            encoded(
                Image.new("RGB", (64, 48), (128,) * 3),
                "MPO",
                save_all=True,
                append_images=[Image.new("RGB", (64, 48), "red")],
            ),
            128,
        ),
    ],
    ids=["cmyk", "16 bits", "palette", "chunk cut short", "png and zip", "two pictures in a jpeg"],
)
def test_an_unusual_picture_keeps_its_light(data: bytes, grey: int) -> None:
    pixels = images.decode(images.clean(data))

    assert pixels.shape == (48, 64, 3)
    assert pixels.mean() == pytest.approx(grey, abs=3)


def test_exactly_20_megapixels_pass_and_are_reduced() -> None:
    cleaned = images.clean(png(5000, 4000))

    with Image.open(io.BytesIO(cleaned)) as image:
        assert image.size == (1600, 1280)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L"])
def test_a_large_picture_is_reduced_as_at_once_and_turned_upright(mode: str) -> None:
    large = faces.astronaut().resize((2000, 1900)).convert(mode)
    exif = Image.Exif()
    exif[Base.Orientation] = 6

    cleaned = images.clean(encoded(large, "PNG", exif=exif))

    reduced = large.convert("RGB").resize((1600, 1520), Image.Resampling.LANCZOS)
    upright = encoded(reduced.transpose(Image.Transpose.ROTATE_270), "JPEG", quality=92)
    assert np.array_equal(images.decode(cleaned), images.decode(upright))


@pytest.mark.parametrize(
    ("size", "kept"), [((10_000, 500), (1600, 80)), ((100, 2000), (80, 1600)), ((20, 1), (20, 1))]
)
def test_a_long_picture_passes_up_to_twenty_times_its_width(
    size: tuple[int, int], kept: tuple[int, int]
) -> None:
    with Image.open(io.BytesIO(images.clean(png(*size)))) as image:
        assert image.size == kept


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_format_is_turned_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[Base.Orientation] = 6

    with Image.open(io.BytesIO(images.clean(encoded(PICTURE, kind, exif=exif)))) as image:
        assert image.size == (48, 64)


def test_metadata_and_gps_do_not_come_out() -> None:
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


def test_what_follows_the_picture_does_not_come_out() -> None:
    polyglot = encoded(PICTURE, "JPEG") + b"PK\x03\x04<script>CANARY</script>"

    assert b"CANARY" not in images.clean(polyglot)


def test_the_film_behind_a_moving_photo_isnt_counted() -> None:
    photo = encoded(PICTURE, "JPEG")

    assert images.clean(photo + b"\xff\xda\0\4film" * 1000) == images.clean(photo)


def test_a_script_in_a_png_text_does_not_come_out() -> None:
    info = PngInfo()
    info.add_text("Comment", "<script>CANARY</script>")

    assert b"CANARY" not in images.clean(encoded(PICTURE, "PNG", pnginfo=info))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_comes_out_upright(orientation: int) -> None:
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
def test_a_damaged_exif_block_does_not_spoil_a_good_picture() -> None:
    data = encoded(PICTURE, "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xffgarbage")

    assert images.decode(images.clean(data)).shape == (48, 64, 3)


def test_only_the_first_frame_of_an_animation_is_taken() -> None:
    assert images.decode(images.clean(webp(64, 48)))[:, :, 0].mean() < 200
