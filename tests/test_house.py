"""The house keeps its shape: only db.py commits, views declare guards, refusals have words."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from flask import Flask

import shop
from shop.kernel.errors import Refusal
from shop.web.guards import WITHOUT_TOKEN, guard_of

SHOP = Path(shop.__file__).parent
ROOT = SHOP.parent
FILES = sorted(p for p in SHOP.rglob("*.py") if "prints" not in p.parts)
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
#: What a room's files hold, in the order in which they import one another.
KINDS = ["rules", "events", "models", "queries", "actions", "forms", "views"]

#: Views whose posts carry no token, by guard. A change of this list is a decision.
TOKEN_FREE_POSTS = {
    "visitor",
    "link",
    "hook",
    "anyone",
}


def kind_of(path: Path) -> str | None:
    """Return what a file of a room holds, by its name or the folder that it lies in, or None.

    ``stock/lot_rules.py``, ``payments/rules/books.py`` and ``organisations/lists/rules.py`` are
    all rules.
    """
    parts = path.relative_to(SHOP).with_suffix("").parts[1:]
    return next((kind for part in parts if (kind := part.rpartition("_")[2]) in KINDS), None)


def files_of(kind: str) -> list[Path]:
    return [path for path in FILES if kind_of(path) == kind]


def imported_files(path: Path) -> Iterator[Path]:
    """Return the files of the same room from which one imports, late imports included."""
    room = path.relative_to(SHOP).parts[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"shop.{room}."):
            for alias in node.names:
                name = f"{node.module}.{alias.name}".replace(".", "/")
                yield (ROOT / name).with_suffix(".py")


def attribute_calls(path: Path) -> set[str]:
    """Return the names of methods that a file calls."""
    return {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SHOP)))
def test_only_db_commits(path):
    assert path == SHOP / "db.py" or "commit" not in attribute_calls(path)


@pytest.mark.parametrize(
    "path", [p for p in FILES if kind_of(p)], ids=lambda p: str(p.relative_to(SHOP))
)
def test_rooms_import_in_their_order(path):
    here = KINDS.index(str(kind_of(path)))
    for other in imported_files(path):
        kind = kind_of(other)
        assert kind is None or KINDS.index(kind) <= here, f"{path} imports {other}"


@pytest.mark.parametrize("path", files_of("rules"), ids=lambda p: str(p.relative_to(SHOP)))
def test_rules_know_no_framework_and_no_clock(path):
    assert not re.search(
        r"^\s*(from|import) (flask|sqlalchemy|wtforms)|\.now\(|\.today\(|now_utc\(",
        path.read_text(),
        re.MULTILINE,
    )


def test_actions_do_not_read_the_clock():
    for path in files_of("actions"):
        assert not re.search(r"\.now\(|\.today\(|now_utc\(|current_user", path.read_text()), path


def test_a_view_that_answers_a_refusal_tries_again_after_a_deadlock():
    """``try_to`` and ``in_transaction`` do; a transaction opened by hand in a ``try`` does not."""
    for path in FILES:
        if path.name != "views.py" and "views" not in path.parts:
            continue
        tries = [t for t in ast.walk(ast.parse(path.read_text())) if isinstance(t, ast.Try)]
        for held in (inner for t in tries for step in t.body for inner in ast.walk(step)):
            if isinstance(held, ast.With):
                opened = [ast.unparse(item.context_expr) for item in held.items]
                assert "transaction()" not in opened, f"{path}:{held.lineno}"


def test_every_view_declares_a_known_guard(app: Flask):
    known = {"anyone", "visitor", "link", "hook", "signed_in", "seller", "officer", "operator"}
    for rule in app.url_map.iter_rules():
        assert guard_of(app, rule.endpoint) in known, f"{rule} ({rule.endpoint})"


def test_reading_and_writing_are_separate_views(app: Flask):
    for rule in app.url_map.iter_rules():
        methods = set(rule.methods or ()) - {"HEAD", "OPTIONS"}
        assert len(methods) == 1, f"{rule} answers {methods} in one view"


def test_posts_without_a_token_are_the_ones_we_know():
    assert WITHOUT_TOKEN == TOKEN_FREE_POSTS


#: Posts whose pages are cacheable or come from a link, so that no token protects them: guarded
#: by Sec-Fetch-Site, Origin and SameSite instead (QUALITY T07). A change is a decision.
TOKEN_FREE_VIEWS = {
    "visitor": {
        "accounts.ask_link", "accounts.ask_passkey", "accounts.enter_with_passkey", "accounts.new_password", "accounts.second_step", "accounts.sign_in", "accounts.switch",
        "accounts.sign_in_by_code", "buying.figures", "buying.order", "buying.stop_news_by_letter", "buying.track",
        "listings.add", "operations.complain", "organising.give", "organising.give_goods", "organising.pay_gift", "organising.pledge", "organising.use_slip", "organising.withdraw_pledge", "ordering.change", "ordering.fit",
        "ordering.give", "ordering.give_no_more", "organising.ask_to_be_let_in", "organising.join_by_code",
        "ordering.place", "ordering.remove", "ordering.undo", "selling.ask_for_stall", "selling.kiosk_print",
        "selling.new_stall", "selling.want_stall_by_code",
    },
    "link": {
        "buying.accept_quote", "buying.again", "buying.cancel", "buying.keep_order",
        "buying.hold_goods_longer", "buying.open_account", "buying.pay_by_credit", "buying.pay_by_transfer",
        "buying.pay_online", "buying.refund_account", "buying.refund_as_credit", "buying.refund_as_gift", "buying.report_transfer", "buying.review",
        "buying.show_address", "buying.stop_news", "buying.withdraw_gift",
    },
    "hook": {
        "banking.told", "carriers.told", "gateways.momo_told", "gateways.stripe_told", "gateways.zalopay_told",
    },
}  # fmt: skip


def test_views_that_take_posts_without_a_token_are_the_ones_we_know(app: Flask):
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        name = guard_of(app, rule.endpoint)
        if name in WITHOUT_TOKEN and "POST" in (rule.methods or ()):
            found.setdefault(str(name), set()).add(rule.endpoint)
    assert found == TOKEN_FREE_VIEWS


#: Modules by which a program reaches others, and who may: the shop itself fetches nothing
#: that a user names (QUALITY T37).
REACHING_OUT = re.compile(
    r"^\s*(?:import|from) (smtplib|obstore|redis|urllib\.request|http\.client|requests|httpx|aiohttp"
    r"|ftplib|socketserver|xmlrpc|paramiko|stripe)\b", re.MULTILINE,
)  # fmt: skip
REACHES = {
    "notifications/mailing.py": {"smtplib"},
    "notifications/backend.py": {"smtplib"},
    "media/store.py": {"obstore"},
    "payments/gateways/outside.py": {"http.client"},
    "payments/gateways/stripe_calls.py": {"stripe"},
    "web/limits.py": {"redis"},
}


def test_only_mail_pictures_counters_and_gateways_reach_other_machines():
    found = {
        str(path.relative_to(SHOP)): names
        for path in FILES
        if (names := set(REACHING_OUT.findall(path.read_text())))
    }
    assert found == REACHES


def test_no_view_reads_json():
    """So nested JSON, unknown keys and odd types cannot come in (QUALITY T25, T30)."""
    for path in FILES:
        assert not re.search(r"get_json|request\.json|is_json|request\.data\b", path.read_text()), (
            path
        )


def test_sql_is_put_together_from_constants_only():
    """QUALITY T28. Apart: the transaction's BEGIN, names of roles and tables that are quoted,
    the search's eight statements, put together from constants when the program starts, and what
    draws pictures: its ``text`` is a pen's, and it knows no database."""
    apart = {"db.py", "cli/grants.py", "listings/queries/search.py", "sharing/drawing.py"}
    assert "sqlalchemy" not in (SHOP / "sharing/drawing.py").read_text()
    for path in FILES:
        if str(path.relative_to(SHOP)) in apart:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = (
                node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            )
            if name in ("text", "sql", "exec_driver_sql", "literal_column"):
                assert _is_constant(node.args[0]), f"{path}:{node.lineno}"


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    return isinstance(node, ast.Constant)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_pinned_by_version_and_hash(name):
    lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    wanted = [line for line in lines if line.strip() and not line.startswith("#")]
    assert len(wanted) > 20
    for line in wanted:
        assert "==" in line.split(";")[0], line[:60]
        assert "--hash=sha256:" in line, line[:60]


def test_the_shop_imports_every_package_that_it_is_installed_with_and_names_every_one():
    """What tests and commands of development alone need stands in a group of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {_plain(re.split(r"[^\w.-]", one)[0]) for one in project["dependencies"]}
    grown = {
        _plain(re.split(r"[^\w.-]", one)[0]) for one in project["optional-dependencies"]["grown"]
    }
    imported = {
        name.partition(".")[0]
        for folder in ("shop", "migrations")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in _imported_by(node)
    }
    used = {
        _plain(package)
        for module, packages in packages_distributions().items()
        if module in imported
        for package in packages
    }
    assert names - used == set()
    # The list of banks is generated by a developer, from a package that only tests have.
    assert used - names - grown == {"vietnam-qr-pay"}


def _imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [str(node.module)] if isinstance(node, ast.ImportFrom) and not node.level else []


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_a_stranger_is_turned_away_from_everything_personal(app: Flask):
    stranger = app.test_client()
    for rule in app.url_map.iter_rules():
        name = guard_of(app, rule.endpoint)
        if name in ("anyone", "visitor", "hook"):
            continue
        values = dict.fromkeys(rule.arguments, 1)
        with app.test_request_context():
            try:
                address = app.url_map.bind("localhost").build(rule.endpoint, values)
            except Exception:
                address = app.url_map.bind("localhost").build(
                    rule.endpoint, dict.fromkeys(rule.arguments, "x")
                )
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        status = stranger.open(address, method=method).status_code
        assert status in (303, 404), f"{method} {address} answered {status} to a stranger"


def test_a_signed_in_post_without_a_token_changes_nothing(
    app: Flask, an_account, sign_in, a_seller
):
    owner = an_account(operator=True)
    a_seller(owner_id=owner)
    for kind in ("seller", "operator"):
        browser = sign_in(owner, kind)
        for rule in app.url_map.iter_rules():
            if guard_of(app, rule.endpoint) in WITHOUT_TOKEN or "POST" not in (rule.methods or ()):
                continue
            try:
                address = app.url_map.bind("localhost").build(
                    rule.endpoint, dict.fromkeys(rule.arguments, 1)
                )
            except Exception:
                continue
            status = browser.post(address).status_code
            assert status in (303, 400, 404), f"POST {address} answered {status} without a token"


def test_other_sites_cannot_post(app: Flask, client):
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) == "hook" or "POST" not in (rule.methods or ()):
            continue
        address = re.sub(r"<[^>]+>", "1", rule.rule)
        status = client.post(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code
        assert status in (403, 404), f"{address} answered {status} to another site"


def refusals(of: type[Refusal] = Refusal) -> list[type[Refusal]]:
    found = []
    for kind in of.__subclasses__():
        found += [kind, *refusals(kind)]
    return found


def test_every_refusal_has_its_sentence(app: Flask):
    words = (ROOT / "templates" / "components" / "refusal.html").read_text()
    codes = {kind.code for kind in refusals() if kind.__module__.startswith("shop.")}
    missing = {code for code in codes if f"'{code}'" not in words and f'"{code}"' not in words}
    assert not missing


@pytest.mark.parametrize(
    "path",
    # Mail programs know no style sheets, so mails are no pages of this policy.
    [p for p in TEMPLATES if p.suffix == ".html" and p.parent.name != "notifications"],
    ids=lambda p: p.parent.name + "/" + p.name,
)
def test_templates_keep_the_content_policy(path):
    text = path.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|data:image", text)
    assert not re.search(r"""(src|action|srcset)=["']https?:|<link[^>]*href=["']https?:""", text)
    assert not re.search(r"<script(?![^>]*(src=|application/ld\+json))", text)
    assert "|safe" not in text
