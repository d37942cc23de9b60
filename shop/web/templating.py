"""The template engine, without detours that every page would pay for."""

from collections.abc import Mapping, MutableMapping, Sequence
from types import CodeType
from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from shop.kernel.memory import give_back_memory
from shop.web.words import gettext, language, to_whom, wording

#: The component of line icons: most stand in a page under a fixed name.
ICONS = "components/icon.html"


class _Template(Template):
    """A template whose macros are the same for whoever imports them."""

    def _get_default_module(self, ctx: Context | None = None) -> Any:
        # Jinja compares all global names each time; here all templates share them.
        module = self._module
        return super()._get_default_module() if module is None else module


class Templates(Environment):
    """Compiles each template once per wording, with its sentences already in it.

    What a page says without numbers or names is then plain text between its tags, which
    costs nothing to put together; looked up sentence by sentence it was a fifth of a page.
    """

    template_class = _Template

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._compiled: dict[tuple[str, str], Template] = {}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # Templates here all share the same global names. Jinja lets each have some of its
        # own and therefore lays two mappings over each other, which it then walks through
        # for every page, include and import.
        return super().make_globals(d) if d else self.globals

    def _load_template(
        self,
        name: str,
        globals: MutableMapping[str, Any] | None,  # noqa: A002 - Jinja's word.
    ) -> Template:
        key = (wording(), name)
        template = self._compiled.get(key)
        if template is None or globals:
            assert self.loader is not None
            template = self.loader.load(self, name, self.make_globals(globals))
            if not globals:
                self._compiled[key] = template
        return template

    def _compile(self, source: str, filename: str) -> CodeType:
        # Python takes up to 15 MB to compile a page, and leaves them lying in holes.
        made = super()._compile(source, filename)
        give_back_memory()
        return made

    def _generate(self, source: nodes.Template, name: str | None, *args: Any, **kwargs: Any) -> str:
        escapes = self.autoescape(name) if callable(self.autoescape) else self.autoescape
        known = {"asset": self.globals.get("asset")}
        if any(_takes_icons(node) for node in source.find_all(nodes.FromImport)):
            known["icon"] = self.get_template(ICONS).module.icon  # type: ignore[attr-defined]
        _Saying(known, language(), escapes).visit(source)
        return super()._generate(source, name, *args, **kwargs)


def _takes_icons(node: nodes.FromImport) -> bool:
    return isinstance(node.template, nodes.Const) and (
        (node.template.value, "icon" in node.names) == (ICONS, True)
    )


class _Saying(NodeTransformer):
    """Puts what is known when a template is compiled in place of the call that asks for it."""

    def __init__(self, known: Mapping[str, Any], spoken: str, escapes: bool) -> None:
        self.known = known
        self.spoken = spoken
        self.escapes = escapes

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        asked = node.node.name if isinstance(node.node, nodes.Name) else ""
        given = [arg.value for arg in node.args if isinstance(arg, nodes.Const)]
        if node.dyn_args or node.dyn_kwargs:
            return node
        if asked == "language":
            return nodes.Const(self.spoken, lineno=node.lineno)
        known = self.known.get(asked)
        if known and given and len(given) == len(node.args) and not node.kwargs:
            text = nodes.Const(str(known(*given)), lineno=node.lineno)
            return nodes.MarkSafe(text) if asked == "icon" and self.escapes else text
        if asked == "_" and len(given) == 1:
            return self._said(gettext(*given), node.kwargs)
        # Vietnamese has one form for all numbers; English looks at each.
        if asked == "ngettext" and len(given) == 2 and self.spoken == "vi":
            return self._said(to_whom(given[1]), [nodes.Keyword("num", node.args[2]), *node.kwargs])
        return node

    def _said(self, words: str, named: Sequence[nodes.Keyword]) -> nodes.Expr:
        # As Jinja's own: the sentence is trusted, what is put into it is not.
        sentence = nodes.Const(words if named else words % {})
        said = nodes.MarkSafe(sentence) if self.escapes else sentence
        if not named:
            return said
        return nodes.Mod(said, nodes.Dict([nodes.Pair(nodes.Const(k.key), k.value) for k in named]))
