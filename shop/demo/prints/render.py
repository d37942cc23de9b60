"""Turn the prints into picture masters.  A tool for the drawing table; the running shop never calls it.

    python -m shop.demo.prints.render                      every print
    python -m shop.demo.prints.render mam-nem sap-ong      only these
    python -m shop.demo.prints.render --sheet sheet.png    look at them side by side instead

Each drawing, and each square print in ``finished/``, becomes ``shop/demo/pictures/<slug>.webp``, 1200 by 1200.
Every smaller size is made from that master by the shop's own picture pipeline.

Needs Pillow and a Chromium: the one named by $CHROMIUM, or the first found on the path.
"""

from __future__ import annotations

import argparse
import html
import importlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
FINISHED = HERE / "finished"
PICTURES = HERE.parent / "pictures"
REGISTRIES = ("pantry", "household")
SIDE = 1200
QUALITIES = (82, 76, 70, 64)  # the first that keeps a master within its weight
WEIGHT = 90_000
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)
SLACK = 200  # the headless window may be shorter than asked for, so ask for more and cut


def drawings() -> dict[str, Callable[[], str]]:
    """slug -> function giving its SVG, finished prints first."""
    found: dict[str, Callable[[], str]] = {}
    for path in sorted(FINISHED.glob("*.svg")):
        if "<svg" in (text := path.read_text("utf-8")) and is_square(text):
            found[path.stem] = lambda text=text: text
    for name in REGISTRIES:
        try:
            module = importlib.import_module(f"{__package__}.{name}")
        except ModuleNotFoundError as missing:
            if missing.name != f"{__package__}.{name}":
                raise
            continue
        for slug, draw in module.PRINTS.items():
            found[slug] = lambda draw=draw: draw().svg()
    return found


def is_square(svg: str) -> bool:
    """A whole print: square, and with its background plate (the empty basket and the scene are not)."""
    width, height = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups()
    return width == height and f'd="M0 0h{width}v{height}H0z"' in svg


def chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not found:
        sys.exit("No Chromium found; name one in $CHROMIUM.")
    return found


def photograph(body: str, width: int, height: int, profile: Path) -> Image.Image:
    """What a browser paints for a page with this body."""
    page, shot = profile / "page.html", profile / "shot.png"
    page.write_text(
        '<!doctype html><meta charset="utf-8"><style>html,body{margin:0}svg{display:block}</style>'
        + body,
        "utf-8",
    )
    shot.unlink(missing_ok=True)
    subprocess.run(
        [
            chromium(),
            *CHROMIUM_FLAGS,
            f"--user-data-dir={profile}",
            f"--screenshot={shot}",
            f"--window-size={width},{height + SLACK}",
            page.as_uri(),
        ],
        check=True,
        timeout=120,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return Image.open(io.BytesIO(shot.read_bytes())).convert("RGB").crop((0, 0, width, height))


def webp(picture: Image.Image) -> bytes:
    for quality in QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "webp", quality=quality, method=6)
        if buffer.tell() <= WEIGHT:
            break
    return buffer.getvalue()


def sized(svg: str, side: int) -> str:
    return re.sub(r'width="\d+" height="\d+"', f'width="{side}" height="{side}"', svg, count=1)


def sheet(
    chosen: dict[str, Callable[[], str]], target: Path, profile: Path, columns: int, cell: int
) -> None:
    """All chosen prints on one page, with their names under them."""
    figures = "".join(
        f'<figure style="margin:0;width:{cell}px;font:12px/22px sans-serif">{sized(draw(), cell)}'
        f"{html.escape(slug)}</figure>"
        for slug, draw in chosen.items()
    )
    gap = 8
    columns = min(columns, len(chosen))
    rows = -(-len(chosen) // columns)
    width, height = columns * (cell + gap) + gap, rows * (cell + 22 + gap) + gap
    photograph(
        f'<div style="display:grid;grid-template-columns:repeat({columns},{cell}px);gap:{gap}px;'
        f'padding:{gap}px;background:#faf4e4">{figures}</div>',
        width,
        height,
        profile,
    ).save(target)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*", help="only these prints")
    parser.add_argument(
        "--sheet", type=Path, metavar="PNG", help="write one contact sheet instead of masters"
    )
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--cell", type=int, default=200)
    args = parser.parse_args()

    known = drawings()
    if unknown := [slug for slug in args.slugs if slug not in known]:
        parser.error("no such print: " + ", ".join(unknown))
    chosen = {slug: known[slug] for slug in args.slugs or known}

    with tempfile.TemporaryDirectory(prefix="prints-") as folder:
        profile = Path(folder)
        if args.sheet:
            sheet(chosen, args.sheet, profile, args.columns, args.cell)
            return
        PICTURES.mkdir(exist_ok=True)
        for slug, draw in chosen.items():
            master = webp(photograph(sized(draw(), SIDE), SIDE, SIDE, profile))
            (PICTURES / f"{slug}.webp").write_bytes(master)
            print(f"{slug}: {len(master) / 1000:.0f} KB")


if __name__ == "__main__":
    main()
