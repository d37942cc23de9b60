"""Addresses of the map are Werkzeug's own, compiled when they are first asked for."""

from werkzeug.routing import BuildError, Map, Rule

from shop.web.links import Address

RULES = (
    ("/gio", {}),
    ("/hang/<slug>", {}),
    ("/hang/<slug>/<int:page>", {}),
    ("/hang/<slug>/dau", {"page": 1}),
    ("/<path:rest>/cuoi", {}),
)
ASKED = (
    (0, {}), (0, {"tu": "mật ong"}), (1, {"slug": "mật ong/2"}), (1, {"slug": "a", "xep": ["b", "c"]}),
    (1, {}), (2, {"slug": "a", "page": 7}), (2, {"slug": "a", "page": -1}), (3, {"slug": "a"}),
    (4, {"rest": "a/b"}), (1, {"slug": "a", "rule": "b", "self": "c"}),
)  # fmt: skip


def _addresses(kind: type[Rule]) -> list[str]:
    bound = Map(
        [kind(rule, endpoint=str(n), defaults=more) for n, (rule, more) in enumerate(RULES)]
    ).bind("cho.example.vn")
    told = []
    for n, values in ASKED:
        for with_query in (True, False):
            for _again in range(2):
                try:
                    told.append(bound.build(str(n), values, append_unknown=with_query))
                except BuildError:
                    told.append("none")
    return told


def test_addresses_are_those_of_werkzeug():
    assert _addresses(Address) == _addresses(Rule)
    assert "none" in _addresses(Address)


def test_a_shop_is_built_without_compiling_them(make_app, monkeypatch):
    seen = []
    compile_it = Rule._compile_builder

    def note(rule, append_unknown=True):
        seen.append(rule.rule)
        return compile_it(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", note)
    bound = make_app().url_map.bind("localhost")
    assert not seen
    for _again in range(2):
        assert bound.build("listings.lot_picture", {"code": "A"}).endswith(".svg")
    assert seen == ["/lo/<code>/qr.svg"]
