"""Every kind of page there is, who looks at it, and what must be done there first.

An address that ends in "!" has its form sent empty, so that its errors show.
"""

import sqlite3
from pathlib import Path

from shop.demo.joining import INVITED
from shop.kernel.sealing import Vault, private_token
from tests.engines import KEYS

PUBLIC = (
    "/", "/hang-hoa", "/hang-hoa?trang=2", "/hang-hoa?xep=gia-tang&con=1", "/hang-hoa?gia=200-",
    "/loai/bot-va-ngu-coc", "/loai/mam-va-gia-vi", "/san-pham/ngu-coc-hop-sang", "/san-pham/non-la",
    "/san-pham/mat-ong-hoa-tram", "/san-pham/ngu-coc-hop-sang/danh-gia", "/nhom-hoi", "/nguoi-lam", "/nguoi-lam/bot-ngu-coc-go-mit",
    "/nguoi-lam/to-dan-tay-am", "/tim", "/tim?tu=dau+phong", "/tim?tu=xyzkhongco",
    "/hang-nguoi-khiem-thi-lam", "/giup-nhau", "/bai-hoc", "/bai-hoc/dang-mon-dau", "/lop-hoc", "/gay-quy", "/phien-cho", "/cach-mua", "/giao-hang", "/doi-tra", "/rieng-tu", "/xep-thu-tu", "/dieu-khoan",
)  # fmt: skip

VISITOR = (
    "/gio", "/dat-hang", "/tra-don", "/tra-don!", "/khieu-nai", "/khieu-nai!", "/lo/{lot}", "/tham-gia", "/tham-gia!", "/tham-gia/{joins}", "/mo-gian-hang", "/mo-gian-hang!", "/mo-gian-hang/xin", "/mo-gian-hang/xin!", "/mo-gian-hang/{invited}", "/thong-bao/{told}", "/dang-nhap",
    "/dang-nhap!", "/dang-nhap/ma", "/doi-nguoi", "/quen-mat-khau", "/quen-mat-khau/da-gui", "/giup-nhau/{call}", "/giup-nhau/{call}!", "/phien-cho/{market}", "/gay-quy/{sale}", "/gay-quy/{sale}!", "/gay-quy/{stall}", "/gay-quy/{sale}/so-quy", "/gay-quy/{sale}/gop-hang", "/gay-quy/{sale}/gop-hang!", "/hang-gop/{fruit}", "/phieu-cho/{market_slip}", "/may-in", "/gay-quy/{over}", "/gay-quy/{over}/so-quy", "/gay-quy/{over}/kiem-so", "/gay-quy/{over}/bao-cao", "/gay-quy/nam/{year}", "/dong-gop/{gift}", "/dong-gop/{came}", "/chia-se/giup-nhau/{call}", "/chia-se/san-pham/ngu-coc-hop-sang", "/chia-se/nguoi-lam/bot-ngu-coc-go-mit", "/khong-co-trang-nay",
)  # fmt: skip

BUYER = (
    "/tai-khoan", "/tai-khoan/don-hang", "/tai-khoan/ho-so", "/tai-khoan/ho-so!",
    "/tai-khoan/thong-bao", "/tai-khoan/bao-tin", "/tai-khoan/lop-hoc/{class}", "/tai-khoan/lop-hoc/{class}!", "/tai-khoan/dia-chi", "/tai-khoan/don-deu", "/tai-khoan/dong-y", "/tai-khoan/lien-he", "/tai-khoan/mat-khau",
    "/tai-khoan/mat-khau!", "/tai-khoan/thiet-bi", "/tai-khoan/hai-lop", "/tai-khoan/khoa", "/tai-khoan/xoa",
    "/xac-nhan", "/don/{order}", "/don/{order}/huy", "/don/{order}/dat-lai", "/don/{arrived}/danh-gia", "/don/{arrived}/danh-gia/1", "/don/{arrived}/danh-gia/1!",
    "/don/{transfer}", "/don/{owed}", "/don/{card}", "/don/{card}/the/1/xong", "/don/{card}/the/1/thoi",
    "/don/{card}/huy", "/don/{carded}", "/don/{carded}/the/1/xong",
)  # fmt: skip

SELLER = (
    "/tai-khoan/bai-hoc", "/tai-khoan/bai-hoc/dang-mon-dau", "/tai-khoan/bai-hoc/tien-that-tien-gia",
    "/tai-khoan/lop-hoc", "/tai-khoan/nguoi-giup", "/tai-khoan/nguoi-giup!",
    "/ban-hang", "/ban-hang?xem=chua-mo", "/ban-hang?xem=xong", "/ban-hang/don/{new}", "/ban-hang/don/{asked}",
    "/ban-hang/don/{confirmed}", "/ban-hang/don/{packed}", "/ban-hang/don/{sent}",
    "/ban-hang/don/{done}", "/ban-hang/don/{back}", "/ban-hang?xem=tra-lai", "/ban-hang/don/{packed}/phieu", "/ban-hang/goi", "/ban-hang/goi/nhan?don={packed}&co=58", "/ban-hang/goi/ma-in?don={packed}", "/ban-hang/viet-don", "/ban-hang/gian-hang/van-chuyen", "/ban-hang/hang", "/ban-hang/hang/bang", "/ban-hang/kho", "/ban-hang/chia-se", "/ban-hang/loai/{lotted}/kho", "/ban-hang/loai/{ahead}/kho", "/ban-hang?xem=cho-hang", "/ban-hang/loai/{lotted}/lo", "/ban-hang/loai/{lotted}/lo!", "/ban-hang/lo/1", "/ban-hang/lo/1/nguoi-mua", "/ban-hang/hang/moi",
    "/ban-hang/hang/moi!", "/ban-hang/hang/moi?day-du=1", "/ban-hang/hang/tep", "/ban-hang/hang/tep!", "/ban-hang/hang/{product}", "/ban-hang/gian-hang",
    "/ban-hang/tien", "/ban-hang/tien/dong?o=da-ban", "/ban-hang/tien/so", "/ban-hang/so-lieu?ky=thang-nay", "/ban-hang/so-lieu?ky=2020-01",
    "/ban-hang/giay-to", "/ban-hang/giay-to!", "/ban-hang/gian-khac", "/ban-hang/mo-gian",
    "/ban-hang/quyet-toan", "/ban-hang/thu-ho", "/ban-hang/thu-ho!", "/ban-hang/thu-ho/tep/{carried}",
    "/ban-hang/tien/dong?o=ma-khach", "/ban-hang/gian-hang/phi-giao",
    "/ban-hang/ngan-hang", "/ban-hang/ngan-hang/ket-noi", "/ban-hang/ngan-hang/sao-ke",
    "/ban-hang/gian-hang/ma-giam-gia", "/ban-hang/gian-hang/ma-giam-gia/moi",
    "/ban-hang/gian-hang/ma-giam-gia/moi!", "/ban-hang/gian-hang/nguoi-giup",
    "/ban-hang/gian-hang/nguoi-giup!", "/ban-hang/gian-hang/giong-noi", "/ban-hang/gay-quy", "/ban-hang/phien-cho", "/ban-hang/danh-gia", "/ban-hang/danh-gia/{review}",
)  # fmt: skip

OPERATOR = (
    "/dieu-hanh", "/dieu-hanh/to-chuc", "/dieu-hanh/to-chuc/moi", "/dieu-hanh/to-chuc/moi!",
    "/dieu-hanh/to-chuc/2", "/dieu-hanh/to-chuc?ngay=2020-01-01", "/dieu-hanh/to-chuc/sap-xep",
    "/dieu-hanh/to-chuc/sap-xep/{waiting}", "/dieu-hanh/to-chuc/sap-xep/1", "/dieu-hanh/to-chuc/2/chuyen",
    "/dieu-hanh/to-chuc/2/gop", "/dieu-hanh/to-chuc/2/gop!", "/dieu-hanh/to-chuc/2/tach",
    "/dieu-hanh/to-chuc/2/tach!", "/dieu-hanh/to-chuc/2/hoi-vien", "/dieu-hanh/to-chuc/2/hoi-vien?xem=cho",
    "/dieu-hanh/to-chuc/2/hoi-vien/moi", "/dieu-hanh/to-chuc/2/hoi-vien/moi!", "/dieu-hanh/to-chuc/hoi-vien/1",
    "/dieu-hanh/to-chuc/2/nhap/hoi-vien", "/dieu-hanh/to-chuc/2/nhap/to-chuc", "/dieu-hanh/to-chuc/2/nhom",
    "/dieu-hanh/to-chuc/2/nhom!", "/dieu-hanh/to-chuc/2/thong-bao", "/dieu-hanh/to-chuc/2/bao-cao-quy/2026-3", "/dieu-hanh/to-chuc/2/bao-cao-quy/2026-3/in", "/dieu-hanh/nguoi-ban", "/dieu-hanh/nguoi-ban/moi",
    "/dieu-hanh/nguoi-ban/moi!", "/dieu-hanh/xin-ban", "/dieu-hanh/xin-ban!", "/dieu-hanh/xin-ban/1", "/dieu-hanh/xin-ban/2", "/dieu-hanh/xin-ban/3", "/dieu-hanh/nguoi-ban/1", "/dieu-hanh/nguoi-ban/1/sua",
    "/dieu-hanh/nguoi-ban/1/ngan-hang", "/dieu-hanh/nguoi-ban/1/don", "/dieu-hanh/nguoi-ban/1/nguoi-giup",
    "/dieu-hanh/nguoi-ban/1/nguoi-giup!", "/dieu-hanh/tai-khoan", "/dieu-hanh/tai-khoan/1",
    "/dieu-hanh/tai-khoan/moi", "/dieu-hanh/khieu-nai", "/dieu-hanh/anh", "/dieu-hanh/giay-to", "/dieu-hanh/thu-ket",
    "/dieu-hanh/danh-gia", "/dieu-hanh/danh-gia?xem=tat-ca", "/dieu-hanh/danh-gia/{hidden}", "/dieu-hanh/ma-giam-gia", "/dieu-hanh/ma-giam-gia/moi", "/dieu-hanh/ma-giam-gia/moi!",
    "/dieu-hanh/nhat-ky", "/dieu-hanh/so", "/dieu-hanh/so?loai=bank", "/dieu-hanh/so/1",
    "/dieu-hanh/so/ve/payment/1", "/dieu-hanh/so/khop", "/dieu-hanh/quyet-toan",
    "/dieu-hanh/quyet-toan/moi", "/dieu-hanh/quyet-toan/moi!", "/dieu-hanh/quyet-toan/1",
    "/dieu-hanh/quyet-toan/2", "/dieu-hanh/quyet-toan/2/duyet", "/dieu-hanh/quyet-toan/1/chuyen",
    "/dieu-hanh/quyet-toan/phieu/{slip}", "/dieu-hanh/quyet-toan/phieu/{drafted}",
    "/dieu-hanh/quyet-toan/dinh-ky/2",
    "/dieu-hanh/nguoi-ban/1/phi-hoan", "/dieu-hanh/nguoi-ban/1/phi-hoan!", "/dieu-hanh/so/dieu-chinh",
    "/dieu-hanh/so/dieu-chinh/moi/2", "/dieu-hanh/so/dieu-chinh/moi/2!", "/dieu-hanh/so/dieu-chinh/{correction}",
    "/dieu-hanh/so/dieu-chinh/{corrected}", "/dieu-hanh/so/hoa-hong",
    "/dieu-hanh/so/hoa-hong!", "/dieu-hanh/so/thue", "/dieu-hanh/so/thue!", "/dieu-hanh/so/thue/ky", "/dieu-hanh/so/thue/nop",
    "/dieu-hanh/bo-ten-don", "/dieu-hanh/bo-ten-don!", "/dieu-hanh/thu-ho", "/dieu-hanh/tien-ve", "/dieu-hanh/tien-ve/ngan-hang",
    "/dieu-hanh/tien-ve/the", "/dieu-hanh/tien-ve/ngan-hang/ket-noi", "/dieu-hanh/tien-ve/ngan-hang/sao-ke",
)  # fmt: skip

OFFICER = (
    "/dieu-hanh",
    "/dieu-hanh/bai-hoc",
    "/dieu-hanh/bai-hoc/moi",
    "/dieu-hanh/bai-hoc/moi!",
    "/dieu-hanh/lop-hoc",
    "/dieu-hanh/lop-hoc/moi",
    "/dieu-hanh/lop-hoc/moi!",
    "/dieu-hanh/lop-hoc/1",
    "/dieu-hanh/lop-hoc/2",
    "/dieu-hanh/hoi-dap",
    "/dieu-hanh/giup-nhau",
    "/dieu-hanh/giup-nhau/moi",
    "/dieu-hanh/giup-nhau/moi!",
    "/dieu-hanh/giup-nhau/1",
    "/dieu-hanh/phien-cho",
    "/dieu-hanh/phien-cho/moi",
    "/dieu-hanh/phien-cho/moi!",
    "/dieu-hanh/phien-cho/cho-moi",
    "/dieu-hanh/phien-cho/1",
    "/dieu-hanh/phien-cho/1/sua",
    "/dieu-hanh/phien-cho/2",
    "/dieu-hanh/phien-cho/2/chia-se",
    "/dieu-hanh/phien-cho/2/dat-ho",
    "/dieu-hanh/phien-cho/2/dat-ho!",
    "/dieu-hanh/phien-cho/2/giao-hang",
    "/dieu-hanh/phien-cho/2/danh-sach/tui",
    "/dieu-hanh/phien-cho/2/danh-sach/diem",
    "/dieu-hanh/phien-cho/3/quyet-toan",
    "/dieu-hanh/gay-quy",
    "/dieu-hanh/gay-quy/moi",
    "/dieu-hanh/gay-quy/moi!",
    "/dieu-hanh/gay-quy/{sale_id}",
    "/dieu-hanh/tien-ve/the/gop",
    "/dieu-hanh/tien-ve/the/gop/quy/{sale_id}",
    "/dieu-hanh/tien-ve/the/gop/2",
    "/dieu-hanh/gay-quy/{sale_id}/tien-mat",
    "/dieu-hanh/gay-quy/{sale_id}/tien-mat!",
    "/dieu-hanh/gay-quy/{over_id}/trao",
    "/dieu-hanh/gay-quy/{over_id}/trao/{handed}",
    "/dieu-hanh/gay-quy/{sale_id}/trao/moi",
    "/dieu-hanh/gay-quy/{sale_id}/trao/moi!",
    "/dieu-hanh/gay-quy/{sale_id}/trao/{planned}",
    "/dieu-hanh/gay-quy/{over_id}/giay-to",
    "/dieu-hanh/gay-quy/{sale_id}/ten/{named}",
    "/dieu-hanh/gay-quy/{sale_id}/hang-gop",
    "/dieu-hanh/gay-quy/{sale_id}/phieu",
    "/dieu-hanh/gay-quy/{sale_id}/phieu!",
    "/dieu-hanh/gay-quy/{sale_id}/phieu/1",
    "/dieu-hanh/gay-quy/{sale_id}/phieu/1/in",
    "/dieu-hanh/may-in",
    "/dieu-hanh/may-in!",
    "/dieu-hanh/to-chuc",
    "/dieu-hanh/nguoi-ban",
    "/dieu-hanh/nguoi-ban/1",
)

HELPER = ("/ban-hang/giup", "/ban-hang", "/ban-hang/hang")

#: Who is signed in → addresses.
EVERY = {
    "": PUBLIC + VISITOR, "buyer": BUYER, "seller": SELLER, "operator": OPERATOR,
    "officer": OFFICER, "helper": HELPER,
}  # fmt: skip

#: Phone and password of the demo's people are in shop/demo/people.py.


def facts(instance: Path) -> dict[str, str]:
    """Return what stands for the names in braces: one order of the seller in each state."""
    with sqlite3.connect(f"file:{instance / 'shop.sqlite'}?mode=ro", uri=True) as connection:
        one = connection.execute

        def part(state: str) -> str:
            found = one(
                "select min(id) from seller_orders where seller_id = 1 and state = ?", (state,)
            ).fetchone()
            return str(found[0])

        def gift(where: str) -> str:
            found = one(f"select link_nonce from gifts where {where} order by id").fetchone()
            return private_token("gift", KEYS["secret_key"], found[0])

        def ordered(where: str) -> str:
            """Return the code of such an order of the buyer who has an account."""
            found = one(
                "select o.code from orders o join seller_orders s on s.order_id = o.id"
                " left join payments p on p.order_id = o.id left join refunds r on r.payment_id = p.id"
                f" where o.account_id is not null and {where} order by o.id desc"
            ).fetchone()
            return str(found[0])

        def corrected(state: str) -> str:
            found = one("select min(id) from corrections where state = ?", (state,)).fetchone()
            return str(found[0])

        return {
            "reduced": str(one(
                "select min(v.id) from variants v join products p on p.id = v.product_id"
                " where p.slug = 'ngu-coc-hop-sang' and v.compare_at_vnd is not null"
            ).fetchone()[0]),
            "arrived": ordered("s.state in ('delivered', 'completed')"),
            "review": str(one("select min(id) from reviews where seller_id = 1").fetchone()[0]),
            "hidden": str(one("select id from reviews where hidden_at is not null").fetchone()[0]),
            "lot": one("select code from lots where id = 1").fetchone()[0],
            "ahead": str(one("select variant_id from preorders order by id").fetchone()[0]),
            "lotted": str(one("select variant_id from lots where id = 1").fetchone()[0]),
            "market": one("select code from market_sessions where id = 1").fetchone()[0],
            "joins": one("select code from join_codes where ended_at is null").fetchone()[0],
            "invited": INVITED,
            "told": one("select code from announcements where is_open").fetchone()[0],
            "waiting": str(one("select max(id) from reorderings").fetchone()[0]),
            "class": one("select code from classes where id = 1").fetchone()[0],
            "call": one("select code from help_calls where id = 1").fetchone()[0],
            "sale": one("select code from campaigns where closes_on > date('now')").fetchone()[0],
            "stall": one("select code from campaigns where closes_on is null").fetchone()[0],
            "market_slip": Vault(bytes.fromhex(KEYS["master_key"])).open(
                *one("select data_key, code from slips where left_vnd > 0").fetchone()
            ),
            "over": one("select code from campaigns where state = 'finished'").fetchone()[0],
            "over_id": str(one("select id from campaigns where state = 'finished'").fetchone()[0]),
            "sale_id": str(one("select id from campaigns where closes_on > date('now')").fetchone()[0]),
            "year": str(one("select max(strftime('%Y', on_day)) from fund_entries").fetchone()[0]),
            "handed": str(one(
                "select min(disbursement_id) from campaign_files where role = 'evidence'"
            ).fetchone()[0]),
            "planned": str(one("select min(id) from disbursements where state = 'approved'").fetchone()[0]),
            "named": str(one(
                "select min(g.id) from gifts g join campaigns c on c.id = g.campaign_id"
                " where c.kind = 'sale' and g.shown_name <> ''"
            ).fetchone()[0]),
            "fruit": private_token(
                "gift", KEYS["secret_key"],
                one("select link_nonce from goods_gifts where state = 'accepted'").fetchone()[0],
            ),
            "gift": gift("received_at is null"), "came": gift("received_at is not null"),
            "order": ordered("s.method = 'cod' and s.state = 'placed'"),
            "transfer": ordered("s.method = 'transfer' and s.state = 'placed'"),
            "owed": ordered("r.state = 'asked'"),
            "card": ordered("s.method = 'card' and s.state = 'placed'"),
            "carded": ordered("s.method = 'card' and r.state = 'done'"),
            "correction": corrected("proposed"), "corrected": corrected("posted"),
            "product": str(one("select min(id) from products where seller_id = 1").fetchone()[0]),
            "new": part("placed"), "asked": part("awaiting_quote"), "confirmed": part("confirmed"),
            "back": str(one(
                "select min(s.id) from seller_orders s join payments p on p.order_id = s.order_id"
                " join refunds r on r.payment_id = p.id"
                " where s.seller_id = 1 and r.state = 'account_given'"
            ).fetchone()[0]),
            "carried": str(one("select min(id) from remittances").fetchone()[0]),
            "slip": str(one("select min(id) from payout_statements").fetchone()[0]),
            "drafted": str(one("select max(id) from payout_statements").fetchone()[0]),
            "packed": part("packed"), "sent": part("handed_over"), "done": part("completed"),
        }  # fmt: skip
