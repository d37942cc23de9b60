"""A small wood-carving engine for the shop's prints.

Shapes are absolute SVG path strings (M, L, C, Q and Z only).  The engine samples them, gives every edge a
steady knife wobble, prints the colour plates a little out of register and cuts key lines of varying width.
Standard library only, and deterministic: the same seed always gives the same print.
"""

from __future__ import annotations

import math
import random
import re
from typing import Callable, Sequence

Point = tuple[float, float]

# The pigments, named as the printmaker names them.
INK = "#1E2440"  # mực: the key block
GIAY, GIAY2 = "#FFF6E0", "#EBDDB8"  # paper, unbleached paper
NGHE, NGHE2, HO = "#F0B52E", "#F8DC8C", "#D98718"  # turmeric, pale turmeric, amber
LA, LA2, LA3 = "#3E7F4C", "#A8CF9B", "#1F5B3B"  # leaf, young leaf, old leaf
DAT, DAT2, SON = "#B9472A", "#EDB796", "#CF3B28"  # laterite, pale clay, vermilion
CHAM, CHAM2 = "#31478C", "#B9C6E4"  # indigo, washed indigo
NAU, NAU2, TRE = "#8B5A2C", "#C79A5E", "#DDB768"  # wood, light wood, bamboo

PREC = 1  # decimals kept in the written paths
STEPK = 1.25  # coarser sampling for anything but the finest shapes


def f(x: float) -> str:
    """A number as short as SVG allows."""
    s = "%.*f" % (PREC, x)
    if s.endswith(".0"):
        s = s[:-2]
    if s.startswith("0."):
        s = s[1:]
    elif s.startswith("-0."):
        s = "-" + s[2:]
    return "0" if s in ("-0", "", "-") else s


def ell(cx: float, cy: float, rx: float, ry: float | None = None, rot: float = 0) -> str:
    """An ellipse (a circle without ry), turned by rot degrees."""
    ry = rx if ry is None else ry
    k = 0.5523
    c, s = math.cos(math.radians(rot)), math.sin(math.radians(rot))

    def t(x: float, y: float) -> str:
        return f(cx + x * c - y * s) + " " + f(cy + x * s + y * c)

    return (
        "M"
        + t(rx, 0)
        + "C"
        + t(rx, k * ry)
        + " "
        + t(k * rx, ry)
        + " "
        + t(0, ry)
        + "C"
        + t(-k * rx, ry)
        + " "
        + t(-rx, k * ry)
        + " "
        + t(-rx, 0)
        + "C"
        + t(-rx, -k * ry)
        + " "
        + t(-k * rx, -ry)
        + " "
        + t(0, -ry)
        + "C"
        + t(k * rx, -ry)
        + " "
        + t(rx, -k * ry)
        + " "
        + t(rx, 0)
        + "Z"
    )


def rr(x: float, y: float, w: float, h: float, r: float = 8) -> str:
    """A rectangle with rounded corners."""
    return (
        f"M{x + r} {y}L{x + w - r} {y}Q{x + w} {y} {x + w} {y + r}L{x + w} {y + h - r}Q{x + w} {y + h} {x + w - r} {y + h}"
        f"L{x + r} {y + h}Q{x} {y + h} {x} {y + h - r}L{x} {y + r}Q{x} {y} {x + r} {y}Z"
    )


def poly(*p: Point) -> str:
    return "M" + "L".join(f(a) + " " + f(b) for a, b in p) + "Z"


def line(*p: Point) -> str:
    return "M" + "L".join(f(a) + " " + f(b) for a, b in p)


def sample(d: str, step: float = 5.0) -> list[list]:
    """Walk along a path; gives [points, closed] for each of its parts."""
    step *= STEPK if step >= 4 else 1
    tok = re.findall(r"[MLCQZ]|-?\d*\.?\d+(?:e-?\d+)?", d)
    i = 0
    subs: list[list] = []
    cur: list[Point] = []
    cmd = None
    p: Point = (0, 0)

    def num() -> float:
        nonlocal i
        v = float(tok[i])
        i += 1
        return v

    while i < len(tok):
        if tok[i] in "MLCQZ":
            cmd = tok[i]
            i += 1
        if cmd == "M":
            p = (num(), num())
            cur = [p]
            subs.append([cur, False])
            cmd = "L"
        elif cmd == "L":
            q = (num(), num())
            n = max(1, int(math.dist(p, q) / step))
            cur += [
                (p[0] + (q[0] - p[0]) * t / n, p[1] + (q[1] - p[1]) * t / n)
                for t in range(1, n + 1)
            ]
            p = q
        elif cmd in ("C", "Q"):
            if cmd == "Q":
                c = (num(), num())
                q = (num(), num())
                a = (p[0] + 2 / 3 * (c[0] - p[0]), p[1] + 2 / 3 * (c[1] - p[1]))
                b = (q[0] + 2 / 3 * (c[0] - q[0]), q[1] + 2 / 3 * (c[1] - q[1]))
            else:
                a = (num(), num())
                b = (num(), num())
                q = (num(), num())
            length = math.dist(p, a) + math.dist(a, b) + math.dist(b, q)
            n = max(3, int(length / step))
            for t in range(1, n + 1):
                u = t / n
                v = 1 - u
                cur.append(
                    tuple(
                        v**3 * p[k] + 3 * v * v * u * a[k] + 3 * v * u * u * b[k] + u**3 * q[k]
                        for k in (0, 1)
                    )
                )
            p = q
        elif cmd == "Z":
            subs[-1][1] = True
            s = subs[-1][0]
            if math.dist(s[0], s[-1]) > 0.5:
                n = max(1, int(math.dist(s[0], s[-1]) / step))
                a, b = s[-1], s[0]
                s += [
                    (a[0] + (b[0] - a[0]) * t / n, a[1] + (b[1] - a[1]) * t / n)
                    for t in range(1, n)
                ]
            elif len(s) > 1:
                s.pop()
            p = s[0]
    return subs


def emit(pts: Sequence[Point], closed: bool = True) -> str:
    """Points as a compact relative path."""
    o = "M" + f(pts[0][0]) + " " + f(pts[0][1])
    x, y = round(pts[0][0], PREC), round(pts[0][1], PREC)
    o += "l"
    first = True
    for a, b in pts[1:]:
        a, b = round(a, PREC), round(b, PREC)
        dx, dy = f(a - x), f(b - y)
        if dx == "0" and dy == "0":
            continue
        o += (
            ("" if first or dx.startswith("-") else " ")
            + dx
            + ("" if dy.startswith("-") else " ")
            + dy
        )
        first = False
        x, y = a, b
    return o + ("z" if closed else "")


class Art:
    """One print: knife marks, colour plates, key block, and what is cut on top of it."""

    def __init__(
        self,
        seed: int = 1,
        w: int = 400,
        h: int = 400,
        bg: str | None = NGHE,
        frame: bool = True,
        off: Point = (4.5, 3.5),
        chat: str | None = None,
        title: str = "",
    ) -> None:
        self.r = random.Random(seed)
        self.w, self.h, self.bg = w, h, bg
        self.back: list[tuple[str, str]] = []
        self.plates: list[tuple[str, str]] = []
        self.keys: list[tuple[str, str]] = []
        self.top: list[tuple[str, str]] = []
        self.off = off
        self.title = title
        self.fr = ""
        self.scale: float = 1
        self.pivot: Point = (200, 208)
        self.ph = [self.r.uniform(0, 6.28) for _ in range(12)]
        if chat:
            self.chatter(chat)
        if frame:
            self.frame()

    def nz(self, t: float, k: int = 0) -> float:
        """Smooth noise between about -1 and 1."""
        return (
            math.sin(t * 1.0 + self.ph[k])
            + 0.6 * math.sin(t * 2.3 + self.ph[k + 1])
            + 0.35 * math.sin(t * 5.1 + self.ph[k + 2])
        ) / 1.95

    def _normals(self, pts: Sequence[Point], closed: bool) -> list[Point]:
        n = len(pts)
        out = []
        for i in range(n):
            a = pts[i - 1] if (i or closed) else pts[i]
            b = pts[(i + 1) % n] if (i < n - 1 or closed) else pts[i]
            dx, dy = b[0] - a[0], b[1] - a[1]
            length = math.hypot(dx, dy) or 1
            out.append((-dy / length, dx / length))
        return out

    def ink(
        self,
        d: str,
        w: float = 6,
        taper: Point = (0, 0),
        wob: float = 0.8,
        fill: str | None = None,
        to: str = "keys",
        step: float = 5,
    ) -> None:
        """Carve a line of varying width along d; taper is the share of its length that thins at start, end."""
        dd = ""
        for pts, closed in sample(d, step):
            if len(pts) < 2:
                continue
            normals = self._normals(pts, closed)
            n = len(pts)
            run = 0.0
            o = self.r.uniform(0, 60)
            left, right = [], []
            total = sum(math.dist(pts[i], pts[i - 1]) for i in range(1, n)) or 1
            for i, (p, q) in enumerate(zip(pts, normals)):
                if i:
                    run += math.dist(pts[i], pts[i - 1])
                t = run / total
                half = w / 2 * (1 + 0.2 * self.nz((o + run) / 16, 0))
                if not closed:
                    if taper[0] and t < taper[0]:
                        half *= max(0.12, (t / taper[0]) ** 0.7)
                    if taper[1] and t > 1 - taper[1]:
                        half *= max(0.12, ((1 - t) / taper[1]) ** 0.7)
                j = wob * self.nz((o + run) / 22, 3)
                left.append((p[0] + q[0] * (half + j), p[1] + q[1] * (half + j)))
                right.append((p[0] - q[0] * (half - j), p[1] - q[1] * (half - j)))
            if closed:
                dd += emit(left) + emit(right[::-1])
            else:
                dd += emit(left + right[::-1])
        (self.keys if to == "keys" else self.top).append((fill or INK, dd))

    def plate(self, d: str, fill: str, wob: float = 0.9, reg: bool = True) -> None:
        """Print a flat colour: on the shifted plates under all ink (reg), or in order with the ink."""
        dd = ""
        for pts, _closed in sample(d, 6):
            normals = self._normals(pts, True)
            o = self.r.uniform(0, 60)
            run = 0.0
            edge = []
            for i, (p, q) in enumerate(zip(pts, normals)):
                if i:
                    run += math.dist(pts[i], pts[i - 1])
                j = wob * self.nz((o + run) / 20, 6)
                edge.append((p[0] + q[0] * j, p[1] + q[1] * j))
            dd += emit(edge)
        (self.plates if reg else self.keys).append((fill, dd))

    def gouge(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        w: float = 4,
        bend: float = 0,
        fill: str | None = None,
        to: str = "keys",
    ) -> None:
        """One push of the gouge: pointed at both ends, widest near the middle."""
        dx, dy = x2 - x1, y2 - y1
        length = math.hypot(dx, dy) or 1
        nx, ny = -dy / length, dx / length
        t = 0.5 + self.r.uniform(-0.12, 0.12)
        mx, my = x1 + dx * t + nx * bend, y1 + dy * t + ny * bend
        d = (
            f"M{f(x1)} {f(y1)}Q{f(mx + nx * w * 0.9)} {f(my + ny * w * 0.9)} {f(x2)} {f(y2)}"
            f"Q{f(mx - nx * w * 0.9)} {f(my - ny * w * 0.9)} {f(x1)} {f(y1)}z"
        )
        {"keys": self.keys, "top": self.top, "plates": self.plates, "back": self.back}[to].append(
            (fill or INK, d)
        )

    def hatch(
        self,
        x: float | Callable[[float], float],
        y0: float,
        y1: float,
        n: int,
        l: Point = (14, 34),
        ang: float = 0,
        w: float = 3.2,
        right: bool = True,
        fill: str | None = None,
        to: str = "keys",
        bend: float = 0,
    ) -> None:
        """Shade an edge: n gouges going left from x (a number, or a function of y) between y0 and y1."""
        for i in range(n):
            y = y0 + (y1 - y0) * (i + 0.5) / n + self.r.uniform(-1.5, 1.5)
            xx = x(y) if callable(x) else x
            length = self.r.uniform(*l)
            a = math.radians(ang)
            sign = -1 if right else 1
            self.gouge(
                xx, y, xx + sign * length * math.cos(a), y + length * math.sin(a), w, bend, fill, to
            )

    def dots(
        self, pts: Sequence[Point], r: float = 2.6, fill: str | None = None, to: str = "keys"
    ) -> None:
        dd = ""
        for x, y in pts:
            a = r * self.r.uniform(0.75, 1.25)
            b = r * self.r.uniform(0.7, 1.1)
            dd += emit(sample(ell(x, y, a, b, self.r.uniform(0, 180)), 3)[0][0])
        (self.keys if to == "keys" else self.top if to == "top" else self.plates).append(
            (fill or INK, dd)
        )

    def chatter(self, fill: str, n: int = 46) -> None:
        """Knife marks left on the block, near the frame."""
        for _ in range(n):
            side = self.r.choice("tblr")
            m = self.r.uniform(24, 62)
            if side in "tb":
                x = self.r.uniform(30, self.w - 60)
                y = m if side == "t" else self.h - m
                self.gouge(
                    x,
                    y,
                    x + self.r.uniform(10, 30),
                    y + self.r.uniform(-5, 5),
                    self.r.uniform(1, 2.2),
                    fill=fill,
                    to="back",
                )
            else:
                y = self.r.uniform(30, self.h - 60)
                x = m if side == "l" else self.w - m
                self.gouge(
                    x,
                    y,
                    x + self.r.uniform(-5, 5),
                    y + self.r.uniform(10, 26),
                    self.r.uniform(1, 2.2),
                    fill=fill,
                    to="back",
                )

    def frame(self, m: float = 15, w: float = 5) -> None:
        """The wobbling ink frame; it is printed under the picture and never scaled with it."""
        self.ink(
            poly((m, m), (self.w - m, m), (self.w - m, self.h - m), (m, self.h - m)),
            w,
            wob=1.1,
            step=14,
        )
        self.fr = self.keys.pop()[1]

    def ground(self, y: float, x0: float, x1: float, n: int = 3, fill: str | None = None) -> None:
        """A few strokes for the surface things stand on."""
        for i in range(n):
            a = x0 + self.r.uniform(0, 22) + i * 10
            b = x1 - self.r.uniform(0, 22) - i * 14
            m = (a + b) / 2 + self.r.uniform(-20, 20)
            self.gouge(a, y + i * 8, m - 6, y + i * 8 + 1, 2.6 - 0.3 * i, fill=fill)
            self.gouge(m + 8, y + i * 8, b, y + i * 8 - 1, 2.6 - 0.3 * i, fill=fill)

    def svg(self) -> str:
        def group(marks: list[tuple[str, str]]) -> str:
            out, last, buf = "", None, ""
            for fill, d in marks:
                if fill != last and buf:
                    out += f'<path fill="{last}" d="{buf}"/>'
                    buf = ""
                last = fill
                buf += d
            return out + (f'<path fill="{last}" d="{buf}"/>' if buf else "")

        bg = f'<path fill="{self.bg}" d="M0 0h{self.w}v{self.h}H0z"/>' if self.bg else ""
        title = f"<title>{self.title}</title>" if self.title else ""
        plates = "".join(f'<path fill="{a}" d="{d}"/>' for a, d in self.plates)
        # Closed rings need even-odd filling and so a path each; neighbours of one colour share a path.
        keys, last, buf = "", None, ""
        for fill, d in self.keys:
            ring = d.count("M") > 1
            if ring or fill != last:
                if buf:
                    keys += f'<path fill="{last}" d="{buf}"/>'
                    buf = ""
            if ring:
                keys += f'<path fill="{fill}" fill-rule="evenodd" d="{d}"/>'
                last = None
            else:
                buf += d
                last = fill
        if buf:
            keys += f'<path fill="{last}" d="{buf}"/>'
        frame = f'<path fill="{INK}" fill-rule="evenodd" d="{self.fr}"/>' if self.fr else ""
        k = self.scale
        o, c = (
            ("", "")
            if k == 1
            else (
                f'<g transform="translate({f(self.pivot[0] * (1 - k))} {f(self.pivot[1] * (1 - k))}) scale({k})">',
                "</g>",
            )
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.w} {self.h}" width="{self.w}" '
            f'height="{self.h}">{title}{bg}{group(self.back)}{frame}{o}'
            f'<g transform="translate({self.off[0]} {self.off[1]})">{plates}</g>{keys}{group(self.top)}{c}</svg>'
        )
