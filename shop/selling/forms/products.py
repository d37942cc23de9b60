"""Forms of goods: what a product says, its packs, its count, its photos."""

from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField, FileField
from wtforms.validators import ValidationError

from shop.catalogue.forms import AllergenChoices
from shop.catalogue.rules import ALLERGENS, ProductFields, VariantFields
from shop.catalogue.season_rules import SeasonHalf, SeasonTurned, check_season
from shop.selling.rules import parcel_weight_g, times_off
from shop.web.forms import Choice, Choices, Day, Dong, Grams, Hidden, Line, Lines, ShopForm, Whole
from shop.web.words import _, day, dong, dong_aloud, language, lazy_, listing, number, tr

_NET_KINDS = (
    ("g", lazy_("gam")),
    ("ml", lazy_("ml")),
    ("pieces", lazy_("cái")),
    ("", lazy_("không ghi")),
)
#: Kinds of goods for the tax office: ``shares.rules.TAX_CATEGORIES``.
TAX_KINDS = {
    "goods": lazy_("Hàng hoá làm sẵn để bán"),
    "goods_service": lazy_("Làm theo đơn, gia công, dịch vụ có kèm hàng"),
    "services": lazy_("Dịch vụ, không có hàng"),
    "other": lazy_("Việc khác"),
}
#: What the page of a new product folds away.
FURTHER = (
    "summary_vi", "description_vi", "ingredients_vi", "storage_vi", "shelf_life_vi", "origin_vi",
    "made_vi", "compare_at_vnd", "restock_on", "sku", "name_en", "tax_category",
)  # fmt: skip
#: Texts of a product that stand in both languages.
BOTH_LANGUAGES = (
    "title", "unit", "summary", "description", "ingredients", "storage", "shelf_life", "origin",
    "made",
)  # fmt: skip

#: Fields that show what is stored under other names.
FIELD_OF = {
    "net_g": "net", "net_ml": "net", "pieces": "net", "length_mm": "length_cm",
    "width_mm": "width_cm", "height_mm": "height_cm",
}  # fmt: skip


def shown_words(field: Any) -> str:
    """Return what a field holds as a sentence says it."""
    value = field.data
    if isinstance(field, Choices):
        words = [ALLERGENS[key] for key in value or () if key in ALLERGENS]
        return listing(w.en if language() == "en" else w.vi for w in words) or "–"
    if isinstance(field, Choice):
        return next((str(label) for key, label, *_ in field.iter_choices() if key == value), "–")
    if isinstance(field, Dong) and value is not None:
        return dong(value)
    if isinstance(field, Day) and value is not None:
        return day(value)
    if isinstance(value, bool):
        return _("có") if value else _("không")
    return number(value) if isinstance(value, int) else str(value or "–")


class SeasonFields(ShopForm):
    """The days that goods are there; none of them: all the year."""

    season_from = Day(lazy_("Bán từ ngày"))
    season_to = Day(lazy_("Đến hết ngày"))
    season_yearly = BooleanField(lazy_("Năm nào cũng có lại mùa này"))

    def validate_season_to(self, field: Any) -> None:
        begins_on, ends_on = self.season_from.data, field.data
        if self.season_from.text or field.text:
            try:
                check_season(begins_on, ends_on)
            except SeasonHalf:
                raise ValidationError(str(lazy_("Chị ghi cả ngày đầu và ngày cuối mùa."))) from None
            except SeasonTurned:
                raise ValidationError(
                    str(lazy_("Ngày cuối phải sau ngày đầu, và mùa ngắn hơn một năm."))
                ) from None

    @property
    def season(self) -> dict[str, Any]:
        """The names and values of ``ProductFields``."""
        return {
            "season_from": self.season_from.data,
            "season_to": self.season_to.data,
            "season_yearly": bool(self.season_yearly.data and self.season_from.data),
        }


class ProductForm(SeasonFields):
    """What a product says about itself. Names are those of ``ProductFields``."""

    #: What the page showed: ``seen_rules.marks``.
    da_xem = Hidden()
    title_vi = Line(lazy_("Tên món"), need=lazy_("Chị ghi tên món."), most=160)
    category_id = Choice(
        lazy_("Xếp vào loại nào?"), coerce=lambda given: int(given) if given else ""
    )
    unit_vi = Line(lazy_("Một phần gọi là gì?"), need=lazy_("Chị ghi hũ, gói, chai …"), most=30)
    summary_vi = Line(lazy_("Một câu giới thiệu"), most=300)
    description_vi = Lines(lazy_("Kể về món này"), most=4000)
    ingredients_vi = Lines(lazy_("Thành phần"), most=1000)
    allergens = AllergenChoices(lazy_("Có chất nào dễ gây dị ứng?"))
    traces = Choices(lazy_("Có thể lẫn vết chất nào?"), choices=[(key, key) for key in ALLERGENS])
    storage_vi = Line(lazy_("Cách cất giữ"), most=300)
    shelf_life_vi = Line(lazy_("Hạn dùng"), most=300)
    origin_vi = Line(lazy_("Nguyên liệu từ đâu?"), most=300)
    made_vi = Line(lazy_("Làm lúc nào, làm thế nào?"), most=300)
    tax_category = Choice(
        lazy_("Với cơ quan thuế, món này là"),
        choices=[("", lazy_("Chưa rõ")), *TAX_KINDS.items()], default="",
    )  # fmt: skip
    title_en = Line(lazy_("Tên món bằng tiếng Anh"), most=160)
    unit_en = Line(lazy_("Một phần, bằng tiếng Anh"), most=30)
    summary_en = Line(lazy_("Một câu giới thiệu bằng tiếng Anh"), most=300)
    description_en = Lines(lazy_("Kể về món này bằng tiếng Anh"), most=4000)
    ingredients_en = Lines(lazy_("Thành phần bằng tiếng Anh"), most=1000)
    storage_en = Line(lazy_("Cách cất giữ bằng tiếng Anh"), most=300)
    shelf_life_en = Line(lazy_("Hạn dùng bằng tiếng Anh"), most=300)
    origin_en = Line(lazy_("Nguyên liệu từ đâu, bằng tiếng Anh"), most=300)
    made_en = Line(lazy_("Cách làm bằng tiếng Anh"), most=300)

    def offer(self, categories: list[tuple[int, str, str]]) -> Any:
        """Fill in the list of categories; returns the form itself."""
        self.category_id.choices = [
            ("", lazy_("Chọn loại")),
            *((key, tr({"n_vi": vi, "n_en": en}, "n")) for key, vi, en in categories),
        ]
        return self

    #: Whether tax is withheld of what she sells: then the kind has to be said.
    withholds = False

    def validate_tax_category(self, field: Any) -> None:
        if self.withholds and not field.data:
            raise ValidationError(
                str(
                    lazy_(
                        "Hội đang giữ thuế của hàng này. Chị chọn loại, chưa chọn thì tính mức cao nhất."
                    )
                )
            )

    def validate_category_id(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(str(lazy_("Chị chọn món này thuộc loại nào.")))

    @property
    def english_names(self) -> list[str]:
        """Names of the fields that stand folded away as the English version."""
        return [f"{name}_en" for name in BOTH_LANGUAGES]

    def hides_a_fault(self, names: Iterable[str]) -> bool:
        """Tell whether a folded part of the page holds a field that is wrong."""
        return any(name in self.errors for name in names)

    @property
    def said(self) -> ProductFields:
        texts = {
            f"{name}_{spoken}": getattr(self, f"{name}_{spoken}").data or ""
            for name in BOTH_LANGUAGES
            for spoken in ("vi", "en")
        }
        return ProductFields(
            **texts,
            allergens=self.allergens.data or (),
            traces=self.traces.data or (),
            tax_category=self.tax_category.data or "",
            **self.season,
        )


class PriceFields(ShopForm):
    """A price that is asked about once when it is far from the one that stands."""

    #: The price that stands; None: there is none yet.
    stands_vnd: int | None = None
    price_vnd = Dong(lazy_("Giá bán"), need=lazy_("Chị ghi giá bán."))
    #: The price that she was asked about; sent again, it is meant.
    gia_da_hoi = Hidden()

    def validate_price_vnd(self, field: Any) -> None:
        if not (self.stands_vnd and field.data):
            return
        times = times_off(self.stands_vnd, field.data)
        if times and self.gia_da_hoi.data != str(field.data):
            self.gia_da_hoi.data = str(field.data)
            raise ValidationError(
                _(
                    "Giá đang là %(was)s, chị ghi %(now)s: lệch %(times)s lần. Đúng giá ấy thì bấm lưu lần nữa, không thì sửa lại.",
                    was=dong_aloud(self.stands_vnd), now=dong_aloud(field.data), times=number(times),
                )
            )  # fmt: skip


class PackForm(PriceFields):
    """A pack size with its price and its parcel."""

    da_xem = Hidden()
    name_vi = Line(lazy_("Loại này gọi là gì?"), need=lazy_("Chị ghi, ví dụ Hũ 500 g."), most=80)
    name_en = Line(lazy_("Tên loại bằng tiếng Anh"), most=80)
    compare_at_vnd = Dong(lazy_("Giá cũ"))
    net = Grams(lazy_("Trong đó có bao nhiêu?"), least=1, most=1_000_000)
    net_kind = Choice(lazy_("Tính bằng"), choices=_NET_KINDS, default="g")
    weight_g = Grams(lazy_("Gói xong nặng mấy gam?"), least=1, most=1_000_000)
    length_cm = Whole(lazy_("Dài (cm)"), least=1, most=500)
    width_cm = Whole(lazy_("Rộng (cm)"), least=1, most=500)
    height_cm = Whole(lazy_("Cao (cm)"), least=1, most=500)
    restock_on = Day(lazy_("Hết thì ngày nào có lại?"), ahead=True)
    sku = Line(lazy_("Mã hàng riêng"), most=60)

    @property
    def assumed_g(self) -> int | None:
        """What a parcel of this content is taken to weigh while nobody weighed one."""
        kind = self.net_kind.data
        return parcel_weight_g(
            self.net.data if kind == "g" else None, self.net.data if kind == "ml" else None
        )

    def validate_weight_g(self, field: Any) -> None:
        # A content that cannot be read is told beside its own field, once.
        if field.data is None and not self.assumed_g and not self.net.text:
            raise ValidationError(
                str(lazy_("Chị ghi gói hàng nặng mấy gam, để tính phí giao cho đúng."))
            )
        if field.data is None and not self.assumed_g and self.net_kind.data not in ("g", "ml"):
            raise ValidationError(
                str(lazy_("Bán theo cái thì chị cân giúp: gói xong nặng mấy gam?"))
            )

    def validate_compare_at_vnd(self, field: Any) -> None:
        if field.data is not None and self.price_vnd.data and field.data <= self.price_vnd.data:
            raise ValidationError(
                str(lazy_("Giá cũ phải cao hơn giá bán. Không giảm giá thì chị để trống."))
            )

    @property
    def pack(self) -> VariantFields:
        kind, net = self.net_kind.data, self.net.data

        def mm(field: Any) -> int | None:
            return field.data * 10 if field.data else None

        return VariantFields(
            name_vi=self.name_vi.data or "",
            name_en=self.name_en.data or "",
            price_vnd=self.price_vnd.data,
            compare_at_vnd=self.compare_at_vnd.data,
            net_g=net if kind == "g" else None,
            net_ml=net if kind == "ml" else None,
            pieces=net if kind == "pieces" else None,
            weight_g=self.weight_g.data or self.assumed_g or 0,
            length_mm=mm(self.length_cm),
            width_mm=mm(self.width_cm),
            height_mm=mm(self.height_cm),
            restock_on=self.restock_on.data,
            sku=self.sku.data or "",
        )


class _Count(ShopForm):
    on_hand = Whole(
        lazy_("Hiện có bao nhiêu?"), least=0, most=1_000_000, need=lazy_("Chị ghi số đang có.")
    )


class NewPackForm(PackForm, _Count):
    """Another pack with its first count."""


class PhotoForm(ShopForm):
    """One photo with the words for it."""

    #: The photo that came in pieces.
    da_gui = Hidden()
    anh = FileField(lazy_("Ảnh"))
    alt_vi = Lines(lazy_("Chị tả ảnh cho người không nhìn thấy"), most=500)
    alt_en = Lines(lazy_("Lời tả bằng tiếng Anh"), most=500)


class NewProductForm(ProductForm, NewPackForm, PhotoForm):
    """Everything of a new product on one page; most of it can wait."""

    further_names = FURTHER
    #: The attempt, made with the page: sent twice it makes one product.
    khoa = Hidden()
    #: "ban" puts it on sale at once, "nhap" keeps a draft.
    lam = Choice(choices=[("ban", "ban"), ("nhap", "nhap")], default="ban")


class CountForm(_Count):
    """What she counted, and why it differs."""

    reason = Line(lazy_("Vì sao thay đổi?"), most=200)
