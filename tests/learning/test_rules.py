"""Rules of lessons and seats; every lesson of the shop can be read in both languages."""

import pytest

from shop.kernel.settings import ROOT
from shop.learning.queries import own_lessons
from shop.learning.rules import (
    DEEDS,
    PICTURES,
    SEAT_MOVES,
    LessonUnreadable,
    SeatState,
    may_move_seat,
    read_lesson,
)
from shop.organising.lesson_deeds import DEED_WORDS


def test_there_are_eight_complete_lessons_with_pictures_of_their_own() -> None:
    found = own_lessons()
    assert len(found) == len({one.slug for one in found}) == 8
    for one in found:
        assert one.vi.steps == one.en.steps >= 4
        shown = [block.picture for block in one.vi.blocks if block.kind == "img"]
        assert shown == [block.picture for block in one.en.blocks if block.kind == "img"] != []
        for text in (one.vi, one.en):
            assert all(block.words for block in text.blocks if block.kind != "ul"), one.slug
            assert text.lead
    assert {b.picture for one in found for b in one.vi.blocks if b.kind == "img"} == set(PICTURES)
    assert {one.deed for one in found} - {""} == set(DEEDS) == set(DEED_WORDS)


def test_every_picture_is_a_drawing_that_stands_by_itself() -> None:
    for name in PICTURES:
        drawn = (ROOT / "static" / "img" / "bai-hoc" / f"{name}.svg").read_text()
        assert "<title>" in drawn
        assert "href" not in drawn


@pytest.mark.parametrize(
    ("body", "why"),
    [("Không tên\n\n## Bước", "title"), ("# Tên\n\nChữ", "steps"), ("", "title"),
     ("# Tên\n\n![Ảnh](la-lam)\n\n## Bước", "picture")],
)  # fmt: skip
def test_a_lesson_without_title_steps_or_known_pictures_is_not_read(body: str, why: str) -> None:
    with pytest.raises(LessonUnreadable) as refused:
        read_lesson(body)
    assert refused.value.why == why


def test_nothing_but_the_little_markdown_is_read() -> None:
    text = read_lesson("# A\n\nB\n\n## C\n\n<b>D</b> [x](javascript:1) **E**\n\n- một\n- hai")
    assert [block.kind for block in text.blocks] == ["h", "p", "ul"]
    assert text.blocks[1].runs == (("<b>D</b> [x](javascript:1) ", False), ("E", True))


def test_seats_move_as_their_table_says() -> None:
    legal = {(a, b) for a, goes in SEAT_MOVES.items() for b in goes}
    for a in SeatState:
        for b in SeatState:
            assert may_move_seat(a, b) is ((a, b) in legal)
    assert not SEAT_MOVES[SeatState.WITHDRAWN]
