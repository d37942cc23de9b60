"""Photos come out clean, upright and small; what is not a photo comes out as a refusal."""

import io
from pathlib import Path

import pytest
from PIL import Image

from shop.media import child, rules
from shop.media.pipeline import finish, finish_first, finish_rest, finish_small
from shop.media.reading import finish_apart, read_apart, read_visitors
from tests.media.photos import opened, photo, png_that_claims, with_notes


def file_of(finished, width, kind):
    return finished.files[f"{finished.digest[:2]}/{finished.digest}-{width}.{kind}"]


def test_a_photo_becomes_four_widths_in_two_formats_and_a_master():
    finished = finish(photo((2400, 1800)))
    assert finished.versions == {"jpg": [160, 320, 640, 960], "webp": [160, 320, 640, 960]}
    assert (finished.width_px, finished.height_px) == (1600, 1200)
    assert len(finished.files) == 9
    for width in (160, 320, 640, 960):
        assert opened(file_of(finished, width, "jpg")).size == (width, width * 3 // 4)
        assert opened(file_of(finished, width, "webp")).format == "WEBP"
    assert opened(file_of(finished, 640, "jpg")).info.get("progressive")
    assert opened(file_of(finished, "goc", "webp")).size == (1600, 1200)


def test_the_same_photo_has_the_same_name_and_another_has_another():
    assert finish(photo()).digest == finish(photo()).digest
    assert finish(photo()).digest != finish(photo(colour="gold")).digest


def test_place_author_and_comment_are_gone_from_every_file():
    original = with_notes(orientation=6)
    assert opened(original).getexif().get_ifd(0x8825)
    finished = finish(original)
    for name, content in finished.files.items():
        picture = opened(content)
        assert not dict(picture.getexif()), name
        assert not set(picture.info) & {"exif", "icc_profile", "comment", "xmp", "photoshop"}
        for secret in (b"Exif", b"Go Mit", "Bí Mật".encode()):
            assert secret not in content, name


@pytest.mark.parametrize(
    ("orientation", "size", "dark_at"),
    [(1, (800, 600), (10, 300)), (3, (800, 600), (790, 300)), (6, (600, 800), (300, 10)),
     (8, (600, 800), (300, 790))],
)  # fmt: skip
def test_the_photo_stands_upright(orientation, size, dark_at):
    master = opened(file_of(finish(with_notes(orientation)), "goc", "webp"))
    assert master.size == size
    assert sum(master.convert("RGB").getpixel(dark_at)) < 60


def test_the_mean_colour_is_told():
    finished = finish(photo(colour=(200, 100, 50)))
    assert finished.colour == "#af582c"  # seven eighths of it, one eighth black


def test_what_was_clear_lies_on_white():
    finished = finish(photo(kind="PNG", mode="RGBA", colour=(0, 0, 0, 0)))
    assert opened(file_of(finished, "goc", "webp")).convert("RGB").getpixel((400, 300)) == (
        255,
        255,
        255,
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16"])
def test_every_way_of_storing_colours_is_read(mode):
    assert finish(photo(kind="PNG", mode=mode, colour=1)).width_px == 800


def test_colours_for_print_are_turned_for_the_screen():
    red, green, blue = (
        opened(file_of(finish(photo(mode="CMYK", colour=(0, 200, 0, 0))), "goc", "webp"))
        .convert("RGB")
        .getpixel((400, 300))
    )
    assert red > 200
    assert green < 110
    assert blue > 200


def test_a_photo_with_a_depth_map_behind_it_is_its_first_picture():
    first = Image.new("RGB", (800, 600), "red")
    pair = io.BytesIO()
    first.save(pair, "MPO", save_all=True, append_images=[Image.new("RGB", (800, 600), "blue")])
    assert finish(pair.getvalue()).colour == "#fe0000"


def test_a_narrow_photo_keeps_its_width():
    finished = finish(photo((500, 900)))
    assert finished.versions["jpg"] == [160, 320, 500]


def test_a_tall_photo_is_never_made_wider_than_its_master():
    finished = finish(photo((1200, 4000)))
    assert finished.width_px == 480
    assert finished.versions["jpg"] == [160, 320, 480]


def test_the_slow_format_is_made_from_the_master():
    finished = finish(photo((1000, 1000)))
    master = file_of(finished, "goc", "webp")
    versions, files = finish_rest(finished.digest, master, finished.versions)
    assert versions == {"avif": [320, 640, 960]}
    assert all(content[4:12] == b"ftypavif" for content in files.values())
    assert finish_rest(finished.digest, master, {**finished.versions, **versions}) == ({}, {})


def test_a_master_of_our_own_is_narrow_first_and_whole_afterwards():
    master = file_of(finish(photo((1200, 1200))), "goc", "webp")
    first = finish_first(master)
    assert first.versions == {"jpg": [160, 320, 640], "webp": [160, 320, 640]}
    assert file_of(first, "goc", "webp") == master
    versions, files = finish_rest(first.digest, master, first.versions)
    assert versions["jpg"] == versions["webp"] == [160, 320, 640, 960]
    sizes = {
        name.partition("-")[2]: Image.open(io.BytesIO(content)).size
        for name, content in files.items()
    }
    assert sizes == {
        "960.jpg": (960, 960), "960.webp": (960, 960), "320.avif": (320, 320),
        "640.avif": (640, 640), "960.avif": (960, 960),
    }  # fmt: skip


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", rules.PictureEmpty),
        (b"hello", rules.PictureUnknown),
        (SVG, rules.PictureUnknown),
        (b"\0\0\0\x18ftypheic" + b"\0" * 200, rules.PictureHeic),
        (b"\0\0\0\x18ftypmif1" + b"\0" * 200, rules.PictureHeic),
        (b"\0\0\0\x18ftypM4A " + b"\0" * 200, rules.PictureUnknown),
        (b"GIF89a" + b"\0" * 200, rules.PictureUnknown),
        (b"%PDF-1.7\n" + photo(), rules.PictureUnknown),
        (photo(kind="GIF"), rules.PictureUnknown),
        (photo(kind="BMP"), rules.PictureUnknown),
        (photo(kind="TIFF"), rules.PictureUnknown),
        (photo((3000, 2000))[:4000], rules.PictureBroken),
        (photo(kind="PNG")[:200], rules.PictureBroken),
        (png_that_claims(800, 600), rules.PictureBroken),
        (png_that_claims(60_000, 60_000), rules.PictureTooLarge),
        (png_that_claims(12_001, 200), rules.PictureTooLarge),
        (photo((100, 100)), rules.PictureTooSmall),
    ],
    ids=["nothing", "text", "svg", "heic", "heif", "sound", "gif head", "pdf first", "gif", "bmp", "tiff", "half a jpeg",
         "half a png", "empty png", "bomb", "long side", "stamp"],
)  # fmt: skip
def test_what_is_not_a_good_photo_is_refused(content, refusal):
    with pytest.raises(refusal):
        finish(content)


def test_an_animation_is_refused():
    moving = io.BytesIO()
    frames = [Image.new("RGB", (300, 300), colour) for colour in ("red", "blue", "green")]
    frames[0].save(moving, "WEBP", save_all=True, append_images=frames[1:])
    with pytest.raises(rules.PictureMoves) as refused:
        finish(moving.getvalue())
    assert refused.value.frames == 3


def test_what_hangs_behind_a_photo_is_dropped():
    both = photo() + b"<script>alert(1)</script><?php system($_GET[0]); ?>"
    finished = finish(both)
    assert all(b"script" not in content and b"php" not in content
               for content in finished.files.values())  # fmt: skip


def test_a_photo_too_heavy_never_reaches_the_reading_process():
    with pytest.raises(rules.PictureTooHeavy) as refused:
        finish_apart(b"\xff\xd8" + b"\0" * rules.MOST_BYTES)
    assert refused.value.most_mb == 15


def test_the_reading_process_gives_the_same_pictures():
    apart, here = finish_apart(photo((2400, 1800))), finish(photo((2400, 1800)))
    assert apart == here


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", rules.PictureEmpty),
        (SVG, rules.PictureUnknown),
        (photo()[:400], rules.PictureBroken),
        (png_that_claims(60_000, 60_000), rules.PictureTooLarge),
    ],
    ids=["nothing", "svg", "half", "bomb"],
)
def test_the_reading_process_refuses_with_the_same_facts(content, refusal):
    with pytest.raises(refusal) as apart:
        finish_apart(content)
    with pytest.raises(refusal) as here:
        finish(content)
    assert apart.value.facts == here.value.facts


def test_a_visitors_photo_is_one_small_picture_alone():
    noise = io.BytesIO()
    Image.effect_noise((3000, 2000), 60).convert("RGB").save(noise, "JPEG")
    small = read_visitors(noise.getvalue())
    with Image.open(io.BytesIO(small)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (960, 640))
    assert len(small) < 300_000
    assert len(small) < len(read_apart(noise.getvalue()).content)
    assert len(finish_small(photo((2400, 1800))).files) == 1


def test_the_largest_photos_fit_in_the_memory_of_the_reading_process():
    assert finish_apart(photo((8000, 8000))).width_px == 1600
    noise = io.BytesIO()
    Image.effect_noise((6000, 4000), 60).convert("RGB").save(noise, "WEBP", quality=40, method=0)
    assert finish_apart(noise.getvalue()).width_px == 1600


@pytest.mark.parametrize(
    ("greed", "refusal"),
    [
        ("pass", rules.PictureUnknown),
        ("bytearray(600 << 20)", rules.PictureBroken),
        ("while True: pass", rules.PictureBroken),
        ("open('left-behind', 'wb', 0).write(b'1')", rules.PictureBroken),
    ],
    ids=["harmless", "memory", "time", "disk"],
)
def test_a_hole_in_a_reader_is_held_by_the_limits_of_the_process(
    greed, refusal, monkeypatch, tmp_path
):
    room, kernel = tmp_path / "shop" / "media", tmp_path / "shop" / "kernel"
    for folder in (room, kernel):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
    (kernel / "errors.py").write_text("class Refusal(Exception):\n    code, facts = '', {}\n")
    (room / "child.py").write_bytes(Path(child.__file__).read_bytes())
    (room / "pipeline.py").write_text(
        "from shop.kernel.errors import Refusal\n"
        "def finish(content):\n"
        f"    {greed}\n"
        "    refusal = Refusal()\n"
        "    refusal.code = 'picture_unknown'\n"
        "    raise refusal\n"
    )
    monkeypatch.setattr("shop.media.apart.ROOT", tmp_path)
    with pytest.raises(refusal):
        finish_apart(photo())
