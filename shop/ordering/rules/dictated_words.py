"""Words of chats, folded unless said: what counts, what addresses somebody, what takes back."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Count words. With their marks, so that "muối" is not ten; bare for who types none.
NUMBERS = {
    "một": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "sáu": 6, "bảy": 7, "bẩy": 7,
    "tám": 8, "chín": 9, "mười": 10,
    "mot": 1, "bon": 4, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9, "muoi": 10,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10,
}  # fmt: skip
#: Who is spoken to or of. A number behind one of them is a name: "chị Ba", "cô Tám", "dì Út".
KIN = _words("anh chi em co chu bac di cau mo thim duong ong ba o me bo ma bu c a e co")
#: Words for vessels and pieces: they count and name nothing by themselves.
VESSELS = _words("""hu hop goi bich bit tui chai lo cai con bo cap chiec xau cay lon thung mieng phan set combo
    loc binh trai qua chuc hop ong tam doi ta
    jar jars bottle bottles bag bags pack packs box boxes can cans piece pieces pcs""")
#: So many grams (or millilitres) is one of it.
WEIGHTS = {
    "g": 1, "gr": 1, "gam": 1, "gram": 1, "grams": 1, "kg": 1000, "ky": 1000, "ki": 1000,
    "kilo": 1000, "can": 1000, "lang": 100, "ml": 1, "lit": 1000, "l": 1000, "litre": 1000,
}  # fmt: skip
#: Words for several: how many, only she knows.
SEVERAL = frozenset(["chuc", "cap", "doi", "ta", "dozen", "pair"])
#: What stands around goods and names nothing.
NOISE = _words("""em chi anh co chu bac c a e oi cho lay dat mua minh toi nhe nha nghen nghe voi giup lam on
    xin them nua va gui ship order don la thi hang cua moi loai da ah vang shop ad sop con chau
    ban nhen nhoa nghe ha hen hihi ok oke muon can giao ve den toi nay luon lien gium dum di me
    ba ma bo roi day a ui uh u dang sl so luong x tong cong de bieu tang an dung thu nho
    hi hello please i id would like want need to of the for my me send some get may have dear
    thanks thank you and with d y ta""")
#: With their marks they are goods, bare they are noise: "mè đen" is sesame, "đến" and "mẹ" are not.
GOODS_LIKE_NOISE = _words("mè đen ổi bơ bò lá má mơ dừa chả đá thơm")
#: With their marks, or bare in small letters: nothing near them is counted.
NOT = _words("""không ko khong k hong hông hok hổng đừng dung bỏ bo thôi thoi khỏi khoi hủy huỷ huy
    chưa no not cancel without""")
#: Of these, which refuse only ahead of what is counted: "2 hũ thôi" is two, "2 bó" are bunches.
NOT_AHEAD = frozenset(["thôi", "thoi", "bo"])
#: What makes a number a price, a time or a day, when it stands behind it …
NO_COUNT_BEHIND = _words(
    "k ngan nghin d dong vnd tr trieu h gio phut ngay thang nguoi tuoi lan sao am pm"
)
#: … or before it.
NO_COUNT_BEFORE = _words(
    "ngay thu thang lan luc mung tang nha to phong t lo gia kiet hem ngo duong"
)
#: Two words with capitals are a name unless one of these is among them …
NO_NAME_EVER = _words(
    """oi nhe shop ok oke alo hello hi thanks please dear address phone name sent seen"""
)
#: … and a line with one of these is no name, however short it is.
NO_NAME = _words("""oi nhe nha nghen lay dat mua gui ship giao cho xin cam on ok oke okie da vang roi het gia bao
    nhieu tien phi khi nao duoc khong ko hok hom mai chieu sang toi alo shop ad hello hi chao nua
    them don voi giup thanks thank you please dear want like send address phone name seen sent
    hen la thi di biet ngay mot it bot moi loai kia mon
    """)
