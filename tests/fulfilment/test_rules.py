"""What must be known of a parcel, and where its buyer follows it."""

from datetime import date

import pytest

from shop.fulfilment import rules
from shop.fulfilment.rules import Parcel, complete


def test_known_carriers_have_secure_addresses():
    assert set(rules.carriers()) == {"ghn", "ghtk", "viettelpost", "vnpost", "jt", "spx"}
    for carrier in rules.carriers().values():
        assert rules.check_tracking_url(carrier.site) == carrier.site
        url = rules.tracking_url(carrier.key, "AB12/3 ?&#đ", "0118")
        assert rules.check_tracking_url(url) == url
        assert " " not in url
        assert "đ" not in url


@pytest.mark.parametrize(
    ("carrier", "code", "last4", "url"),
    [
        ("ghn", "GAN12", "", "https://donhang.ghn.vn/?order_code=GAN12"),
        ("ghtk", "S1.A2.33", "", "https://i.ghtk.vn/S1.A2.33"),
        ("jt", "8012", "0118",
         "https://jtexpress.vn/vi/tracking?type=track&billcode=8012&cellphone=0118"),
        ("jt", "8012", "", "https://jtexpress.vn/vi/tracking"),
        ("viettelpost", "VT1", "", "https://viettelpost.com.vn/tra-cuu-hanh-trinh-don/"),
        ("Xe ôm anh Bảy", "1", "", ""),
    ],
)  # fmt: skip
def test_a_parcel_is_followed_at_its_carrier(carrier, code, last4, url):
    assert rules.tracking_url(carrier, code, last4) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://i.ghtk.vn/1", "javascript:alert(1)", "//i.ghtk.vn/1", "https://", "https://localhost/x",
        "https://127.0.0.1/x", "https://user:pass@i.ghtk.vn/1", "https://i.ghtk.vn:8443/1",
        "https://i.ghtk.vn/<script>", 'https://i.ghtk.vn/"onclick', "https://i.ghtk.vn/a b",
        "https://i.ghtk.vn/đ", "https://" + "a" * 300 + ".vn", "https://[::1]/", "https://i.ghtk.vn:x/",
        "HTTPS:/i.ghtk.vn", "data:text/html,x", "https://-a.vn/",
    ],
)  # fmt: skip
def test_links_that_lead_elsewhere_are_refused(url):
    with pytest.raises(rules.WrongTrackingUrl):
        rules.check_tracking_url(url)
    with pytest.raises(rules.WrongTrackingUrl):
        complete(
            Parcel(kind="carrier", carrier="ghtk", tracking_code="1", tracking_url=url), "delivery"
        )


def test_a_carriers_parcel_keeps_its_code_tidy_and_gets_its_link():
    whole = complete(
        Parcel(
            kind="carrier", carrier="ghtk", tracking_code=" s1.a2 33 ", plate="43A", note="dễ vỡ"
        ),
        "delivery",
    )
    assert whole == Parcel(
        kind="carrier", carrier="Giao Hàng Tiết Kiệm (GHTK)", tracking_code="S1.A233",
        tracking_url="https://i.ghtk.vn/S1.A233", note="dễ vỡ",
    )  # fmt: skip


def test_a_carrier_that_nobody_knows_needs_only_its_name():
    whole = complete(Parcel(kind="carrier", carrier="Xe ôm anh Bảy"), "delivery")
    assert (whole.carrier, whole.tracking_url) == ("Xe ôm anh Bảy", "")


@pytest.mark.parametrize(
    ("parcel", "missing"),
    [
        (Parcel(kind="carrier"), ["carrier"]),
        (Parcel(kind="carrier", carrier="other"), ["carrier"]),
        (Parcel(kind="carrier", carrier="ghn"), ["tracking_code"]),
        (Parcel(kind="carrier", carrier="ghn", tracking_code="  "), ["tracking_code"]),
        (Parcel(kind="bus"), ["bus_company", "station", "contact"]),
        (Parcel(kind="bus", bus_company="Lan Anh", station="Bến xe Đà Nẵng"), ["contact"]),
        (Parcel(kind="bus", bus_company="Lan Anh", plate="43B-1"), ["station"]),
    ],
)
def test_what_the_buyer_needs_is_asked_for_by_name(parcel, missing):
    with pytest.raises(rules.HandOverIncomplete) as refused:
        complete(parcel, "delivery")
    assert refused.value.missing == missing


def test_a_parcel_on_a_coach_is_found_by_plate_or_phone():
    for contact in ({"plate": "43b-123.45"}, {"contact_phone": "+84905000118"}):
        whole = complete(
            Parcel(kind="bus", bus_company="Lan Anh", station="Bến xe Đà Nẵng",
                   carrier="ghn", tracking_url="javascript:x", **contact),
            "delivery",
        )  # fmt: skip
        assert whole.kind == "bus"
        assert (whole.carrier, whole.tracking_url) == ("", "")
        assert whole.plate in ("43B-123.45", "")


def test_her_own_delivery_needs_nothing_but_may_say_the_day():
    whole = complete(Parcel(kind="own", expected_on=date(2026, 11, 25)), "delivery")
    assert whole == Parcel(kind="own", expected_on=date(2026, 11, 25))


@pytest.mark.parametrize(
    ("kind", "delivery"),
    [("pickup", "delivery"), ("own", "pickup"), ("carrier", "pickup"), ("drone", "delivery")],
)
def test_a_parcel_leaves_the_way_it_was_ordered(kind, delivery):
    with pytest.raises(rules.WrongWayOut):
        complete(Parcel(kind=kind, carrier="ghn", tracking_code="1"), delivery)
