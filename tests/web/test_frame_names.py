"""The frame's own names are not those of the pages that extend it.

A frame is rendered after the page's own ``set`` lines and before its blocks: a name that both set
holds the frame's value in every block, whatever the page wanted.
"""

import re

import pytest

from shop.kernel.settings import ROOT

_SET = re.compile(r"\{%-? set (\w+)(?:, (\w+))? (?:=|%)")
TEMPLATES = ROOT / "templates"


@pytest.mark.parametrize("frame", ["base.html", "dash.html"])
def test_no_page_sets_a_name_of_its_frame(frame):
    names = {name for found in _SET.findall((TEMPLATES / frame).read_text("utf-8")) for name in found if name}  # fmt: skip
    assert names
    between = "frame|'selling/frame.html'|" if frame == "dash.html" else ""
    extends = re.compile(rf"\{{% extends (?:{between}'{re.escape(frame)}') %\}}")
    clashes = [
        f"{page.relative_to(TEMPLATES)}: {name}"
        for page in sorted(TEMPLATES.rglob("*.html"))
        if extends.search(text := page.read_text("utf-8"))
        for name in {one for found in _SET.findall(text) for one in found} & names
    ]
    assert not clashes
