"""The form of a paper: what stands on it."""

from typing import Any

from wtforms import FileField
from wtforms.validators import ValidationError

from shop.catalogue.paper_rules import KINDS, STARS, PaperFields
from shop.web.forms import Choice, Day, Line, ShopForm
from shop.web.words import lazy_, tr


class PaperForm(ShopForm):
    """A paper of the stall or of one product. Names are those of ``PaperFields``."""

    kind = Choice(
        lazy_("Giấy gì?"),
        choices=[
            ("", lazy_("Chọn loại giấy")),
            ("ocop", lazy_("Giấy chứng nhận OCOP")),
            ("food_safety", lazy_("Đủ điều kiện an toàn thực phẩm")),
            ("declaration", lazy_("Tự công bố sản phẩm")),
            ("identity", lazy_("Giấy tờ tuỳ thân")),
            ("other", lazy_("Giấy khác")),
        ],
        default="",
    )
    product = Choice(lazy_("Của món nào?"), default="")
    name = Line(lazy_("Tên giấy"), most=120)
    stars = Choice(
        lazy_("Mấy sao?"), choices=[("", lazy_("không có")), *((str(n), str(n)) for n in STARS)],
        default="",
    )  # fmt: skip
    number = Line(lazy_("Số giấy"), need=lazy_("Chị ghi số ghi trên giấy."), most=120)
    issuer = Line(lazy_("Ai cấp?"), most=160)
    issued_on = Day(lazy_("Cấp ngày"))
    expires_on = Day(lazy_("Hết hạn ngày"))
    file = FileField(lazy_("Ảnh tờ giấy, hay PDF"))

    def offer(self, products: list[Any]) -> Any:
        """Fill in the stall's goods; returns the form itself."""
        self.product.choices = [
            ("", lazy_("Cả gian hàng")),
            *((str(row.id), tr(row, "title")) for row in products),
        ]
        return self

    def _needs(self, what: str) -> bool:
        kind = KINDS.get(self.kind.data or "")
        return kind is not None and bool(getattr(kind, what))

    def validate_kind(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(str(lazy_("Chị chọn loại giấy.")))

    def validate_product(self, field: Any) -> None:
        if self._needs("of_product") and not field.data:
            raise ValidationError(str(lazy_("Giấy này là của một món. Chị chọn món nào.")))

    def validate_name(self, field: Any) -> None:
        if self._needs("is_named") and not field.data:
            raise ValidationError(str(lazy_("Chị ghi tên giấy, như trên giấy.")))

    def validate_stars(self, field: Any) -> None:
        if self._needs("has_stars") and not field.data:
            raise ValidationError(str(lazy_("Giấy OCOP thì chị chọn mấy sao.")))

    def validate_expires_on(self, field: Any) -> None:
        if self._needs("must_expire") and field.data is None and not field.text:
            raise ValidationError(
                str(lazy_("Giấy này có hạn. Chị ghi ngày hết hạn, hết hạn chợ tự cất."))
            )
        if field.data and self.issued_on.data and field.data < self.issued_on.data:
            raise ValidationError(str(lazy_("Ngày hết hạn phải sau ngày cấp.")))

    @property
    def said(self) -> PaperFields:
        return PaperFields(
            kind=self.kind.data, number=self.number.data or "",
            product_id=int(self.product.data) if self.product.data else None,
            name=self.name.data or "", issuer=self.issuer.data or "",
            issued_on=self.issued_on.data, expires_on=self.expires_on.data,
            stars=int(self.stars.data) if self.stars.data else None,
        )  # fmt: skip
