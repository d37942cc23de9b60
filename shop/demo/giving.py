"""Beside the money: fruit that neighbours give, a stall that asks to sell, a voice that is a tone."""

import io
import math
import wave
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from shop.catalogue.models import Product
from shop.db import transaction
from shop.fundraising.actions.goods import Given, accept_goods, offer_goods
from shop.fundraising.actions.requests import ask_to_sell
from shop.fundraising.models import Campaign
from shop.fundraising.rules import ShareRule
from shop.media.sound_rules import read_sound
from shop.media.store import keep
from shop.sellers.models import Seller
from shop.sellers.voices import record_voice, voice_file

#: (days ago, what, how much, unit, stated value, who, whether others may read it, whether it was taken)
_GOODS = (
    (6, "Bưởi vườn nhà", 40, "trái", 800_000, "Bà Mẫu ở Bến Đò", True, True),
    (1, "Rau muống sáng hái", 25, "bó", None, "Chị Thử", False, False),
)
#: Notes of the tone: (hertz, seconds).
_TUNE = ((392.0, 0.6), (440.0, 0.6), (523.3, 0.9), (440.0, 0.6), (392.0, 0.6), (329.6, 1.2))
_HZ = 8_000
_SAID_VI = (
    "(Chợ mẫu: tiếng đàn do máy tạo, giữ chỗ cho giọng người thật.)\n"
    "Chào cô bác, tôi là Lành. Tổ tôi đan bằng tay, sờ nan mà biết dày mỏng. "
    "Rổ đan khít, đáy bằng, đựng rau rửa xong là ráo."
)
_SAID_EN = (
    "(Demo shop: a tone made by a program keeps the place of a real voice.)\n"
    "Hello, I am Lành. Our group weaves by hand; we feel how thick each strip is. "
    "The baskets are tight and stand flat, and washed greens drain well in them."
)


def load_giving(piglets: str, sellers: Mapping[str, int], officer: int, now: datetime) -> None:
    """Give goods to a campaign by its title, ask to sell for it, and let the weavers be heard."""
    by = {"actor_id": officer, "actor_name": "Võ Thị Hạnh"}
    with transaction() as session:
        one = session.scalars(select(Campaign.id).where(Campaign.title_vi == piglets)).one()
        for n, (days, words, many, unit, vnd, who, shown, taken) in enumerate(_GOODS):
            at = now - timedelta(days=days)
            given = Given(
                words, many, unit, vnd, who if shown else "",
                {"name": who, "phone": "+84905000700", "note": "Ghé lúc nào cũng được"},
            )  # fmt: skip
            row = offer_goods(
                session, campaign_id=one, given=given, attempt_id=f"demo-goods-{n}", locale="vi",
                now=at,
            )  # fmt: skip
            if taken:
                accept_goods(session, goods_id=row.id, now=at + timedelta(hours=5), **by)
        asked = session.scalars(select(Product).where(Product.slug == "chuoi-say-khoanh")).one()
        person = session.get_one(Seller, asked.seller_id).person
        ask_to_sell(
            session, campaign_id=one, product_id=asked.id, seller_id=asked.seller_id,
            rule=ShareRule(one, "percent", hundredths=1_000), actor_id=None, actor_name=person,
            now=now - timedelta(days=1),
        )  # fmt: skip
    _let_be_heard(sellers["to-dan-tay-am"], now - timedelta(days=20))


def _let_be_heard(seller_id: int, at: datetime) -> None:
    sound = read_sound(tone())
    file = voice_file(sound)
    keep({file: sound.content})
    with transaction() as session:
        record_voice(
            session, seller_id=seller_id, file=file, duration_ms=sound.duration_ms,
            said_vi=_SAID_VI, said_en=_SAID_EN, actor_id=None, actor_name="cô Huỳnh Thị Lành",
            now=at,
        )  # fmt: skip


def tone() -> bytes:
    """Return a short tune as a WAV: plucked notes, one sine with its octave each."""
    samples = bytearray()
    for hertz, seconds in _TUNE:
        for n in range(int(_HZ * seconds)):
            t = n / _HZ
            wave_now = math.sin(math.tau * hertz * t) + 0.4 * math.sin(2 * math.tau * hertz * t)
            samples.append(128 + int(70 * wave_now * math.exp(-3 * t)))
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(_HZ)
        file.writeframes(bytes(samples))
    return kept.getvalue()
