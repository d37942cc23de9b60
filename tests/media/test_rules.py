"""What a picture may be, and what good words for it are."""

import pytest

from shop.media import rules


def test_a_picture_is_never_made_larger():
    assert rules.widths_for(2000) == [160, 320, 640, 960]
    assert rules.widths_for(960) == [160, 320, 640, 960]
    assert rules.widths_for(959) == [160, 320, 640, 959]
    assert rules.widths_for(640) == [160, 320, 640]
    assert rules.widths_for(160) == [160]


@pytest.mark.parametrize(
    ("kind", "width", "height"),
    [("JPEG", 8001, 8000), ("PNG", 6000, 4001), ("WEBP", 12_001, 200), ("JPEG", 200, 12_001)],
)
def test_too_many_pixels_are_refused_with_the_numbers(kind, width, height):
    with pytest.raises(rules.PictureTooLarge) as refused:
        rules.check_size(kind, width, height, 1)
    assert (refused.value.width_px, refused.value.height_px) == (width, height)


def test_the_largest_allowed_pass():
    rules.check_size("JPEG", 8000, 8000, 1)
    rules.check_size("PNG", 6000, 4000, 1)
    rules.check_size("WEBP", 12_000, 2_000, 1)


@pytest.mark.parametrize("side", [1, 159])
def test_a_stamp_is_refused(side):
    with pytest.raises(rules.PictureTooSmall):
        rules.check_size("JPEG", 800, side, 1)


def test_an_animation_is_refused():
    with pytest.raises(rules.PictureMoves) as refused:
        rules.check_size("WEBP", 800, 800, 12)
    assert refused.value.frames == 12


@pytest.mark.parametrize(
    ("text", "weakness"),
    [
        ("Hũ nhựa nắp vàng, muối đỏ hạt to, cao bằng gang tay", ""),
        ("Gói giấy nâu 500 g buộc dây, bột màu vàng nhạt", ""),
        ("", "missing"),
        ("   ", "missing"),
        ("…!?", "missing"),
        ("IMG_20261014_081530.jpg", "file_name"),
        ("DSC 0042", "file_name"),
        ("muoi-ot.PNG", "file_name"),
        ("Ảnh", "bare"),
        ("hình ảnh", "bare"),
        ("Ảnh sản phẩm", "bare"),
        ("Muối ớt rang hạt to", "same_as_name"),
        ("ảnh muối ớt rang hạt to", "same_as_name"),
        ("MUOI OT RANG HAT TO", "same_as_name"),
        ("Hũ muối, gọi 0905 000 118 để đặt", "phone"),
        ("Hũ muối đỏ nắp vàng giá 35k một hũ", "phone"),
        ("hũ đỏ", "short"),
    ],
)
def test_words_that_say_too_little_are_noticed(text, weakness):
    assert rules.alt_weakness(text, "Muối ớt rang hạt to") == weakness
    assert rules.alt_state(text, "Muối ớt rang hạt to") == ("needs_help" if weakness else "written")
