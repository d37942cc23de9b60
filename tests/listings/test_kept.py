from shop.listings.kept import Cards


def test_what_is_asked_for_stays_and_what_nobody_wants_goes():
    cards = Cards(most=10)
    for n in range(40):
        cards.put(n, f"piece {n}")
        assert cards.get(0) == "piece 0"
    assert cards.get(39) == "piece 39"
    assert cards.get(1) is None
    assert len([n for n in range(40) if cards.get(n)]) <= 10


def test_a_piece_is_seen_anew_after_a_while(monkeypatch):
    cards = Cards(most=10)
    cards.put("a", "old")
    monkeypatch.setattr("shop.listings.kept.KEEP_SECONDS", -1)
    cards.put("b", "over")
    assert cards.get_all(["a", "b", "c"]) == ["old", None, None]
