"""Compiled templates are kept for the next process, where nobody else can write."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from shop.kernel.settings import ROOT
from shop.web import assets, compiled
from shop.web.compiled import CompiledTemplates
from shop.web.templating import Templates
from shop.web.words import speaking

PAGE = "pages/words.html"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def compilings(monkeypatch) -> list[str]:
    """The names of files that were compiled, in order."""
    seen: list[str] = []
    compile_it = Templates._compile

    def note(env: Templates, source: str, filename: str):
        seen.append(filename)
        return compile_it(env, source, filename)

    monkeypatch.setattr(Templates, "_compile", note)
    return seen


@pytest.fixture
def start(make_app: Callable[..., Flask], folder: Path, compilings: list[str]):
    """Start a shop anew and say what it makes of a page of that source."""

    def make(source: str = "{{ 6 * 7 }}", *, spoken: str = "vi", **more) -> str:
        app = make_app(compiled_templates=str(folder), **more)
        app.jinja_env.loader = ChoiceLoader([DictLoader({PAGE: source}), app.jinja_env.loader])
        compilings.clear()
        with app.test_request_context("/"), speaking(spoken):
            return app.jinja_env.get_template(PAGE).render()

    return make


def test_a_page_is_compiled_once_for_all_processes_that_come(start, compilings):
    assert (start(), len(compilings)) == ("42", 1)
    assert (start(), len(compilings)) == ("42", 0)


def test_another_source_or_wording_is_compiled_for_itself(start, compilings):
    say = '{{ _("Bỏ qua, đến nội dung chính") }}{{ language() }}'
    vietnamese = start(say)
    assert (start(say, spoken="en") != vietnamese, len(compilings)) == (True, 1)
    assert (start(say), len(compilings)) == (vietnamese, 0)
    assert (start("{{ 6 * 8 }}"), len(compilings)) == ("48", 1)


def test_a_newer_program_compiles_anew_and_leaves_no_files_of_the_old_one(
    start, compilings, folder, monkeypatch
):
    start()
    monkeypatch.setattr(compiled, "program", lambda: "newer")
    assert (start(), len(compilings)) == ("42", 1)
    assert (start(), len(compilings)) == ("42", 0)
    assert len(list(folder.iterdir())) == 1


def test_whatever_stands_in_a_compiled_page_beside_its_source_makes_a_newer_program(monkeypatch):
    """Words, icons, filters, how all of it is compiled, the engine itself."""
    read: set[Path] = set()
    read_it = Path.read_bytes

    def note(path: Path) -> bytes:
        read.add(path)
        return read_it(path)

    monkeypatch.setattr(Path, "read_bytes", note)
    compiled.program.__wrapped__()
    words = ROOT / "shop" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
    engine = Path(jinja2.__file__).parent / "compiler.py"
    assert {words, engine, ROOT / "templates" / "components" / "icon.html"} <= read
    assert {*(ROOT / "shop").rglob("*.py")} <= read


def test_a_changed_style_sheet_has_its_new_address_in_compiled_pages(start, monkeypatch):
    page = "{{ asset('css/base.css') }}"
    before = start(page)
    monkeypatch.setattr(assets, "release_of", lambda folder: "newer")
    assert start(page) == "/static/newer/css/base.css" != before


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "of another page"])
def test_a_file_that_the_shop_did_not_write_is_never_run(start, compilings, folder, harm):
    start("{{ 1 }}")
    foreign = next(folder.iterdir()).read_bytes()
    start()
    (kept,) = folder.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes({
        "cut": whole[:-9], "changed": whole[:-1] + bytes([whole[-1] ^ 1]), "empty": b"",
        "of another page": foreign,
    }[harm])  # fmt: skip
    assert (start(), len(compilings)) == ("42", 1)
    assert (start(), len(compilings)) == ("42", 0)


def test_what_another_shop_signed_is_not_run(start, compilings):
    start()
    assert (start(secret_key="another" * 8), len(compilings)) == ("42", 1)


def test_the_folder_is_for_this_user_alone(start, folder):
    start()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (kept,) = folder.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_nothing_is_read_from_a_folder_that_others_may_write_to(
    start, compilings, folder, mode, caplog
):
    start()
    folder.chmod(mode)
    caplog.clear()
    assert (start(), len(compilings)) == ("42", 1)
    assert "others may write" in caplog.text


def test_nothing_is_read_through_a_link_or_from_another_user_s_folder(
    start, compilings, folder, monkeypatch
):
    start()
    real = folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(real)
    assert (start(), len(compilings)) == ("42", 1)
    folder.unlink()
    real.rename(folder)
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert (start(), len(compilings)) == ("42", 1)


def test_pages_are_shown_where_no_folder_can_be_made(start, folder, caplog):
    """As on a disk that may only be read: the folder's own place is taken by a file."""
    folder.write_text("")
    assert [start(), start()] == ["42", "42"]
    assert "not kept" in caplog.text


def test_pages_are_shown_on_a_full_disk_and_no_half_file_stays(
    start, folder, compilings, monkeypatch, caplog
):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as while_full:
        while_full.setattr(os, "replace", full)
        assert start() == "42"
    assert not list(folder.iterdir())
    assert caplog.text.count("No space left") == 1
    with monkeypatch.context() as while_full:
        while_full.setattr(compiled.tempfile, "mkstemp", full)
        assert start() == "42"
    assert (start(), len(compilings)) == ("42", 1)
    assert len(list(folder.iterdir())) == 1


def test_compiled_pages_lie_in_the_instance_folder_unless_a_setting_says_otherwise(
    make_app, tmp_path
):
    kept = make_app(compiled_templates="").jinja_env.bytecode_cache
    assert isinstance(kept, CompiledTemplates)
    assert kept.folder == tmp_path / "compiled"
