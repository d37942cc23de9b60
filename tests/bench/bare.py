"""The yardsticks: small Flask programs without a shop around them, served the same way."""

import secrets
from datetime import UTC, datetime

from flask import Flask, redirect, request
from flask_sqlalchemy import SQLAlchemy
from jinja2 import Template
from sqlalchemy import ForeignKey, String, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

try:  # The shop's driver; ``shop.db`` itself would bring its own ways of opening a transaction.
    import pysqlite3 as sqlite_driver
except ImportError:
    import sqlite3 as sqlite_driver

CARDS = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Hàng hoá</title>
<link rel="stylesheet" href="/static/a.css"></head><body><header><a href="/">Chợ</a>
<form action="/tim"><label for="q">Tìm</label><input id="q" name="q"><button>Tìm</button></form>
<nav><a href="/hang-hoa">Hàng hoá</a> <a href="/nguoi-lam">Người làm</a></nav></header>
<main><h1>Hàng hoá</h1><ul>{% for p in products %}
<li class="card"><img src="/media/{{ p.picture }}-320.jpg" alt="{{ p.title }}" width="320" height="320"
loading="lazy"><h3><a href="/san-pham/{{ p.slug }}">{{ p.title }}</a></h3>
<p class="price">{{ p.price|vnd }} <small>/ {{ p.unit }}</small></p><p>{{ p.maker }}</p>
<p class="stock">Còn {{ p.stock }} {{ p.unit }}</p></li>{% endfor %}</ul>
<a href="?trang=2">Trang sau</a></main><footer>Chợ</footer></body></html>"""


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))


class Maker(Base):
    __tablename__ = "makers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    maker_id: Mapped[int] = mapped_column(ForeignKey("makers.id"), index=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(100))
    unit: Mapped[str] = mapped_column(String(20))
    price: Mapped[int]
    stock: Mapped[int]
    picture: Mapped[str] = mapped_column(String(40))
    maker: Mapped[Maker] = relationship()


class Basket(Base):
    __tablename__ = "baskets"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)


class BasketItem(Base):
    __tablename__ = "basket_items"
    id: Mapped[int] = mapped_column(primary_key=True)
    basket_id: Mapped[int] = mapped_column(ForeignKey("baskets.id"), index=True)
    thing_id: Mapped[int] = mapped_column(ForeignKey("things.id"))
    quantity: Mapped[int]
    thing: Mapped[Thing] = relationship()


class BareOrder(Base):
    __tablename__ = "bare_orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(200))
    total: Mapped[int]
    placed_at: Mapped[datetime]


class BareLine(Base):
    __tablename__ = "bare_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("bare_orders.id"), index=True)
    thing_id: Mapped[int] = mapped_column(ForeignKey("things.id"))
    title: Mapped[str] = mapped_column(String(100))
    quantity: Mapped[int]
    price: Mapped[int]


class BareLog(Base):
    __tablename__ = "bare_log"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("bare_orders.id"), index=True)
    text: Mapped[str] = mapped_column(String(100))


def create_bare(url: str) -> Flask:
    """Return the bare app over a database made by ``fill``."""
    app = Flask("bare")
    options = {"module": sqlite_driver} if url.startswith("sqlite") else {}
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=options)
    db = SQLAlchemy(model_class=Base)
    db.init_app(app)
    app.jinja_env.filters["vnd"] = lambda n: f"{n:,} đồng".replace(",", ".")
    page = app.jinja_env.from_string(CARDS)
    with app.app_context():
        if url.startswith("sqlite"):

            @event.listens_for(db.engine, "connect")
            def _pragmas(connection: object, _: object) -> None:
                for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
                    connection.execute(f"PRAGMA {pragma}")

    t, m = Thing.__table__, Maker.__table__
    core = (
        select(
            t.c.slug,
            t.c.title,
            t.c.unit,
            t.c.price,
            t.c.stock,
            t.c.picture,
            m.c.name.label("maker"),
        )
        .join(m, m.c.id == t.c.maker_id)
        .order_by(t.c.id.desc())
        .limit(24)
    )

    @app.get("/h")
    def hello() -> str:
        return "hello"

    @app.get("/l")
    def by_core() -> str:
        return page.render(products=db.session.execute(core).all())

    @app.get("/b")
    def by_orm() -> str:
        things = db.session.scalars(select(Thing).order_by(Thing.id.desc()).limit(24)).all()
        makers = {
            x.id: x.name
            for x in db.session.scalars(
                select(Maker).where(Maker.id.in_({x.maker_id for x in things}))
            )
        }
        db.session.scalars(select(Shelf).order_by(Shelf.id)).all()
        db.session.scalar(select(func.count()).select_from(Thing).where(Thing.maker_id == 1))
        return page.render(
            products=[
                {"slug": x.slug, "title": x.title, "unit": x.unit, "price": x.price, "stock": x.stock,
                 "picture": x.picture, "maker": makers[x.maker_id]}
                for x in things
            ]
        )  # fmt: skip

    @app.get("/thing/<slug>")
    def thing(slug: str) -> str:
        one = db.session.scalar(select(Thing).where(Thing.slug == slug))
        others = db.session.scalars(
            select(Thing).where(Thing.maker_id == one.maker_id).limit(24)
        ).all()
        return page.render(products=[{
            "slug": x.slug, "title": x.title, "unit": x.unit, "price": x.price, "stock": x.stock,
            "picture": x.picture, "maker": x.maker.name} for x in others])  # fmt: skip

    def basket() -> Basket | None:
        return db.session.scalar(
            select(Basket).where(Basket.token == request.cookies.get("cart", ""))
        )

    @app.post("/cart")
    def add() -> object:
        mine = basket()
        reply = redirect("/cart", 303)
        if mine is None:
            mine = Basket(token=secrets.token_hex(16))
            db.session.add(mine)
            db.session.flush()
            reply.set_cookie("cart", mine.token)
        db.session.add(BasketItem(basket_id=mine.id, thing_id=int(request.form["id"]), quantity=1))
        db.session.commit()
        return reply

    def small(body: str) -> Template:
        # Compiled once, as Flask keeps the templates of files.
        return app.jinja_env.from_string(
            '<!doctype html><html lang="vi"><head><meta charset="utf-8"></head><body>' + body
        )

    rows = "<ul>{% for i in items %}<li>{{ i.thing.title }} {{ i.quantity }} × {{ i.thing.price|vnd }}</li>{% endfor %}</ul>"
    cart_page = small("<h1>Giỏ</h1>" + rows + "<a href=/checkout>Đặt</a>")
    checkout_page = small(
        "<h1>Đặt hàng</h1>" + rows + "<form method=post><input name=name><input name=phone>"
        "<input name=address><button>Đặt</button></form>"
    )
    order_page = small(
        "<h1>{{ o.code }}</h1>{{ o.total|vnd }}<ul>{% for l in lines %}<li>{{ l.title }}</li>{% endfor %}</ul>"
    )

    def items() -> list[BasketItem]:
        mine = basket()
        if mine is None:
            return []
        return list(db.session.scalars(select(BasketItem).where(BasketItem.basket_id == mine.id)))

    @app.get("/cart")
    def cart() -> str:
        return cart_page.render(items=items())

    @app.get("/checkout")
    def checkout() -> str:
        return checkout_page.render(items=items())

    @app.post("/checkout")
    def place() -> object:
        mine = items()
        order = BareOrder(
            code=secrets.token_hex(6), name=request.form["name"], phone=request.form["phone"],
            address=request.form["address"], total=sum(i.quantity * i.thing.price for i in mine),
            placed_at=datetime.now(UTC).replace(tzinfo=None),
        )  # fmt: skip
        db.session.add(order)
        db.session.flush()
        for i in mine:
            i.thing.stock -= i.quantity
            db.session.add(BareLine(order_id=order.id, thing_id=i.thing_id, title=i.thing.title,
                                    quantity=i.quantity, price=i.thing.price))  # fmt: skip
            db.session.delete(i)
        db.session.add(BareLog(order_id=order.id, text="placed"))
        db.session.commit()
        return redirect(f"/order/{order.code}", 303)

    @app.get("/order/<code>")
    def order(code: str) -> str:
        one = db.session.scalar(select(BareOrder).where(BareOrder.code == code))
        lines = db.session.scalars(select(BareLine).where(BareLine.order_id == one.id)).all()
        return order_page.render(o=one, lines=lines)

    return app


def fill(url: str, products: int) -> None:
    """Make the bare app's tables with so many products."""
    import sqlalchemy as sa

    engine = sa.create_engine(
        url, **({"module": sqlite_driver} if url.startswith("sqlite") else {})
    )
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        makers = max(4, products // 20)
        connection.execute(Shelf.__table__.insert(), [{"name": f"Quầy {n}"} for n in range(24)])
        connection.execute(
            Maker.__table__.insert(), [{"name": f"Người làm {n}"} for n in range(makers)]
        )
        connection.execute(
            Thing.__table__.insert(),
            [
                {"maker_id": n % makers + 1, "slug": f"mon-{n}", "title": f"Bột ngũ cốc số {n}", "unit": "hũ",
                 "price": 50_000 + n % 90 * 1000, "stock": 10_000_000, "picture": f"{n:032x}"}
                for n in range(products)
            ],
        )  # fmt: skip
    engine.dispose()
