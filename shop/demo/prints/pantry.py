"""The pantry: prints of everything to eat and drink from makers A to H of the demo.

One function per product, named after its slug; the pieces they share (leaves, beans, fish, heaps, steam) come
first.  Drawings live on a 400 by 400 block, things stand on a ground near y = 350.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from .carving import (
    CHAM,
    CHAM2,
    DAT,
    DAT2,
    GIAY,
    GIAY2,
    HO,
    INK,
    LA,
    LA2,
    LA3,
    NAU,
    NAU2,
    NGHE,
    NGHE2,
    SON,
    TRE,
    Art,
    Point,
    ell,
    emit,
    line,
    poly,
    rr,
    sample,
)

# Mixed from the pigments for things the palette of the shop has no name for.
PINK = "#F4CDBB"  # a thin wash of vermilion
CREAM = "#F6E8C4"
CLAY = "#8E3218"  # fired clay, darker than laterite
PLUM = "#8C3F5C"
ROSE = "#D9748C"
STONE = "#9AA5BC"
COAL = "#3A3D57"
WHITE = "#FFFDF4"  # the brightest paper, for cut highlights

# Background plate -> colour of the knife marks left on it.
CHATTER = {
    NGHE: "#DDA01F",
    NGHE2: "#E6C35F",
    HO: "#BE7210",
    LA: "#2F6B3D",
    LA2: "#8CBB80",
    LA3: "#174A2E",
    DAT: "#9E3A20",
    DAT2: "#DDA07E",
    SON: "#AE2C1C",
    CHAM: "#273A77",
    CHAM2: "#9DADD4",
    GIAY2: "#D3C08D",
    PINK: "#E3B09A",
    CREAM: "#DFCB95",
}

PRINTS: dict[str, Callable[[], Art]] = {}


def product(slug: str, bg: str, title: str, scale: float = 1.1) -> Callable:
    """Register a drawing: the function is handed a fresh block and cuts into it."""

    def register(cut: Callable[[Art], None]) -> Callable[[], Art]:
        def draw() -> Art:
            a = Art(sum(map(ord, slug)), bg=bg, chat=CHATTER[bg], title=title)
            a.scale = scale
            cut(a)
            return a

        PRINTS[slug] = draw
        return draw

    return register


# Placing ------------------------------------------------------------------------------------------------------


class At:
    """Moves what is drawn around (0, 0) to its place on the block: turned, sized, perhaps mirrored."""

    def __init__(
        self, x: float, y: float, size: float = 1, turn: float = 0, mirror: bool = False
    ) -> None:
        self.x, self.y, self.size, self.mirror = x, y, size, mirror
        self.cos, self.sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))

    def pt(self, u: float, v: float) -> Point:
        u = -u if self.mirror else u
        return (
            self.x + (u * self.cos - v * self.sin) * self.size,
            self.y + (u * self.sin + v * self.cos) * self.size,
        )

    def __call__(self, d: str) -> str:
        def move(pair: re.Match) -> str:
            x, y = self.pt(float(pair[1]), float(pair[2]))
            return f"{x:.2f} {y:.2f}"

        return re.sub(r"(-?[\d.]+)[ ,](-?[\d.]+)", move, d)

    def gouge(
        self,
        a: Art,
        u1: float,
        v1: float,
        u2: float,
        v2: float,
        w: float = 3,
        bend: float = 0,
        fill: str | None = None,
    ) -> None:
        a.gouge(*self.pt(u1, v1), *self.pt(u2, v2), w, -bend if self.mirror else bend, fill)


def solid(a: Art, d: str, fill: str, w: float = 5.5, slip: float = 2.6, step: float = 5) -> None:
    """A colour and its key line, in order over what is there; the colour sits a little beside the line."""
    a.plate(At(slip, slip * 0.8)(d) if slip else d, fill, 0.5, False)
    a.ink(d, w, step=step)


def grains(a: Art, spots: Sequence[Point], rx: float, ry: float, colours: Sequence[str]) -> None:
    """Seeds and crumbs too small for a key line."""
    for x, y in spots:
        grain = ell(x, y, rx * a.r.uniform(0.8, 1.2), ry, a.r.uniform(0, 180))
        a.keys.append((a.r.choice(colours), "".join(emit(p) for p, _ in sample(grain, 3))))


def spots(
    a: Art,
    n: int,
    box: tuple[float, float, float, float],
    inside: Callable[[float, float], bool] | None = None,
    apart: float = 0,
) -> list[Point]:
    """n random points of a box (x0, y0, x1, y1), inside a shape, not nearer to each other than apart."""
    found: list[Point] = []
    for _ in range(n * 30):
        p = (a.r.uniform(box[0], box[2]), a.r.uniform(box[1], box[3]))
        if (inside is None or inside(*p)) and all(math.dist(p, q) >= apart for q in found):
            found.append(p)
            if len(found) == n:
                break
    return found


def within(cx: float, cy: float, rx: float, ry: float) -> Callable[[float, float], bool]:
    return lambda x, y: ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1


# Pieces -------------------------------------------------------------------------------------------------------


def leaf(
    a: Art,
    x: float,
    y: float,
    length: float,
    turn: float,
    fill: str = LA,
    width: float = 0.27,
    veins: bool = True,
) -> None:
    """A leaf growing from (x, y)."""
    t, h = At(x, y, 1, turn), length * width * 1.25
    solid(
        a,
        t(
            f"M0 0C{length * 0.28} {h:.1f} {length * 0.68} {h:.1f} {length} 0"
            f"C{length * 0.68} {-h:.1f} {length * 0.28} {-h:.1f} 0 0Z"
        ),
        fill,
        4.4,
        1.6,
        4,
    )
    a.ink(line(t.pt(0, 0), t.pt(length * 0.88, 0)), 2.8, (0, 0.6), 0.3)
    if veins:
        for k in (0.24, 0.42, 0.6):
            for side in (-1, 1):
                t.gouge(a, length * k, 0, length * (k + 0.16), side * h * 0.46, 1.7)


def rice_ear(a: Art, x: float, y: float, size: float, turn: float, fill: str = NGHE) -> None:
    """A rice ear with its stalk, up from (x, y)."""
    t = At(x, y, size, turn)
    a.ink(t("M0 0Q4 -60 16 -118"), 3.4 * size, (0, 0.4), 0.3)
    for i in range(7):
        k = i / 7
        for side in (-1, 1):
            solid(
                a,
                t(ell(4 + 11 * k + side * 9, -44 - 70 * k, 5, 10, side * 32)),
                fill,
                2.4 * size,
                0,
                3,
            )
    solid(a, t(ell(17, -124, 5, 10, 8)), fill, 2.4 * size, 0, 3)


def bean(
    a: Art,
    x: float,
    y: float,
    r: float,
    turn: float,
    fill: str,
    shine: str = GIAY,
    eye: str | None = None,
) -> None:
    solid(a, ell(x, y, r, r * 0.72, turn), fill, 3.6, 1.2, 4)
    t = At(x, y, r, turn)
    t.gouge(a, -0.45, -0.28, 0.12, -0.42, 2.2, fill=shine)
    if eye:
        t.gouge(a, -0.3, 0.22, 0.34, 0.22, 3, fill=eye)


def peanut(a: Art, x: float, y: float, size: float, turn: float) -> None:
    """A peanut in its shell."""
    t = At(x, y, size, turn)
    shell = t(
        "M-46 0C-46 -24 -16 -26 0 -14C16 -28 50 -26 50 2C50 28 16 28 0 15C-16 27 -46 24 -46 0Z"
    )
    a.plate(
        t("M-42 3C-42 -21 -14 -23 2 -11C18 -25 53 -22 53 5C53 31 18 31 2 18C-14 30 -42 27 -42 3Z"),
        NAU2,
        0.4,
        False,
    )
    a.plate(
        t("M-40 -4C-36 -18 -14 -18 0 -8C16 -20 38 -18 44 -4C20 -8 -20 -6 -40 -4Z"), TRE, 0.3, False
    )
    a.ink(shell, 5.2, step=4)
    for u in (-34, -24, -12, 10, 22, 34):
        a.dots([t.pt(u + v * 0.15, v) for v in (-9, 1, 11)], 1.8 * max(size, 0.8))
    for v in (-6, 6):
        t.gouge(a, -36, v, 38, v, 1.4, v / 2)


def kernel(a: Art, x: float, y: float, size: float, turn: float, fill: str = DAT) -> None:
    """A shelled peanut in its red skin."""
    t = At(x, y, size, turn)
    solid(
        a,
        t("M-15 0C-15 -10 -4 -12 6 -10C14 -8 18 -3 21 1C16 5 12 11 2 11C-8 11 -15 8 -15 0Z"),
        fill,
        3.8,
        1.2,
        4,
    )
    t.gouge(a, -9, -4, 4, -6, 2.2, fill=PINK)
    t.gouge(a, -10, 4, 8, 5, 1.4)


def chilli(
    a: Art,
    x: float,
    y: float,
    size: float,
    turn: float,
    fill: str = SON,
    mirror: bool = False,
    dry: bool = False,
) -> None:
    """A chilli lying along its turn, stalk at (x, y)."""
    t = At(x, y, size, turn, mirror)
    solid(
        a,
        t(
            "M0 -13C20 -22 52 -20 86 0C106 12 120 22 134 24C114 36 76 34 44 24C20 17 4 14 0 11C-6 4 -6 -6 0 -13Z"
        ),
        fill,
        5.4,
        2,
        4,
    )
    a.ink(t("M0 -1C-14 -4 -24 -12 -34 -14"), 7, (0, 0.2), fill=LA3 if not dry else NAU)
    a.ink(t("M0 -1C-14 -4 -24 -12 -34 -14"), 2, (0, 0.3))
    t.gouge(a, 12, -8, 74, 3, 4.4, -5, "#FFC9AE")
    if dry:
        for u in (22, 46, 70, 92):
            t.gouge(a, u, -8 + u * 0.08, u + 16, 12 + u * 0.12, 2)


def ginger(
    a: Art,
    x: float,
    y: float,
    size: float,
    turn: float,
    fill: str = TRE,
    cut: str = NGHE2,
    mirror: bool = False,
) -> None:
    """A rhizome with one finger cut off, for ginger or turmeric."""
    t = At(x, y, size, turn, mirror)
    solid(
        a,
        t(
            "M-62 10C-74 -4 -68 -26 -48 -28C-42 -46 -18 -48 -12 -30C0 -36 14 -34 18 -26C18 -50 40 -58 50 -44"
            "C58 -32 52 -20 46 -12C62 -16 78 -8 78 8C76 24 60 28 46 22C40 36 20 40 8 28C-2 40 -24 42 -32 26"
            "C-46 32 -58 24 -62 10Z"
        ),
        fill,
        5.4,
        2.4,
        4,
    )
    for u, v, U, V, b in [
        (-56, -8, -46, 14, -5),
        (-40, -26, -26, -36, 4),
        (-30, 18, -14, 26, -4),
        (-6, -26, -2, 22, -8),
        (20, -20, 24, 26, -7),
        (28, -34, 48, -28, 5),
        (52, -8, 54, 18, -6),
        (64, -6, 66, 16, -5),
    ]:
        t.gouge(a, u, v, U, V, 2, b)
    solid(a, t(ell(-48, -16, 12, 10, -40)), cut, 3.6, 0, 4)
    a.ink(t(ell(-48, -16, 6, 4.6, -40)), 1.6, wob=0.2, fill=HO, step=3)
    t.gouge(a, -22, -6, 12, -8, 2.6, fill=WHITE)


def ginger_slice(
    a: Art, x: float, y: float, rx: float, ry: float, turn: float, fill: str = NGHE2
) -> None:
    solid(a, ell(x, y, rx, ry, turn), fill, 4, 1.4, 4)
    a.ink(ell(x, y, rx * 0.66, ry * 0.62, turn), 1.8, wob=0.5, fill=HO, step=4)
    t = At(x, y, rx, turn)
    for k in range(4):
        t.gouge(a, -0.3 + k * 0.2, -0.1, -0.26 + k * 0.2, 0.16, 1.4, fill=HO)


def fish(
    a: Art, x: float, y: float, length: float, turn: float, fill: str = CHAM2, mirror: bool = False
) -> None:
    """An anchovy, nose at (x, y)."""
    t = At(x, y, length, turn, mirror)
    solid(
        a,
        t("M0 0C.25 -.16 .6 -.14 .82 0L1 -.1L.96 .1L.82 .02C.6 .16 .25 .17 0 0Z"),
        fill,
        4.2,
        1.2,
        4,
    )
    a.dots([t.pt(0.13, -0.02)], 2.4)
    a.ink(t("M.26 -.09Q.34 0 .27 .1"), 2.4, (0.2, 0.2))
    a.ink(line(t.pt(0.38, 0.01), t.pt(0.78, 0.01)), 2.2, (0.2, 0.5))


def krill(
    a: Art, x: float, y: float, size: float, turn: float, fill: str = ROSE, mirror: bool = False
) -> None:
    """A small curled shrimp."""
    t = At(x, y, size, turn, mirror)
    w = max(2.6, 4.6 * size)
    for tip in ("-58 -22", "-62 -8"):
        a.ink(t(f"M-30 0Q-46 -16 {tip}"), w * 0.5, (0, 0.6), 0.2)
    solid(
        a,
        t(
            "M-36 4C-34 -18 -10 -30 14 -24C34 -18 42 0 34 16C28 28 18 30 10 30L24 40L6 42L-2 30"
            "C12 26 20 18 18 8C16 -4 4 -6 -8 2C-16 8 -26 10 -36 4Z"
        ),
        fill,
        w,
        1.4 * size,
        4,
    )
    for u, v, U, V in [
        (-10, -24, -6, 0),
        (6, -26, 6, -2),
        (22, -20, 13, 0),
        (34, -4, 19, 6),
        (34, 16, 16, 16),
    ]:
        t.gouge(a, u, v, U, V, 1.8)
    for u in (-20, -12, -4, 4):
        t.gouge(a, u, 4, u - 4, 15, 1.8)
    a.dots([t.pt(-24, -6)], 2.6 * max(0.7, size))


def steam(a: Art, x: float, y: float, height: float = 80, fill: str = GIAY) -> None:
    h = height
    a.ink(
        f"M{x} {y}C{x - 13} {y - h * 0.2} {x + 14} {y - h * 0.34} {x} {y - h * 0.57}C{x - 9} {y - h * 0.74} {x + 5} {y - h * 0.86} {x - 2} {y - h}",
        5,
        (0.3, 0.6),
        fill=fill,
    )
    a.ink(
        f"M{x + 20} {y + 4}C{x + 11} {y - h * 0.12} {x + 28} {y - h * 0.26} {x + 20} {y - h * 0.5}",
        4,
        (0.3, 0.6),
        fill=fill,
    )


def drops(a: Art, x: float, y: float, size: float, fill: str) -> None:
    t = At(x, y, size)
    solid(
        a,
        t("M0 -20C8 -8 13 0 13 8C13 17 7 22 0 22C-7 22 -13 17 -13 8C-13 0 -8 -8 0 -20Z"),
        fill,
        4,
        1.4,
        4,
    )
    t.gouge(a, -6, 4, -3, 14, 3, fill=WHITE)


def salt(a: Art, places: Sequence[Point]) -> None:
    for x, y in places:
        solid(a, poly((x, y), (x + 8, y - 3), (x + 10, y + 5), (x + 2, y + 7)), GIAY, 2.4, 0, 4)


def spoon(a: Art, x: float, y: float, size: float, turn: float, load: str | None = None) -> None:
    """A wooden spoon, bowl at (x, y), handle away along its turn."""
    t = At(x, y, size, turn)
    solid(a, t("M26 -7L124 -8C136 -8 136 9 124 9L26 8Z"), NAU2, 4.8)
    solid(a, t(ell(0, 0, 36, 22)), NAU2, 5, step=4)
    t.gouge(a, 46, -1, 112, 0, 2)
    if load:
        solid(
            a,
            t("M-30 0C-26 -22 -8 -26 2 -24C18 -22 28 -10 30 0C26 14 -24 14 -30 0Z"),
            load,
            3.8,
            0,
            4,
        )


def round_label(
    a: Art, cx: float, cy: float, rx: float, ry: float, fill: str = GIAY, ring: str = DAT
) -> None:
    solid(a, ell(cx, cy, rx, ry), fill, 4.6, 0, 4)
    a.ink(ell(cx, cy, rx * 0.84, ry * 0.84), 2, fill=ring, step=4)


def flower(
    a: Art, x: float, y: float, r: float, fill: str, turn: float = 0, flat: float = 1
) -> None:
    """Five petals and a tuft of stamens, for rose myrtle."""
    for k in range(5):
        t = At(x, y, r, turn + 72 * k)
        petal = t("M0 0C.2 -.42 .7 -.56 .98 -.3C1.1 -.1 1.1 .1 .98 .3C.7 .56 .2 .42 0 0Z")
        solid(a, petal, fill, 4.4, 1.6, 4)
        for v in (-0.14, 0, 0.14):
            t.gouge(a, 0.44, v, 0.86, v * 1.9, 1.8, fill=PLUM)
    for k in range(14):
        t = At(x, y, r, turn + 25.7 * k)
        t.gouge(a, 0.04, 0, 0.36, 0.02, 1.8, fill=INK)
        a.dots([t.pt(0.4, 0)], r * 0.05, NGHE)
    a.dots([(x, y)], r * 0.12, NGHE2)


# A: cereal powders of Gò Mít -----------------------------------------------------------------------------------


@product("bot-me-den", DAT2, "Hũ nắp gài đựng bột mè đen")
def bot_me_den(a: Art) -> None:
    body = "M96 150C84 160 80 172 80 190L80 308Q80 336 108 336L232 336Q260 336 260 308L260 190C260 172 256 160 244 150Z"
    a.plate(body, GIAY)
    a.plate(
        "M80 196Q120 182 168 192Q216 202 260 186L260 308Q260 336 232 336L108 336Q80 336 80 308Z",
        COAL,
    )
    a.ink(body, 7)
    a.ink("M84 196Q120 182 168 192Q216 202 256 187", 4, (0.1, 0.1))
    solid(a, "M90 120Q90 88 170 86Q250 88 250 120L250 130L90 130Z", CHAM2, 6.5)
    a.gouge(106, 114, 150, 99, 5, fill=WHITE)
    solid(a, rr(80, 130, 180, 18, 7), SON, 5)
    for side in (0, 1):  # the wire that clips the lid down
        t = At(340 if side else 0, 0, mirror=bool(side))
        a.ink(t("M84 112C70 112 66 124 70 150C72 164 80 172 88 176"), 5, wob=0.5)
        a.ink(t(ell(88, 178, 6)), 4, step=3)
    a.ink("M262 118L282 138L276 178", 6.5, (0.1, 0.1))
    round_label(a, 170, 262, 54, 44)
    for x, y, turn in [(170, 244, 90), (150, 272, 40), (190, 272, 140)]:
        t = At(x, y, 1, turn)
        a.plate(t("M-17 0C-6 -12 10 -11 16 0C10 11 -6 12 -17 0Z"), INK, 0.3, False)
        t.gouge(a, -6, -3, 8, -4, 2.4, fill=GIAY)
    a.hatch(80, 216, 318, 12, (8, 20), w=3, right=False, fill=STONE)
    a.gouge(246, 210, 246, 300, 5, fill=STONE)
    spoon(a, 298, 328, 0.92, -66, COAL)
    grains(a, spots(a, 22, (282, 306, 326, 336), within(305, 320, 22, 14)), 3.4, 1.8, [GIAY, STONE])
    grains(a, spots(a, 22, (54, 338, 250, 358), apart=9), 5, 2.8, [INK])
    a.ground(362, 60, 330, 1)


@product("bot-gao-lut-dau-do", CHAM2, "Túi giấy đựng bột gạo lứt đậu đỏ")
def bot_gao_lut_dau_do(a: Art) -> None:
    rice_ear(a, 92, 330, 1.5, -18)
    rice_ear(a, 108, 336, 1.3, -34, HO)
    bag = "M126 104L278 104L294 326Q295 340 282 340L122 340Q108 340 110 326Z"
    solid(a, bag, NAU2, 7, 4)
    a.plate("M128 110L152 110L140 336L122 336Q112 336 114 326Z", TRE, 0.4, False)
    solid(a, "M122 64L282 64L280 108L124 108Z", NAU2, 6.5, 3)
    solid(a, "M112 86L292 86L292 106L112 106Z", SON, 5.5)  # the tin tie
    for x in range(134, 276, 20):
        a.gouge(x, 68, x + 1, 82, 2)
    for x, X in [(146, 138), (176, 172), (204, 204), (232, 236), (258, 266)]:
        a.gouge(x, 110, X, 150, 2.6)
    window = "M146 312L146 214Q146 166 202 166Q258 166 258 214L258 312Z"
    a.plate(window, GIAY, 0.5, False)
    a.plate("M146 224Q176 212 204 220Q232 228 258 214L258 312L146 312Z", "#D49A86", 0.5, False)
    a.ink("M148 224Q176 212 204 220Q232 228 256 215", 3.4, (0.1, 0.1))
    grains(a, spots(a, 60, (152, 230, 252, 306)), 2, 1.4, [CLAY, GIAY, CLAY])
    a.ink(window, 5.5)
    a.gouge(158, 196, 160, 300, 4.5, fill=WHITE)
    a.hatch(lambda y: 278 + (y - 104) * 0.07, 180, 326, 12, (8, 18), w=3)
    for x, y, r, turn in [
        (238, 338, 15, 10),
        (268, 344, 16, -24),
        (300, 342, 15, 18),
        (330, 346, 14, -8),
        (284, 322, 15, 30),
        (314, 324, 14, -30),
        (252, 352, 14, 4),
        (300, 308, 13, -6),
    ]:
        bean(a, x, y, r, turn, CLAY if (x + y) % 3 else DAT, PINK, GIAY)
    grains(
        a, [(62, 350), (76, 343), (90, 352), (104, 346), (118, 353), (70, 356)], 7, 3, [NAU, DAT]
    )
    a.ground(364, 60, 336, 1)


@product("bot-hat-sen", LA, "Ống giấy đựng bột hạt sen và gương sen")
def bot_hat_sen(a: Art) -> None:
    a.plate("M74 116L74 318C74 346 206 346 206 318L206 116Z", PINK)
    a.ink("M74 112L74 318C74 346 206 346 206 318L206 112", 7)
    a.plate("M74 286L206 286L206 318C206 346 74 346 74 318Z", ROSE, 0.5, False)
    a.ink("M76 286C90 304 190 304 204 286", 4.5)
    lid = "M68 84L68 128C68 148 212 148 212 128L212 84Z"
    solid(a, lid, NGHE, 6.5)
    solid(a, ell(140, 84, 72, 21), NGHE2, 6.5)
    a.ink("M90 84C100 96 180 96 190 84", 2.4, (0.2, 0.2), fill=HO)
    a.hatch(208, 100, 136, 4, (8, 22), w=3)
    for t in (At(140, 246, 1, 0),):  # a lotus on the label
        for turn, size in [(-62, 0.84), (62, 0.84), (-34, 1), (34, 1), (0, 1.12)]:
            p = At(140, 246, size, turn)
            solid(
                a,
                p("M0 0C-20 -18 -18 -46 0 -64C18 -46 20 -18 0 0Z"),
                ROSE if turn else PINK,
                4.2,
                1.6,
                4,
            )
            p.gouge(a, 0, -12, 0, -52, 1.8)
        a.ink(line(t.pt(-44, 10), t.pt(44, 10)), 4, (0.4, 0.4))
        a.ink(line(t.pt(-26, 19), t.pt(26, 19)), 3, (0.4, 0.4))
    a.hatch(202, 158, 326, 14, (8, 20), w=3)
    a.gouge(86, 160, 86, 272, 5, fill=WHITE)
    stem = "M284 270C280 300 300 324 330 352"
    a.ink(stem, 15, (0, 0))
    a.ink(stem, 8, (0, 0), fill=LA2)
    pod = "M224 190C230 236 256 276 284 282C314 276 338 234 344 184Z"
    solid(a, pod, LA2, 6.5, 3)
    for x, X in [(240, 272), (262, 280), (304, 290), (326, 297)]:
        a.gouge(x, 222, X, 272, 3)
    solid(a, ell(284, 186, 62, 34, -3), LA2, 6.5, 2)
    a.plate(ell(284, 186, 54, 27, -3), "#C7E0A9", 0.4, False)
    for x, y in [(250, 186), (284, 172), (318, 182), (268, 202), (304, 201), (285, 189)]:
        solid(a, ell(x, y, 11, 8.4), LA3, 2.6, 0, 3)
        a.plate(ell(x, y - 1, 7.4, 5.6), GIAY, 0.2, False)
        a.dots([(x, y - 2)], 1.8, LA3)
    for x, y, turn in [(228, 340, 20), (256, 346, -30), (244, 322, 70), (282, 350, 10)]:
        bean(a, x, y, 14, turn, GIAY, WHITE)
        a.gouge(*At(x, y, 14, turn).pt(0.5, 0), *At(x, y, 14, turn).pt(0.95, 0), 4, fill=LA3)
    a.ground(362, 60, 336, 1)


@product("ngu-coc-hop-sang", CHAM, "Hộp ngũ cốc ăn sáng và tô ngũ cốc")
def ngu_coc_hop_sang(a: Art) -> None:
    solid(a, poly((210, 96), (258, 76), (258, 300), (210, 326)), HO, 6.5)
    solid(a, poly((74, 96), (210, 96), (210, 326), (74, 326)), NGHE, 7, 3)
    solid(a, poly((74, 96), (58, 62), (192, 56), (210, 96)), NGHE2, 6)  # open flaps
    solid(a, poly((210, 96), (258, 76), (286, 92), (240, 116)), NGHE2, 6)
    a.gouge(84, 84, 176, 79, 2.4, fill=HO)
    a.plate("M74 236L210 236L210 326L74 326Z", LA, 0.5, False)  # a field under a rising sun
    a.ink("M76 240Q110 224 142 236Q176 248 208 232", 4.5)
    for i in range(9):
        ang = math.radians(180 + i * 22.5)
        a.gouge(
            142 + 46 * math.cos(ang),
            228 + 46 * math.sin(ang),
            142 + (66 + 6 * (i % 2)) * math.cos(ang),
            228 + (72 + 6 * (i % 2)) * math.sin(ang),
            5,
            fill=SON,
        )
    solid(a, "M106 232C104 178 182 178 180 234Q160 242 142 236Q124 228 106 232Z", SON, 5)
    for k in range(6):
        a.gouge(88 + k * 14, 252 + (k % 2) * 6, 80 + k * 14, 310, 3, fill=LA2 if k % 2 else INK)
    a.ink("M74 96L74 326L210 326L210 96", 7)
    a.hatch(256, 116, 270, 12, (8, 24), ang=20, w=3)
    a.gouge(86, 112, 86, 216, 5, fill=WHITE)
    # the bowl in front
    a.ink("M300 232L350 166", 9, (0, 0))
    a.ink("M300 232L350 166", 4, (0, 0), fill=GIAY2)
    bowl = "M166 258C170 316 206 346 236 348L280 348C312 346 346 316 350 258Z"
    solid(a, bowl, GIAY, 7, 3)
    solid(a, ell(258, 258, 92, 28), GIAY, 6.5, 0)
    heap = "M176 256C186 226 220 208 260 208C300 208 330 228 340 256C320 282 196 282 176 256Z"
    a.plate(heap, NGHE2, 0.5, False)
    for x, y in spots(a, 26, (186, 216, 330, 268), within(258, 246, 74, 26), 15):
        kind = a.r.random()
        if kind < 0.62:
            solid(
                a, ell(x, y, 12, 7.5, a.r.uniform(-50, 50)), a.r.choice([NGHE, HO, NGHE]), 3, 1, 4
            )
            a.gouge(x - 6, y - 2, x + 5, y - 3, 1.6, fill=NGHE2)
        else:
            solid(a, ell(x, y, 7, 5.5), a.r.choice([DAT, LA3, CLAY]), 2.8, 0, 3)
    a.ink("M168 258C168 290 348 290 348 258", 5.5)
    a.ink("M186 300C206 318 300 320 330 298", 5, (0.2, 0.2), fill=CHAM)
    a.hatch(lambda y: 340 - (y - 280) * 0.9, 290, 338, 6, (10, 26), w=3)
    a.gouge(192, 318, 214, 334, 4, fill=CHAM2)
    a.ground(360, 60, 340, 1, CHAM2)


# B: rice papers of Bến Đò ---------------------------------------------------------------------------------------


@product("banh-trang-gao", NGHE, "Bánh tráng gạo phơi trên phên tre")
def banh_trang_gao(a: Art) -> None:
    solid(a, ell(204, 104, 46), SON, 6, 3)  # the sun behind
    for i in range(9):
        ang = math.radians(190 + i * 20)
        a.gouge(
            204 + 54 * math.cos(ang),
            104 + 54 * math.sin(ang),
            204 + 70 * math.cos(ang),
            104 + 66 * math.sin(ang),
            5,
            fill=SON,
        )
    for x, X in [(108, 92), (196, 196), (300, 322)]:
        a.ink(line((x, 270), (X, 356)), 13)
        a.ink(line((x, 270), (X, 352)), 7, fill=TRE)
    corners = [(92, 94), (316, 94), (350, 308), (56, 308)]
    solid(a, poly(*corners), TRE, 6.5, 4)

    def on(u: float, v: float) -> Point:
        """A spot on the leaning rack, u across and v down, both 0 to 1."""
        k = 0.6 * v + 0.4 * v * v
        left, right = 92 - 36 * k, 316 + 34 * k
        return left + (right - left) * u, 94 + 214 * k

    for i in range(1, 22):
        a.ink(line(on(i / 22, 0), on(i / 22, 1)), 2, wob=0.3, fill=NAU)
    for v in (0.04, 0.36, 0.68, 0.97):
        a.ink(line(on(0, v), on(1, v)), 5, wob=0.5)
        a.ink(line(on(0.01, v), on(0.99, v)), 2, wob=0.4, fill=NAU2)
    for v, r in [(0.27, 46), (0.73, 58)]:
        for u in (0.2, 0.5, 0.8):
            x, y = on(u, v)
            sheet = ell(x + a.r.uniform(-2, 2), y, r * 0.86, r * 0.76)
            solid(a, sheet, WHITE, 5, 2, 4)
            for k in range(-3, 4):
                half = math.sqrt(max(0, 1 - (k / 4) ** 2))
                a.gouge(
                    x + k * r * 0.2,
                    y - r * 0.6 * half,
                    x + k * r * 0.2,
                    y + r * 0.6 * half,
                    1.4,
                    fill=GIAY2,
                )
            a.gouge(x - r * 0.6, y + r * 0.28, x + r * 0.2, y + r * 0.62, 2.4, -5, fill=GIAY2)
    rice_ear(a, 300, 352, 1.06, 18, GIAY)
    rice_ear(a, 288, 354, 0.94, -8, GIAY)
    a.ground(358, 66, 290, 1)


@product("banh-trang-dua", DAT, "Bánh tráng nước dừa nướng và nửa trái dừa")
def banh_trang_dua(a: Art) -> None:
    cx, cy, radius = 184, 182, 126
    edge = []
    for i in range(80):
        t = 2 * math.pi * i / 80
        bite = (
            0.85 + 0.03 * math.sin(t * 17)
            if -0.95 < (t - 2 * math.pi if t > 5 else t) < -0.3
            else 1
        )
        k = radius * bite * (1 + 0.02 * math.sin(t * 7 + 1) + 0.014 * math.sin(t * 11))
        edge.append((cx + k * math.cos(t), cy + k * math.sin(t)))
    solid(a, poly(*edge), NGHE2, 7, 3.5, 4)
    for x, y in spots(a, 13, (80, 80, 290, 290), within(cx, cy, 98, 98), 34):
        q = a.r.uniform(12, 20)
        a.plate(ell(x, y, q, q * 0.75, a.r.uniform(0, 90)), NGHE, 0.6, False)
        a.ink(ell(x, y, q * 0.6, q * 0.44, a.r.uniform(0, 90)), 2.4, wob=0.5, fill=HO, step=3)
    grains(a, spots(a, 46, (70, 70, 296, 296), within(cx, cy, 108, 108), 10), 4.4, 2.2, [INK])
    for x, y in spots(a, 30, (76, 76, 290, 290), within(cx, cy, 104, 104), 16):
        turn = a.r.uniform(0, 6.28)
        a.gouge(x, y, x + 22 * math.cos(turn), y + 22 * math.sin(turn), 4, 4, fill=WHITE)
    shard = "M272 66L336 84L322 138L290 118L276 128Z"
    solid(a, shard, NGHE2, 6, 2.5)
    a.gouge(290, 84, 312, 92, 4, fill=WHITE)
    grains(a, [(296, 102), (312, 112), (318, 96)], 4, 2.2, [INK])
    # half a coconut
    t = At(262, 286, 1, -14)
    solid(a, t(ell(0, 4, 88, 66)), NAU, 7, 2)
    for k in range(30):
        ang = math.radians(10 + k * 5.6)
        t.gouge(
            a,
            78 * math.cos(ang),
            4 + 56 * math.sin(ang),
            88 * math.cos(ang + 0.1),
            4 + 66 * math.sin(ang + 0.1),
            2.4,
            fill=TRE if k % 2 else INK,
        )
    solid(a, t(ell(0, -8, 80, 50)), WHITE, 6, 0)
    solid(a, t(ell(2, -6, 58, 32)), GIAY2, 4.4, 0)
    a.plate(t("M-50 -14C-40 -40 40 -42 56 -12C30 -26 -20 -28 -50 -14Z"), NAU2, 0.4, False)
    for k in range(6):
        t.gouge(a, 44 - k * 9, 12 + k * 1.8, 28 - k * 9, 16 + k * 1.4, 2.2)
    for x, y, X, Y, b in [
        (70, 340, 104, 332, 8),
        (92, 352, 130, 346, -7),
        (58, 326, 80, 318, 5),
        (120, 334, 150, 346, 6),
    ]:
        a.gouge(x, y, X, Y, 8, b, fill=INK)
        a.gouge(x + 3, y, X - 3, Y, 4.6, b, fill=WHITE)
    a.ground(362, 70, 330, 1)


@product("banh-trang-cuon", CHAM, "Bánh tráng cuốn và đĩa cuốn tôm rau")
def banh_trang_cuon(a: Art) -> None:
    for cx, cy in [(246, 142), (226, 136), (204, 132)]:  # soft thin sheets behind
        solid(a, ell(cx, cy, 98, 94), WHITE if cx != 226 else GIAY2, 5, 2)
    for i in range(-5, 6):
        half = math.sqrt(max(0, 82**2 - (i * 15) ** 2))
        a.ink(
            line((204 + i * 15, 132 - half), (204 + i * 15, 132 + half)),
            1.6,
            (0.1, 0.1),
            0.3,
            fill=GIAY2,
        )
        a.ink(
            line((204 - half, 132 + i * 15), (204 + half, 132 + i * 15)),
            1.6,
            (0.1, 0.1),
            0.3,
            fill=GIAY2,
        )
    a.gouge(132, 96, 168, 64, 4, fill=CHAM2)
    for x, y, turn in [(92, 232, -128), (84, 240, -164), (104, 226, -96)]:
        leaf(a, x, y, 62, turn, LA if turn != -164 else LA2)
    solid(a, ell(196, 284, 150, 62), CHAM2, 7, 3)
    solid(a, ell(196, 278, 124, 46), GIAY, 4.5, 0)
    for x, y in [(112, 256), (132, 276), (154, 298)]:  # the rolls
        t = At(x, y, 1, -9)
        solid(
            a,
            t("M0 -24L126 -24C146 -22 146 22 126 24L0 24C-16 22 -16 -22 0 -24Z"),
            "#F8F3DF",
            5.4,
            2,
        )
        a.plate(t("M26 -14C50 -22 92 -20 104 -10C90 4 44 6 26 -14Z"), LA2, 0.4, False)
        for u in (40, 62, 84):
            a.ink(
                t(f"M{u - 9} 12C{u - 6} -8 {u + 14} -6 {u + 12} 12"), 7, (0.1, 0.1), fill="#F0876A"
            )
            t.gouge(a, u - 2, 2, u + 4, 10, 2.4, fill=SON)
        t.gouge(a, 10, -17, 112, -17, 2, fill=GIAY2)
        solid(a, t(ell(128, 0, 15, 23)), WHITE, 4.6, 0, 4)
        a.plate(t(ell(128, -9, 8, 8)), LA, 0.3, False)
        a.plate(t(ell(130, 6, 8, 8)), "#F0876A", 0.3, False)
        for v in (-2, 3, 12):
            a.dots([t.pt(123, v)], 2.2, INK)
    # dipping sauce
    solid(a, "M258 306C260 336 280 350 304 350C328 350 346 336 348 306Z", SON, 6, 2)
    solid(a, ell(303, 306, 45, 16), "#8C3A16", 5.5, 0)
    for x, y in [(286, 304), (302, 310), (318, 303)]:
        a.dots([(x, y)], 4, SON)
    a.gouge(282, 300, 312, 298, 2.6, fill=NGHE2)
    a.hatch(340, 320, 340, 4, (8, 16), w=2.6)
    a.ground(360, 84, 336, 1, CHAM2)


@product("mi-quang-kho", CHAM2, "Bó mì Quảng khô")
def mi_quang_kho(a: Art) -> None:
    def bundle(t: At, colours: Sequence[str]) -> None:
        for i in range(7):
            v = (i - 3) / 3  # across the bundle, -1 to 1
            out, tie, end = 62 * v, 26 * v, 14 * abs(v) - 150
            a0, a1, b0, b1 = out - 12, out + 12, tie - 5.6, tie + 5.6
            top = f"M{end} {a0}C-90 {a0} -60 {b0} -14 {b0}L14 {b0}C60 {b0} 96 {a0} 140 {a0}"
            low = f"L140 {a1}C96 {a1} 60 {b1} 14 {b1}L-14 {b1}C-60 {b1} -90 {a1} {end} {a1}Z"
            solid(a, t(top + low), colours[i % len(colours)], 4.2, 1.2)
            t.gouge(a, 46, tie * 1.15, 112, out * 0.94, 1.6)
        for v in (-62, -20, 21):  # folded over at the far end
            fold = f"M138 {v - 11}C168 {v - 12} 168 {v + 33} 138 {v + 32}Z"
            solid(a, t(fold), NGHE2, 4.2, 1, 4)
        band = t("M-17 -36L17 -36L19 36L-19 36Z")
        solid(a, band, SON, 5.4, 2)
        for v in range(-28, 30, 9):
            t.gouge(a, -14, v, 14, v + 3, 2)

    def nest(x: float, y: float, size: float) -> None:
        t = At(x, y, size)
        solid(
            a, t("M-84 10C-90 -30 -50 -56 0 -56C50 -56 90 -30 84 10C80 48 -80 48 -84 10Z"), HO, 6, 2
        )
        for i in range(10):
            q, start, sweep = 1 - 0.085 * i, a.r.uniform(0, 360), a.r.uniform(150, 250)
            tilt = At(*t.pt(0, -7 - i * 0.8), size, a.r.uniform(-14, 14))
            arc = [
                tilt.pt(
                    76 * q * math.cos(math.radians(start + sweep * k / 14)),
                    42 * q * math.sin(math.radians(start + sweep * k / 14)),
                )
                for k in range(15)
            ]
            a.ink(line(*arc), 16 * size, wob=0.4)
            a.ink(line(*arc), 10 * size, wob=0.3, fill=[NGHE, NGHE2, NGHE2][i % 3])

    bundle(At(200, 142, 1, -8), [NGHE, NGHE2, NGHE])
    leaf(a, 74, 236, 50, -64, LA)
    leaf(a, 70, 240, 46, -122, LA2)
    ginger(a, 322, 236, 0.62, 30, HO, "#F07A1E", mirror=True)
    nest(118, 292, 0.88)
    nest(280, 296, 0.88)
    nest(198, 308, 0.92)
    a.ground(360, 70, 330, 2)


# C: honey of Hòn Mây --------------------------------------------------------------------------------------------


@product("mat-ong-hoa-tram", LA2, "Bình mật ong hoa tràm")
def mat_ong_hoa_tram(a: Art) -> None:
    flask = (
        "M150 96L150 150C106 166 74 202 74 252C74 308 112 340 170 340C228 340 266 308 266 252"
        "C266 202 234 166 190 150"
        "L190 96Z"
    )
    a.plate(flask, NGHE)
    a.plate("M90 216C78 262 94 322 148 332C112 304 104 254 122 196Z", NGHE2)
    a.plate("M150 96L190 96L190 132L150 132Z", GIAY)
    a.ink(flask, 7)
    a.ink("M152 134Q170 142 188 132", 4)
    solid(a, "M144 52L196 52L192 96L148 96Z", NAU2, 6)
    a.dots([(158, 66), (174, 62), (182, 78), (164, 82), (154, 90)], 2.4, NAU)
    solid(a, rr(140, 90, 60, 16, 6), GIAY, 5)
    a.ink("M148 150Q170 160 192 150", 5, fill=SON)
    a.ink("M190 152C214 164 212 182 226 194", 3.4, (0, 0.3), fill=SON)
    round_label(a, 168, 252, 58, 52, GIAY, HO)
    t = At(168, 254, 1, -20)  # a bee
    for turn in (-58, -112):
        w = At(*t.pt(2, -8), 1, turn)
        solid(a, w("M0 0C10 -14 30 -14 36 -2C34 10 12 12 0 0Z"), CHAM2, 3, 0, 3)
    solid(
        a,
        t("M-26 0C-26 -14 -10 -17 4 -16C20 -15 30 -6 32 0C30 8 20 16 4 16C-10 17 -26 14 -26 0Z"),
        NGHE,
        4,
        0,
        4,
    )
    for u in (-8, 6, 19):
        t.gouge(a, u, -14, u, 14, 7)
    solid(a, t(ell(-26, 0, 10, 10)), INK, 2, 0, 3)
    a.ink(t("M-32 -6Q-40 -16 -38 -22"), 2.4, (0, 0.4), 0.2)
    a.hatch(lambda y: 262 - max(0, y - 270) * 0.55, 222, 326, 12, (8, 24), w=3)
    a.gouge(88, 232, 88, 282, 6, fill=WHITE)
    # a flowering paperbark twig
    a.ink("M334 350C322 290 300 240 306 160C308 130 312 108 310 84", 6, (0, 0.4), fill=NAU)
    a.ink("M334 350C322 290 300 240 306 160", 2.4, (0, 0.4))
    for x, y, turn in [
        (318, 292, -40),
        (312, 262, -150),
        (308, 224, -30),
        (305, 200, -140),
        (324, 318, -160),
        (306, 170, -36),
    ]:
        leaf(a, x, y, 60, turn, LA if turn < -100 else LA3, 0.15, False)
    for x, y, length, turn in [(308, 156, 96, -94), (300, 236, 66, -120)]:
        t = At(x, y, length, turn)
        tufts = [(k / 11, side) for k in range(12) for side in (-1, 1)]
        for fill, w in [(INK, 11), (WHITE, 7)]:
            for k, side in tufts:
                t.gouge(
                    a,
                    k * 0.86,
                    0,
                    k * 0.86 + 0.2,
                    side * (0.3 - 0.12 * abs(k - 0.45)),
                    w,
                    fill=fill,
                )
            t.gouge(a, 0.8, 0, 1.14, 0, w, fill=fill)
        for k, side in tufts:
            t.gouge(a, k * 0.86 + 0.02, 0, k * 0.86 + 0.15, side * 0.18, 1.5, fill=LA)
            a.dots([t.pt(k * 0.86 + 0.2, side * (0.3 - 0.12 * abs(k - 0.45)))], 2.4, NGHE)
    a.ground(358, 70, 330, 2)


@product("sap-ong", LA3, "Bánh sáp ong vàng và tầng ong", scale=0.98)
def sap_ong(a: Art) -> None:
    t = At(252, 122, 1, 12)  # a piece of comb
    comb = t("M-70 -54L-24 -66L20 -52L66 -60L82 -14L70 34L26 66L-22 56L-66 60L-84 10Z")
    solid(a, comb, HO, 6.5, 3)
    for j in range(-3, 4):
        for i in range(-4, 5):
            u, v = i * 25 + (j % 2) * 12.5, j * 21.5
            if (u / 76) ** 2 + (v / 58) ** 2 < 0.9:
                cell = [
                    t.pt(
                        u + 12.5 * math.cos(math.radians(60 * k + 30)),
                        v + 12.5 * math.sin(math.radians(60 * k + 30)),
                    )
                    for k in range(6)
                ]
                a.plate(poly(*cell), NGHE if (i + j) % 3 else NGHE2, 0.2, False)
                a.ink(poly(*cell), 3.4, wob=0.3, step=4)
                if (i * 2 + j) % 3 == 0:
                    t.gouge(a, u - 5, v - 3, u + 3, v - 6, 2.6, fill=WHITE)

    def cake(cx: float, cy: float, r: float, height: float) -> None:
        hexagon = [
            (cx + r * math.cos(math.radians(60 * k)), cy + r * 0.5 * math.sin(math.radians(60 * k)))
            for k in range(6)
        ]
        right, low_r, low_l, left = hexagon[0], hexagon[1], hexagon[2], hexagon[3]
        down = lambda p: (p[0], p[1] + height)
        for p, q, fill in [(left, low_l, HO), (low_l, low_r, NGHE), (low_r, right, "#C4740F")]:
            solid(a, poly(p, q, down(q), down(p)), fill, 5.4, 1.6, 8)
        solid(a, poly(*hexagon), NGHE2, 6, 1.6, 8)
        inner = [(cx + (x - cx) * 0.72, cy + (y - cy) * 0.72) for x, y in hexagon]
        a.ink(poly(*inner), 2.6, fill=HO, step=8)
        for side in (-1, 1):  # a bee pressed into the cake
            a.plate(ell(cx + side * 15, cy - 8, 15, 6, side * 22), HO, 0.3, False)
        a.plate(ell(cx, cy + 4, 9, 15, 90), HO, 0.3, False)
        for k in range(5):
            x, y = right[0] - 6 - k * 6, right[1] + 9 + k * 5
            a.gouge(x, y, x - 1, y + height - 12, 2.6)
        a.gouge(low_l[0] + 8, low_l[1] + 8, low_l[0] + 9, low_l[1] + height - 8, 4, fill=WHITE)

    a.ground(356, 60, 350, 2)
    cake(154, 282, 100, 42)
    cake(148, 224, 96, 42)
    cake(262, 304, 84, 34)
    t = At(92, 112, 1.15, -16)  # the bee
    for turn in (-50, -108):
        w = At(*t.pt(0, -10), 1.15, turn - 16)
        solid(a, w("M0 0C10 -15 32 -15 40 -2C36 11 12 12 0 0Z"), CHAM2, 3.6, 0, 3)
    solid(
        a,
        t("M-28 0C-28 -15 -10 -18 6 -17C22 -16 34 -6 36 0C34 9 22 17 6 17C-10 18 -28 15 -28 0Z"),
        NGHE,
        4.6,
        1.4,
        4,
    )
    for u in (-8, 7, 21):
        t.gouge(a, u, -15, u, 15, 8)
    solid(a, t(ell(-28, 0, 11, 11)), INK, 2, 0, 3)
    a.dots([t.pt(-31, -3)], 2.2, GIAY)
    for k in range(4):
        a.gouge(136 + k * 15, 96 - 4 * k + (k % 2) * 3, 145 + k * 15, 94 - 4 * k, 2.6, fill=LA2)


@product("mat-ong-gung", PINK, "Hũ mật ong ngâm gừng")
def mat_ong_gung(a: Art) -> None:
    barrel = "M84 186C66 222 64 286 90 334L262 334C288 286 286 222 268 186Z"
    a.plate(barrel, HO)
    a.plate("M88 208C76 246 78 296 100 326L122 326C102 288 102 240 114 204Z", NGHE)
    a.ink(barrel, 7)
    for x, y, rx, ry, turn in [
        (128, 226, 26, 19, 20),
        (186, 218, 28, 17, -10),
        (240, 236, 24, 18, 30),
        (112, 278, 22, 18, -30),
        (158, 272, 29, 20, 10),
        (214, 284, 28, 20, -24),
        (136, 314, 24, 13, 0),
        (190, 318, 24, 11, 8),
        (252, 280, 16, 20, 10),
    ]:
        ginger_slice(a, x, y, rx, ry, turn)
    a.hatch(lambda y: 278 - abs(y - 250) * 0.1, 204, 326, 13, (6, 16), w=3)
    a.gouge(86, 222, 88, 292, 6, fill=WHITE)
    solid(a, "M88 160L264 160L268 188L84 188Z", NGHE2, 5.5)
    a.ink("M86 174L266 174", 7, fill=NAU)
    a.ink("M86 174L266 174", 2.4)
    a.ink("M222 176C246 188 240 206 256 214M222 176C226 196 214 206 216 222", 4, (0, 0.3), fill=NAU)
    lid = "M72 118Q72 104 86 104L266 104Q280 104 280 118L276 160L76 160Z"
    solid(a, lid, NAU2, 6.5, 3)
    for x, y, X in [
        (90, 118, 190),
        (120, 130, 262),
        (86, 142, 170),
        (190, 148, 266),
        (206, 116, 268),
    ]:
        a.gouge(x, y, X, y + 1, 2.4, fill=NAU)
    a.ink(ell(150, 132, 12, 5), 2, fill=NAU, step=3)
    solid(a, "M156 104C156 84 196 84 196 104Z", NAU, 5.5)
    ginger(a, 296, 314, 0.86, -24)
    ginger_slice(a, 336, 250, 22, 17, -30)
    ginger_slice(a, 70, 344, 22, 10, 6)
    a.ground(356, 70, 336, 2)


# D: peanuts of Xóm Lò -------------------------------------------------------------------------------------------


@product("dau-phong-ep", LA, "Can dầu phộng ép")
def dau_phong_ep(a: Art) -> None:
    jug = (
        "M146 88L146 124C146 142 96 152 96 190L96 312Q96 340 124 340L230 340Q258 340 258 312L258 190"
        "C258 152 208 142 208 124"
        "L208 88Z"
    )
    a.plate(jug, NGHE)
    a.plate("M112 196C112 172 140 160 152 146L152 332L126 332Q112 332 112 314Z", NGHE2)
    a.plate("M146 88L208 88L208 124C208 132 212 138 218 142L138 142C142 138 146 132 146 124Z", GIAY)
    a.ink(jug, 7)
    a.ink("M138 144Q176 154 218 142", 4, (0.1, 0.1))
    for d, w, fill in [
        ("M206 118C262 108 288 140 280 186C276 208 268 216 256 220", 19, None),
        ("M206 118C262 108 288 140 280 186C276 208 268 216 256 220", 8, GIAY),
    ]:
        a.ink(d, w, wob=0.4, fill=fill)
    solid(a, "M140 50L214 50L210 90L144 90Z", SON, 6)
    for x in range(152, 206, 10):
        a.gouge(x, 56, x, 84, 2.4)
    solid(a, rr(112, 212, 130, 92, 4), GIAY, 4.8, 0)
    a.ink(line((120, 222), (234, 222)), 2.4, fill=SON)
    a.ink(line((120, 294), (234, 294)), 2.4, fill=SON)
    peanut(a, 170, 258, 0.88, -18)
    drops(a, 220, 262, 0.8, NGHE)
    a.hatch(254, 224, 326, 10, (6, 12), w=3)
    a.gouge(106, 206, 106, 300, 5, fill=WHITE)
    peanut(a, 296, 330, 0.86, 12)
    peanut(a, 306, 290, 0.74, -40)
    kernel(a, 250, 346, 1, -10)
    kernel(a, 80, 344, 1, 20, CLAY)
    kernel(a, 62, 326, 0.9, -40)
    a.ground(362, 60, 336, 1)


@product("dau-phong-rang-muoi", NGHE, "Phễu giấy báo đựng đậu phộng rang muối")
def dau_phong_rang_muoi(a: Art) -> None:
    cone = "M88 168C140 196 262 196 312 160C286 220 236 300 190 356C152 308 110 230 88 168Z"
    solid(a, ell(200, 162, 113, 34, -2), GIAY2, 6.5, 3)
    back = [
        (112, 148),
        (142, 140),
        (176, 136),
        (212, 134),
        (248, 138),
        (284, 146),
        (126, 126),
        (160, 112),
        (196, 104),
        (232, 108),
        (264, 122),
        (178, 84),
        (214, 82),
    ]
    front = [
        (102, 162),
        (130, 162),
        (160, 158),
        (192, 158),
        (224, 158),
        (256, 158),
        (288, 156),
        (118, 178),
        (148, 182),
        (182, 186),
        (216, 184),
        (250, 178),
        (278, 170),
        (146, 140),
        (180, 128),
        (214, 132),
        (246, 130),
    ]
    for i, (x, y) in enumerate(back + front):
        kernel(a, x, y, 1.12, a.r.uniform(-60, 60), [DAT, CLAY, "#C65B38"][i % 3])
    grains(a, spots(a, 40, (106, 84, 292, 180), within(200, 140, 92, 50), 9), 3, 2.4, [WHITE])
    solid(a, cone, GIAY, 7, 4)
    a.plate(
        "M252 190C280 182 300 172 312 160C290 216 240 296 196 348C230 290 252 236 252 190Z",
        GIAY2,
        0.5,
        False,
    )
    for row in range(15):  # the newspaper
        y = 206 + row * 9
        half = (344 - y) * 0.58
        mid = 198 - (y - 200) * 0.03
        for c0, c1 in [(-0.86, -0.3), (-0.2, 0.3)]:
            if half > 16:
                a.gouge(mid + half * c0, y, mid + half * c1, y + 1, 2, fill=INK if row % 4 else DAT)
    a.ink("M252 190C252 236 232 292 194 350", 5, (0.05, 0.1))
    a.hatch(lambda y: 300 - (y - 180) * 0.62, 192, 300, 9, (10, 24), ang=20, w=3)
    a.ink(cone, 7)
    kernel(a, 82, 338, 1.2, 20)
    kernel(a, 122, 350, 1.1, -20, CLAY)
    kernel(a, 276, 344, 1.2, -30)
    kernel(a, 316, 330, 1.1, 30, "#C65B38")
    solid(a, At(312, 352, 1.2, 10)("M-15 0C-15 -10 10 -12 20 0Z"), NGHE2, 3.6, 0, 4)
    salt(a, [(94, 352), (58, 346), (104, 330), (246, 352), (338, 348), (296, 316)])


@product("bo-dau-phong", CHAM2, "Hũ bơ đậu phộng và lát bánh mì")
def bo_dau_phong(a: Art) -> None:
    butter, dark = "#C98B45", "#A4682C"
    t = At(108, 118, 1, -28)  # the lid, leaning behind
    solid(a, t(ell(0, 0, 58, 56)), SON, 6.5, 3)
    a.ink(t(ell(0, 0, 44, 42)), 3)
    for k in range(24):
        ang = math.radians(15 * k)
        t.gouge(
            a, 47 * math.cos(ang), 45 * math.sin(ang), 55 * math.cos(ang), 53 * math.sin(ang), 2.4
        )
    a.gouge(84, 100, 106, 88, 5, fill="#FFC9AE")
    solid(
        a, "M262 104L284 114C278 146 256 176 230 196L206 186C226 156 244 128 262 104Z", GIAY, 6, 2
    )  # the knife
    a.gouge(262, 122, 230, 170, 4, fill=CHAM2)
    solid(a, "M258 104L288 54C296 42 318 52 312 66L288 118Z", NAU, 6, 2)
    a.dots([(290, 76), (280, 94)], 3.4, NGHE2)
    jar = "M66 186L66 306Q66 336 96 336L240 336Q270 336 270 306L270 186Z"
    solid(a, jar, butter, 7, 4)
    a.plate("M72 196L92 196L92 326Q78 324 74 306Z", NGHE2, 0.4, False)
    solid(a, ell(168, 184, 106, 30), GIAY, 6.5, 0)
    solid(a, ell(168, 185, 92, 22), dark, 4.5, 0)
    swirl = "M82 184C96 160 128 158 140 146C150 134 176 134 178 150C200 144 236 160 254 184C230 208 106 208 82 184Z"
    solid(a, swirl, butter, 5.5, 0)
    a.ink(
        "M112 178C132 164 168 160 178 150M132 190C164 172 206 172 222 184M170 200C196 194 220 196 232 190",
        3.2,
        (0.2, 0.4),
    )
    a.gouge(128, 172, 156, 154, 4, fill=NGHE2)
    for y in (210, 221):
        a.ink(f"M70 {y}C110 {y + 20} 226 {y + 20} 266 {y}", 3.4, (0.05, 0.05))
    solid(a, "M100 250L232 250L232 314L100 314Z", GIAY, 4.8, 0)
    peanut(a, 166, 282, 0.8, -14)
    a.hatch(266, 244, 322, 8, (8, 20), w=3)
    # bread
    t = At(288, 294, 1, 12)
    bread = t(
        "M-52 56L-54 -6C-76 -22 -62 -58 -30 -58L32 -58C62 -58 74 -24 54 -6L52 56Q0 64 -52 56Z"
    )
    solid(a, bread, NAU2, 6.5, 3)
    a.plate(
        t("M-42 46L-44 -10C-60 -22 -50 -48 -28 -48L30 -48C50 -48 58 -22 44 -10L42 46Q0 52 -42 46Z"),
        NGHE2,
        0.5,
        False,
    )
    solid(
        a,
        t(
            "M-34 34C-42 10 -34 -6 -38 -22C-30 -44 -8 -34 8 -42C30 -46 42 -28 34 -10C40 8 36 30 24 36"
            "C4 32 -12 46 -34 34Z"
        ),
        butter,
        4.4,
        0,
    )
    for u, v, U, V, b in [(-24, 18, 22, 10, 8), (-26, -4, 26, -12, 8), (-20, -22, 24, -28, 6)]:
        t.gouge(a, u, v, U, V, 3, b)
    t.gouge(a, -26, 26, 6, 24, 3, 4, NGHE2)
    kernel(a, 78, 350, 1, 10)
    a.ground(362, 70, 336, 1)


@product("muoi-me-dau-phong", DAT2, "Cối giã muối mè đậu phộng")
def muoi_me_dau_phong(a: Art) -> None:
    mortar = (
        "M68 212C72 262 92 300 118 310L110 340Q112 350 130 350L258 350Q276 350 278 340L270 310"
        "C298 300 316 262 320 212Z"
    )
    solid(a, mortar, STONE, 7, 4)
    solid(a, ell(194, 210, 128, 42), "#BCC4D4", 7, 0)
    solid(a, ell(194, 212, 104, 30), COAL, 5, 0)
    solid(a, "M292 46C312 34 336 54 326 76L252 214L204 190Z", NAU2, 7, 3)  # the pestle
    for k in range(5):
        a.gouge(300 - k * 16, 82 + k * 26, 284 - k * 14, 108 + k * 24, 2.6, fill=NAU)
    a.gouge(298, 60, 268, 112, 5, fill=NGHE2)
    heap = "M96 214C112 178 152 160 190 164C232 160 276 184 292 214C270 244 118 244 96 214Z"
    solid(a, heap, TRE, 5, 0)
    inside = within(194, 206, 88, 34)
    grains(a, spots(a, 60, (100, 168, 290, 238), inside, 7), 4.2, 2.2, [INK, INK, WHITE, NAU])
    for x, y in spots(a, 13, (112, 176, 278, 230), within(194, 204, 78, 26), 24):
        solid(
            a,
            At(x, y, a.r.uniform(0.7, 1), a.r.uniform(0, 360))(
                "M-12 4C-12 -8 8 -12 14 2Q0 10 -12 4Z"
            ),
            NGHE2,
            3.2,
            0,
            4,
        )
    for x, y in spots(
        a, 34, (92, 256, 300, 340), lambda x, y: abs(x - 194) < 118 - (y - 250) * 0.5, 15
    ):
        a.gouge(
            x,
            y,
            x + a.r.uniform(3, 7),
            y + a.r.uniform(-3, 4),
            3,
            fill=a.r.choice([INK, "#7C88A3", WHITE]),
        )
    a.ink("M120 312C150 324 240 324 268 312", 4.5, (0.1, 0.1))
    a.hatch(lambda y: 312 - max(0, y - 236) * 0.62, 244, 308, 7, (14, 30), w=3.2)
    a.gouge(86, 250, 106, 290, 6, fill=WHITE)
    kernel(a, 68, 340, 1.2, -20)
    kernel(a, 318, 338, 1.2, 30, CLAY)
    salt(a, [(56, 318), (330, 312), (88, 352)])
    grains(
        a, [(300, 354), (340, 354), (48, 352), (334, 330), (306, 318), (78, 318)], 5.4, 2.8, [INK]
    )
    a.ground(362, 90, 310, 1)


# E: fish and shrimp of Xóm Ghe ----------------------------------------------------------------------------------


@product("mam-nem", LA2, "Hũ sành mắm nêm bịt lá chuối")
def mam_nem(a: Art) -> None:
    pot = "M124 150C84 176 66 222 74 266C82 314 118 342 178 342C238 342 274 314 282 266C290 222 272 176 232 150Z"
    a.plate(pot, DAT)
    a.plate("M98 190C80 226 84 290 132 322C110 276 112 220 140 172Z", "#D26A49")
    a.plate("M76 270C84 316 118 342 178 342C238 342 274 314 280 270C240 288 116 290 76 270Z", CLAY)
    a.ink(pot, 7)
    a.ink("M78 268C116 290 240 288 279 268", 4, (0.05, 0.05))
    # banana leaf over the mouth
    cap = (
        "M112 100Q178 66 246 100"
        "L262 156Q244 142 228 158Q208 142 190 160Q170 142 152 160Q134 144 118 158Q104 146 94 156Z"
    )
    solid(a, cap, LA, 6.5, 3)
    for x, X in [(128, 112), (150, 140), (172, 168), (194, 196), (216, 224), (236, 250)]:
        a.gouge(x, 98 - abs(x - 180) * -0.06, X, 146, 2.6)
    a.gouge(136, 98, 214, 88, 4, fill=LA2)
    for y in (118, 128):
        a.ink(f"M104 {y + 4}Q178 {y - 12} 254 {y + 4}", 6.5)
        a.ink(f"M105 {y + 4}Q178 {y - 12} 253 {y + 4}", 3, fill=TRE)
    a.ink("M200 124C224 140 214 160 232 176M196 124C198 146 188 158 194 180", 4, (0, 0.3), fill=TRE)
    diamond = poly((174, 178), (226, 234), (174, 290), (122, 234))
    solid(a, diamond, NGHE, 5, 0)
    fish(a, 138, 236, 74, -4, GIAY)
    a.hatch(lambda y: 284 - max(0, y - 262) * 0.5, 190, 322, 14, (10, 30), ang=6, w=3.2, bend=2)
    a.gouge(96, 214, 94, 258, 6, fill=WHITE)
    # a dish of it, with chilli and garlic
    solid(a, "M226 300C230 338 258 350 288 350C318 350 346 338 350 300Z", GIAY, 6.5, 2)
    solid(a, ell(288, 300, 62, 20), "#7A3B1E", 6, 0)
    for x, y, turn in [(262, 296, 10), (300, 304, -14)]:
        fish(a, x, y, 34, turn, "#B06A3C")
    for x, y in [(288, 294), (320, 296), (270, 308), (314, 308)]:
        solid(a, ell(x, y, 5, 3.6), SON, 2.4, 0, 3)
        a.dots([(x, y)], 1.2, GIAY)
    a.ink("M246 326C262 338 314 338 330 326", 4, (0.2, 0.2), fill=CHAM)
    chilli(a, 314, 214, 0.62, 70, SON)
    garlic = At(74, 330, 0.9)
    solid(
        a,
        garlic(
            "M-4 -34C-6 -18 -30 -10 -30 8C-30 24 -12 26 0 26C12 26 30 24 30 8C30 -10 8 -18 6 -34Z"
        ),
        WHITE,
        5,
        2,
        4,
    )
    for u in (-12, 2, 14):
        garlic.gouge(a, u * 0.3, -16, u, 22, 2.2, u * 0.2)
    a.ground(360, 60, 340, 1)


@product("mam-ruoc", NGHE, "Hũ mắm ruốc đỏ tím và con ruốc")
def mam_ruoc(a: Art) -> None:
    a.ink("M282 62L206 168", 19)  # the ladle
    a.ink("M284 60L206 168", 11, fill=NAU2)
    a.gouge(278, 70, 230, 138, 2.6, fill=NAU)
    tub = "M74 176L96 322Q98 338 114 338L250 338Q266 338 268 322L290 176Z"
    solid(a, tub, PLUM, 7, 4)
    a.plate("M82 192L104 192L118 328L106 328Z", "#B4708A", 0.4, False)
    heap = "M86 172C92 142 124 130 146 136C158 110 204 108 216 134C246 126 276 144 280 172C240 200 126 200 86 172Z"
    solid(a, ell(182, 172, 112, 32), GIAY, 6.5, 0)
    solid(a, heap, PLUM, 6, 0)
    a.ink(
        "M112 166C126 150 150 152 158 160M170 142C186 132 204 140 208 152M216 172C232 158 252 160 260 170",
        3.4,
        (0.3, 0.3),
    )
    a.gouge(110, 152, 136, 142, 4.5, fill="#C98BA2")
    a.gouge(164, 128, 192, 122, 4.5, fill="#C98BA2")
    grains(
        a,
        spots(a, 34, (100, 136, 268, 186), within(184, 164, 80, 28), 9),
        2.8,
        1.7,
        [INK, "#C98BA2"],
    )
    a.ink("M74 176C100 208 262 208 290 176", 6.5)
    a.ink("M78 192C106 222 258 222 286 192", 4, (0.05, 0.05))
    label = "M112 236C150 246 214 246 252 236L246 308C214 318 150 318 118 308Z"
    solid(a, label, GIAY, 4.8, 0)
    krill(a, 182, 272, 0.82, 0)
    a.hatch(lambda y: 287 - (y - 190) * 0.15, 220, 328, 10, (8, 22), w=3)
    krill(a, 316, 300, 0.86, 24, mirror=True)
    krill(a, 296, 344, 0.66, -8, "#E79AA6")
    krill(a, 66, 334, 0.74, -6, "#E79AA6")
    krill(a, 62, 286, 0.56, 30)
    a.ground(362, 84, 320, 1)


@product("ca-com-kho", CHAM, "Sàng cá cơm khô")
def ca_com_kho(a: Art) -> None:
    solid(a, poly((40, 314), (360, 314), (354, 342), (46, 342)), NAU2, 6.5, 3)
    for k in range(22):
        a.gouge(52 + k * 14.2, 320, 56 + k * 14, 338, 3)
    solid(a, poly((84, 66), (316, 66), (360, 314), (40, 314)), TRE, 7, 3)
    solid(a, poly((102, 84), (298, 84), (334, 296), (66, 296)), GIAY2, 5, 0)
    for i in range(1, 20):
        u = i / 20
        a.ink(line((102 + 196 * u, 84), (66 + 268 * u, 296)), 1.8, wob=0.3, fill=NAU2)
    for i in range(1, 12):
        v = i / 12
        a.ink(
            line((102 - 36 * v, 84 + 212 * v), (298 + 36 * v, 84 + 212 * v)),
            1.6,
            wob=0.3,
            fill=NAU2,
        )
    for k in range(20):  # lashing of the rim
        a.gouge(90 + k * 11.6, 68, 94 + k * 11.4, 82, 2.4)
        v = k / 20
        for side in (-1, 1):
            x = 200 + side * (109 + 40 * v)
            a.gouge(x, 74 + 226 * v, x + side * 9, 80 + 228 * v, 2.4)
    rows = [(102, 74, 4), (132, 80, 4), (164, 86, 4), (198, 96, 4), (236, 106, 4), (274, 114, 3)]
    for n, (y, length, count) in enumerate(rows):
        left, right = 108 - (y - 84) * 0.17, 292 + (y - 84) * 0.17
        pitch = (right - left - length) / (count - 1)
        for i in range(count):
            fish(
                a,
                left + pitch * i + a.r.uniform(-3, 3),
                y + a.r.uniform(-4, 4),
                length,
                a.r.uniform(-15, 15),
                CHAM2 if (i + n) % 3 else GIAY,
            )
    a.ground(360, 60, 340, 1, CHAM2)


@product("ruoc-kho", LA, "Tô ruốc khô")
def ruoc_kho(a: Art) -> None:
    solid(a, "M78 214C84 160 118 108 196 104C276 108 310 160 316 214Z", "#C65B78", 6, 2)
    for x, y in spots(a, 26, (86, 118, 304, 214), within(196, 196, 106, 78), 24):
        krill(
            a,
            x,
            y,
            0.62,
            a.r.uniform(-50, 50),
            a.r.choice([ROSE, "#E79AA6", "#EFB4A8"]),
            a.r.random() < 0.5,
        )
    bowl = "M60 208C64 268 108 314 152 326L148 346L244 346L240 326C286 314 330 268 334 208Z"
    solid(a, bowl, GIAY, 7, 4)
    for x, y in [
        (84, 206),
        (118, 214),
        (152, 206),
        (188, 216),
        (222, 206),
        (258, 214),
        (294, 206),
        (310, 208),
    ]:
        krill(
            a, x, y, 0.64, a.r.uniform(-36, 36), a.r.choice([ROSE, "#E79AA6", "#EFB4A8"]), x % 4 < 2
        )
    a.ink("M60 222C100 250 294 250 334 222", 6, (0.02, 0.02))
    a.plate(
        "M66 228C104 250 290 250 328 228C326 242 322 252 318 260C280 278 112 278 76 260C72 252 68 242 66 228Z",
        CHAM2,
        0.4,
        False,
    )
    a.ink("M76 262C114 280 280 280 318 262", 4, (0.05, 0.05), fill=CHAM)
    for k in range(7):  # waves on the glaze
        x = 92 + k * 33
        y = 250 + 10 * math.sin(math.pi * (k + 0.5) / 7)
        a.ink(
            f"M{x} {y:.1f}C{x + 4} {y - 14:.1f} {x + 22} {y - 12:.1f} {x + 18} {y - 1:.1f}",
            4,
            (0.2, 0.4),
            fill=CHAM,
        )
    a.ink("M152 328C176 334 216 334 240 328", 4.5)
    a.hatch(lambda y: 316 - (y - 262) * 1.1, 270, 318, 6, (14, 32), w=3)
    a.gouge(92, 280, 124, 308, 5, fill=WHITE)
    krill(a, 82, 342, 0.7, 4)
    krill(a, 306, 336, 0.8, -4, "#EFB4A8", mirror=True)
    a.ground(360, 70, 330, 1)


# F: teas of Đồi Sim ---------------------------------------------------------------------------------------------


@product("che-xanh-say", NGHE2, "Hộp chè xanh sấy và búp chè")
def che_xanh_say(a: Art) -> None:
    tin = "M70 148L70 312C70 344 226 344 226 312L226 148Z"
    a.plate(tin, LA3)
    a.ink("M70 148L70 312C70 344 226 344 226 312L226 148", 7)
    solid(a, "M62 104L62 150C62 176 234 176 234 150L234 104Z", LA, 6.5, 3)
    solid(a, "M62 104C62 76 112 64 148 64C184 64 234 76 234 104C234 130 62 130 62 104Z", LA, 6.5, 0)
    a.ink("M84 102C96 118 200 118 212 102", 3, (0.2, 0.2), fill=LA2)
    solid(a, ell(148, 66, 17, 13), NGHE, 5, 0, 4)
    a.gouge(84, 90, 118, 78, 5, fill=LA2)
    round_label(a, 148, 252, 56, 56, GIAY, LA)
    for turn, length in [(-90, 50), (-148, 44), (-32, 44)]:
        leaf(a, 148, 280, length, turn, LA if turn != -90 else LA2)
    a.ink("M148 278L148 298", 4, (0, 0.2))
    a.hatch(222, 182, 316, 12, (6, 14), w=3, fill=INK)
    a.gouge(82, 186, 82, 300, 5, fill=LA2)
    # two leaves and a bud
    a.ink("M262 212C272 176 286 146 300 116", 6, (0, 0.2), fill=LA3)
    leaf(a, 268, 186, 84, -168, LA)
    leaf(a, 278, 172, 78, -14, LA)
    leaf(a, 290, 140, 64, -124, LA2)
    leaf(a, 298, 122, 58, -66, LA2, 0.2)
    # a scoop of dried leaves
    t = At(286, 310, 1, -8)
    heap = t("M-56 6C-46 -38 -14 -48 6 -44C34 -46 54 -20 58 6C30 30 -30 30 -56 6Z")
    solid(a, heap, "#52653B", 5.5, 0)
    for x, y in spots(a, 40, (236, 268, 340, 326), within(287, 302, 48, 26), 10):
        ang = a.r.uniform(0, 3.14)
        a.gouge(
            x - 11 * math.cos(ang),
            y - 8 * math.sin(ang),
            x + 11 * math.cos(ang),
            y + 8 * math.sin(ang),
            4,
            a.r.uniform(-6, 6),
            a.r.choice([INK, INK, LA2, LA, "#B7B56B"]),
        )
    solid(a, t("M-62 4C-58 40 58 40 64 4C40 24 -40 24 -62 4Z"), NAU2, 6, 0)
    solid(a, t("M-58 14C-84 18 -98 26 -112 40L-104 50C-88 38 -76 32 -54 30Z"), NAU2, 5.4, 0)
    t.gouge(a, -30, 26, 36, 26, 2, -4, NAU)
    for x, y, X, Y, b in [
        (200, 352, 222, 346, 5),
        (236, 354, 252, 346, -5),
        (330, 352, 346, 342, 5),
        (308, 356, 324, 352, -4),
    ]:
        a.gouge(x, y, X, Y, 5, b, fill=LA3)
    a.ground(360, 64, 330, 1)


@product("tra-gung-thai-lat", LA, "Ly trà gừng và gừng thái lát")
def tra_gung(a: Art) -> None:
    glass = "M96 136L108 316Q110 338 132 338L220 338Q242 338 244 316L256 136Z"
    for d, w, fill in [
        ("M250 178C300 166 324 196 314 236C306 268 276 280 246 276", 22, None),
        ("M250 178C300 166 324 196 314 236C306 268 276 280 246 276", 11, CHAM2),
    ]:
        a.ink(d, w, wob=0.4, fill=fill)
    solid(a, glass, "#E4EDEA", 7, 3)
    a.plate(
        "M102 176C140 190 212 190 252 176L244 316Q242 332 222 332L132 332Q112 332 110 316Z",
        NGHE,
        0.5,
        False,
    )
    a.plate("M106 190L128 190L136 328Q114 328 112 312Z", NGHE2, 0.4, False)
    for x, y, rx, ry, turn in [
        (150, 236, 27, 21, -20),
        (206, 250, 26, 22, 24),
        (160, 292, 27, 20, 12),
        (214, 304, 22, 17, -10),
    ]:
        ginger_slice(a, x, y, rx, ry, turn, CREAM)
    solid(a, ell(177, 178, 74, 18), HO, 4.6, 0)
    ginger_slice(a, 160, 178, 26, 10, 4, CREAM)
    ginger_slice(a, 206, 182, 22, 8, -8, CREAM)
    a.ink(glass, 7)
    a.ink(ell(176, 137, 80, 19), 6)
    a.hatch(lambda y: 252 - (y - 136) * 0.07, 200, 324, 10, (6, 16), w=3)
    a.gouge(112, 160, 122, 300, 5, fill=WHITE)
    steam(a, 152, 118, 72)
    steam(a, 196, 110, 64)
    ginger(a, 308, 322, 0.84, -30, mirror=True)
    for x, y, rx, ry, turn in [(72, 344, 28, 13, 4), (84, 330, 26, 12, -10), (66, 320, 25, 12, 10)]:
        ginger_slice(a, x, y, rx, ry, turn)
    a.ground(358, 64, 336, 1)


@product("tra-dau-den", CREAM, "Túi vải đựng đậu đen rang và chén trà đậu đen")
def tra_dau_den(a: Art) -> None:
    ruff = (
        "M112 118C100 94 84 78 92 62C112 72 120 54 138 66C152 50 168 68 182 56C196 70 216 56 226 72"
        "C228 90 212 104 206 120Z"
    )
    sack = (
        "M112 128C76 150 54 200 58 254C60 306 84 334 126 338L206 338C244 334 264 306 264 254"
        "C266 200 242 150 206 128Z"
    )
    solid(a, sack, CHAM, 7, 4)
    a.plate(
        "M96 150C72 182 64 240 76 296C80 310 88 320 98 326C86 274 92 206 124 158Z",
        "#4A63AC",
        0.4,
        False,
    )
    solid(a, ruff, CHAM, 6.5, 3)
    for x, X in [(118, 108), (136, 130), (154, 154), (172, 178), (192, 202)]:
        a.gouge(x, 116, X, 78, 3)
    for x, X, y in [
        (118, 100, 176),
        (140, 130, 168),
        (162, 164, 172),
        (184, 194, 166),
        (202, 224, 176),
    ]:
        a.gouge(x, 132, X, y, 3)
    for j in range(5):  # an indigo cloth with woven lozenges
        for i in range(5):
            x, y = 94 + i * 33 + (j % 2) * 16, 190 + j * 30
            if within(160, 244, 92, 90)(x, y):
                a.ink(
                    poly((x, y - 10), (x + 10, y), (x, y + 10), (x - 10, y)),
                    3,
                    wob=0.3,
                    fill=CHAM2,
                    step=4,
                )
                a.dots([(x, y)], 2.6, CHAM2)
    solid(a, "M106 114Q160 130 212 114L214 130Q160 146 104 130Z", SON, 5, 1, 4)
    a.ink("M196 126C222 136 216 160 234 172M190 128C202 148 194 164 204 182", 5, (0, 0.3), fill=SON)
    a.hatch(lambda y: 260 - abs(y - 250) * 0.1, 190, 240, 5, (10, 24), w=3)
    steam(a, 286, 214, 64, NAU2)
    # the cup
    solid(a, "M212 244L222 318Q226 346 248 346L314 346Q336 346 340 318L350 244Z", GIAY, 7, 3)
    solid(a, ell(281, 244, 69, 21), GIAY, 6.5, 0)
    solid(a, ell(281, 246, 55, 14), "#5A2438", 4.5, 0)
    a.gouge(242, 242, 288, 240, 3, fill="#C98BA2")
    for y in (290, 300):
        a.ink(
            f"M{218 + (y - 290) * 0.1} {y}C240 {y + 17} 322 {y + 17} {344 - (y - 290) * 0.1} {y}",
            4,
            (0.05, 0.05),
            fill=DAT,
        )
    a.hatch(lambda y: 346 - (y - 262) * 0.15, 264, 336, 7, (10, 22), w=3)
    for x, y, turn in [
        (66, 338, 20),
        (90, 330, -30),
        (112, 340, 10),
        (136, 330, 40),
        (158, 342, -16),
        (182, 334, 24),
        (204, 344, -8),
        (78, 314, 60),
        (102, 312, -10),
        (126, 310, 26),
        (150, 316, -40),
        (92, 292, 14),
        (118, 292, -24),
        (48, 346, -20),
        (176, 314, 10),
    ]:
        bean(a, x, y, 15, turn, COAL, STONE, GIAY)
    a.ground(362, 64, 340, 1)


@product("tra-sim", CHAM2, "Gói trà sim, hoa sim và trái sim")
def tra_sim(a: Art) -> None:
    # a paper brick tied with string
    solid(a, poly((54, 196), (86, 168), (86, 298), (54, 322)), TRE, 6, 2)
    solid(a, poly((54, 196), (222, 196), (254, 168), (86, 168)), GIAY2, 6, 0)
    solid(a, poly((222, 196), (254, 168), (254, 300), (222, 336)), TRE, 6, 2)
    solid(a, poly((54, 196), (222, 196), (222, 336), (54, 336)), GIAY, 7, 3)
    a.gouge(62, 204, 120, 232, 2, fill=NAU2)
    a.gouge(214, 204, 160, 232, 2, fill=NAU2)
    solid(a, poly((84, 222), (192, 222), (192, 316), (84, 316)), ROSE, 4.6, 0)
    a.ink(poly((91, 229), (185, 229), (185, 309), (91, 309)), 2, fill=GIAY, step=8)
    flower(a, 138, 269, 30, PINK, -90)
    for d in (
        "M138 196L138 222M138 316L138 336M54 262L84 262M192 262L222 262L254 234",
        "M138 196L170 168",
    ):
        a.ink(d, 6.5)
        a.ink(d, 3, fill=SON)
    a.hatch(250, 200, 300, 8, (6, 16), ang=34, w=2.8)
    # rose myrtle on top
    a.ink("M116 178C160 150 210 140 262 96C280 82 296 70 312 56", 6.5, (0, 0.3), fill=NAU)
    for x, y, length, turn in [
        (236, 118, 64, 40),
        (262, 98, 58, -84),
        (292, 74, 56, 30),
        (212, 136, 56, 66),
        (138, 166, 54, 176),
        (296, 70, 46, -70),
    ]:
        leaf(a, x, y, length, turn, LA3 if turn < 0 else LA, 0.33)
    flower(a, 166, 116, 58, ROSE, -20)
    flower(a, 252, 80, 34, PINK, 10)
    # berries
    for x, y, r in [(282, 318, 24), (324, 322, 22), (300, 284, 21), (262, 340, 18), (338, 286, 17)]:
        solid(a, ell(x, y, r * 0.92, r), PLUM, 5, 2, 4)
        a.gouge(x - r * 0.5, y - r * 0.3, x - r * 0.4, y + r * 0.4, 4, fill="#C98BA2")
        for k in range(5):
            ang = math.radians(-150 + 30 * k)
            a.gouge(
                x + r * 0.2 * math.cos(ang),
                y - r * 0.8,
                x + r * 0.75 * math.cos(ang),
                y - r * 0.8 + r * 0.6 * math.sin(ang),
                5,
                fill=LA3,
            )
        a.dots([(x + r * 0.4, y + r * 0.3), (x + r * 0.1, y + r * 0.6)], 1.6, "#C98BA2")
    a.ground(356, 60, 340, 2)


# G: dried fruit of Vườn Xưa -------------------------------------------------------------------------------------


@product("mit-say", DAT, "Nửa trái mít và mít sấy")
def mit_say(a: Art) -> None:
    t = At(176, 188, 0.96, -22)
    a.ink(t("M0 -128C2 -144 10 -152 24 -156"), 16)
    a.ink(t("M0 -128C2 -144 10 -152 24 -156"), 8, fill=LA2)
    solid(a, t(ell(0, 0, 108, 134)), LA, 7, 3)
    for ring in range(40):
        ang = math.radians(9 * ring)
        for k in (0.9, 0.97):
            u, v = 108 * k * math.cos(ang), 134 * k * math.sin(ang)
            t.gouge(a, u, v, u * 1.05, v * 1.05, 4, fill=INK if ring % 2 else LA2)
    solid(a, t(ell(0, 2, 88, 112)), CREAM, 5.5, 0)
    a.plate(t(ell(0, 4, 14, 84)), GIAY2, 0.5, False)
    a.ink(t("M0 -78C6 -30 -6 30 0 86"), 3, (0.2, 0.2), fill=NAU2)
    for k in range(44):
        ang = math.radians(k * 8.2)
        t.gouge(
            a,
            30 * math.cos(ang),
            40 * math.sin(ang),
            80 * math.cos(ang),
            104 * math.sin(ang),
            2,
            fill=NGHE2,
        )
    for u, v, turn in [
        (-44, -62, 60),
        (-58, -20, 20),
        (-56, 26, -10),
        (-40, 70, -50),
        (44, -60, 120),
        (58, -18, 160),
        (56, 28, 190),
        (38, 72, 230),
        (-14, -88, 80),
        (12, 96, -80),
        (-24, -28, 40),
        (26, 24, 200),
        (-22, 30, -20),
        (24, -30, 150),
    ]:
        p = At(*t.pt(u, v), 1.04, turn - 22)
        solid(
            a, p("M-24 0C-22 -15 4 -20 20 -10C28 -4 28 6 20 11C4 20 -22 14 -24 0Z"), NGHE, 4, 1, 4
        )
        solid(a, p(ell(2, 0, 9, 6)), NAU2, 2.4, 0, 3)
    # dried pieces in a paper tray
    tray = "M190 292L346 284L326 346L206 350Z"
    for x, y, turn in [
        (218, 286, 30),
        (246, 272, -20),
        (278, 270, 14),
        (308, 272, -32),
        (330, 284, 20),
        (232, 300, 60),
        (262, 292, 0),
        (294, 290, -16),
        (322, 298, 40),
        (270, 254, 20),
    ]:
        p = At(x, y, 1.15, turn)
        solid(
            a,
            p("M-22 6C-26 -10 -4 -18 14 -14C28 -10 28 4 20 8C18 -2 2 -6 -6 2C-10 8 -18 12 -22 6Z"),
            NGHE2 if turn % 3 else NGHE,
            4.4,
            1.2,
            4,
        )
        p.gouge(a, -12, -4, 14, -9, 2.4, 3, HO)
    solid(a, tray, GIAY, 6.5, 3)
    a.plate("M190 292L206 350L218 350L204 292Z", GIAY2, 0.4, False)
    for k in range(6):
        a.gouge(226 + k * 20, 302, 228 + k * 18, 338, 2.2, fill=SON)
    a.hatch(lambda y: 340 - (y - 290) * 0.3, 296, 340, 5, (6, 14), w=2.6)
    a.ground(360, 120, 336, 1)


@product("khoai-lang-deo", LA2, "Khoai lang dẻo trên lá chuối")
def khoai_lang_deo(a: Art) -> None:
    # the fresh root, cut
    t = At(196, 104, 1, -12)
    solid(
        a,
        t(
            "M-142 14C-120 -30 -70 -56 -10 -54C40 -54 66 -40 78 -22C92 -2 88 26 72 40C30 58 -60 52 -104 34"
            "C-124 30 -136 22 -142 14Z"
        ),
        "#8E3A55",
        7,
        3,
    )
    for u, v, U, V in [
        (-100, 4, -84, 8),
        (-60, -28, -44, -24),
        (-30, 24, -12, 28),
        (-70, 26, -58, 28),
        (0, -40, 18, -36),
        (-12, -4, 4, 0),
    ]:
        t.gouge(a, u, v, U, V, 2.6)
    t.gouge(a, -96, -16, -20, -42, 6, -4, "#C98BA2")
    solid(a, t(ell(74, 6, 30, 40, 8)), "#F0892E", 6, 0)
    a.ink(t(ell(74, 6, 20, 28, 8)), 2.4, fill=NGHE2, step=4)
    for v in (-10, 2, 14):
        t.gouge(a, 66, v, 82, v + 3, 2, fill=NGHE2)
    # banana leaf
    mat = "M40 286C90 244 300 236 362 270C350 330 300 352 220 354C120 354 66 338 40 286Z"
    solid(a, mat, LA, 6.5, 3)
    a.ink("M44 288C140 296 270 300 360 272", 4, (0.05, 0.2))
    for k in range(13):
        x = 74 + k * 21
        a.gouge(x, 290 + 4 * math.sin(k / 4), x + 12, 344 - abs(k - 6) * 3, 2, fill=LA3)
        a.gouge(x, 288, x + 14, 262 + abs(k - 6), 2, fill=LA2)

    def strip(x: float, y: float, turn: float, fill: str, size: float = 1) -> None:
        t = At(x, y, size, turn)
        solid(
            a,
            t(
                "M-84 -14C-60 -22 -30 -12 0 -17C30 -22 62 -12 86 -15L88 8C60 14 30 6 0 12C-30 16 -60 6 -86 12Z"
            ),
            fill,
            5.2,
            2,
        )
        a.plate(
            t(
                "M-86 12C-60 6 -30 16 0 12C30 6 60 14 88 8L87 18C60 24 30 16 0 22C-30 26 -60 16 -85 21Z"
            ),
            "#B5561A",
            0.4,
            False,
        )
        a.ink(
            t(
                "M-86 12C-60 6 -30 16 0 12C30 6 60 14 88 8M-85 22C-60 17 -30 27 0 23C30 17 60 25 87 18M-86 11"
                "L-85 22M88 7L87 19"
            ),
            4,
        )
        for u in (-62, -34, -6, 26, 54):
            t.gouge(a, u, -6, u + 22, -5, 2.4, 3, "#B5561A")
        t.gouge(a, -70, -11, 10, -13, 2.6, fill=NGHE2)

    orange, amber = "#F0892E", NGHE
    for args in [
        (140, 300, 4, orange),
        (262, 298, -6, amber),
        (204, 318, 0, orange),
        (156, 262, -10, amber),
        (250, 258, 8, orange),
        (204, 272, -2, orange),
        (200, 228, -16, amber),
        (208, 216, 12, orange),
    ]:
        strip(*args, 0.92)
    leaf_at = At(318, 148, 1, 20)
    solid(
        a,
        leaf_at(
            "M0 40C-36 30 -44 -8 -22 -24C-8 -32 0 -22 0 -14C0 -22 10 -32 24 -22C44 -6 34 30 0 40Z"
        ),
        LA3,
        5,
        2,
        4,
    )
    for u, v in [(-22, 8), (22, 8), (0, 30), (-16, -10), (16, -10)]:
        leaf_at.gouge(a, 0, -8, u, v, 2.2, fill=LA2)
    a.ink(leaf_at("M0 -12C-4 -30 -20 -40 -40 -46"), 5, (0, 0.3), fill=LA3)


@product("dua-say-mieng", CHAM, "Gáo dừa đựng dừa sấy miếng")
def dua_say_mieng(a: Art) -> None:
    t = At(244, 122, 0.74, -24)  # a palm leaf behind
    for k in range(11):
        u = -100 + k * 20
        for side in (-1, 1):
            reach = 66 - abs(k - 4) * 5
            blade = (
                f"M{u} 0C{u + 16} {side * reach * 0.4:.1f} {u + 34} {side * reach * 0.7:.1f} {u + 60} {side * reach}"
                f"C{u + 24} {side * reach * 0.8:.1f} {u + 2} {side * reach * 0.5:.1f} {u - 8} 0Z"
            )
            solid(a, t(blade), LA if side > 0 else LA2, 3.2, 0, 4)
    a.ink(t("M-140 4C-60 -2 40 -2 132 6"), 5, (0, 0.4), fill=LA3)
    solid(
        a,
        "M80 236C90 168 140 132 200 130C262 132 314 170 322 236C300 268 100 268 80 236Z",
        GIAY2,
        5,
        0,
    )

    def chip(x: float, y: float, turn: float, size: float = 1) -> None:
        p = At(x, y, size, turn)
        solid(
            a,
            p(
                "M-36 8C-34 -22 22 -32 40 -4C42 2 38 8 34 6C22 -10 -12 -10 -24 14C-30 18 -36 14 -36 8Z"
            ),
            WHITE,
            4.6,
            0,
            4,
        )
        a.ink(p("M-36 6C-34 -22 22 -32 40 -4"), 4.4, (0.05, 0.05), fill=NAU)
        p.gouge(a, -24, 4, 22, -9, 2, 7, GIAY2)

    for x, y, turn in [
        (120, 208, -50),
        (150, 176, -20),
        (196, 160, 0),
        (244, 170, 24),
        (280, 200, 50),
        (110, 226, -10),
        (166, 204, 20),
        (220, 196, -16),
        (262, 222, 16),
        (146, 232, -30),
        (196, 226, 8),
        (236, 236, -8),
        (298, 226, 30),
    ]:
        chip(x, y, turn)
    shell = "M66 228C68 296 124 344 200 344C276 344 332 296 334 228C300 262 100 262 66 228Z"
    solid(a, shell, NAU, 7, 4)
    for k in range(46):
        ang = math.radians(a.r.uniform(14, 166))
        q = a.r.uniform(0.5, 0.95)
        x, y = 200 + 130 * q * math.cos(ang), 240 + 102 * q * math.sin(ang)
        if y > 264:
            a.gouge(
                x,
                y,
                x + a.r.uniform(-26, 26),
                y + a.r.uniform(4, 14),
                2.6,
                4,
                a.r.choice([TRE, INK, NAU2]),
            )
    a.ink("M66 228C100 262 300 262 334 228", 6)
    a.ink("M72 240C106 272 294 272 328 240", 2.6, (0.05, 0.05), fill=TRE)
    a.ink(shell, 7)
    chip(84, 340, -14, 0.86)
    chip(320, 336, 20, 0.9)
    a.ground(360, 70, 334, 1, CHAM2)


@product("gung-deo", SON, "Đĩa chân cao đựng gừng dẻo")
def gung_deo(a: Art) -> None:
    def piece(x: float, y: float, size: float, turn: float, fill: str) -> None:
        p = At(x, y, size, turn)
        solid(
            a,
            p(
                "M-34 4C-36 -14 -16 -22 2 -20C24 -22 38 -10 36 4C34 16 18 16 4 17C-14 20 -32 18 -34 4Z"
            ),
            fill,
            4.8,
            1.4,
            4,
        )
        a.ink(p("M-22 4C-20 -10 18 -14 24 0"), 2.2, (0.2, 0.3), fill=HO)
        a.ink(p("M-14 9C-10 0 10 -2 16 6"), 2, (0.2, 0.3), fill=HO)
        a.dots([p.pt(a.r.uniform(-26, 26), a.r.uniform(-13, 12)) for _ in range(8)], 2, WHITE)

    for i, (x, y, turn) in enumerate(
        [
            (200, 92, 10),
            (166, 118, -30),
            (228, 112, 34),
            (136, 150, -16),
            (186, 144, 8),
            (238, 142, -12),
            (272, 156, 40),
            (108, 184, -40),
            (156, 182, 18),
            (206, 178, -6),
            (252, 184, 22),
            (296, 188, -24),
        ]
    ):
        piece(x, y, 1.05, turn, [NGHE2, NGHE, CREAM][i % 3])
    dish = (
        "M64 196C76 240 130 262 168 266L160 314C140 320 126 330 122 346L278 346C274 330 260 320 240 314L232 266"
        "C270 262 324 240 336 196Z"
    )
    solid(a, dish, GIAY, 7, 4)
    a.ink("M64 196C104 226 296 226 336 196", 5.5)
    a.ink("M166 268C184 274 216 274 234 268M160 314C184 322 216 322 240 314", 4.5)
    for k in range(9):
        x = 96 + k * 26
        y = 222 + 12 * math.sin(math.pi * (k + 0.5) / 9)
        a.ink(ell(x, y, 8, 5.5), 2.6, wob=0.3, fill=CHAM, step=3)
        a.dots([(x, y)], 2, CHAM)
    a.ink("M134 336C170 342 230 342 266 336", 3, (0.1, 0.1), fill=CHAM)
    a.hatch(lambda y: 318 - (y - 210) * 1.4, 216, 256, 5, (14, 30), w=3)
    a.hatch(236, 274, 310, 4, (8, 18), w=3)
    a.gouge(176, 276, 172, 308, 4, fill=CHAM2)
    ginger(a, 90, 322, 0.66, 10)
    piece(308, 336, 0.86, -8, NGHE2)
    salt(a, [(276, 352), (336, 318), (60, 352)])
    a.ground(360, 60, 336, 1)


# H: spices of bà Sáu --------------------------------------------------------------------------------------------


@product("ot-bot", NGHE, "Ống tre đựng ớt bột")
def ot_bot(a: Art) -> None:
    powder = "#D9472B"
    tube = (
        "M98 160L98 226C90 230 90 240 98 244L98 314C90 318 90 328 98 332C104 348 212 348 218 332"
        "C226 328 226 318 218 314"
        "L218 244C226 240 226 230 218 226L218 160Z"
    )
    solid(a, tube, LA2, 7, 4)
    a.plate("M102 172L126 178L126 338Q108 336 102 328Z", "#D2E6B6", 0.4, False)
    for y in (228, 240, 317):
        a.ink(f"M96 {y}C120 {y + 15} 196 {y + 15} 220 {y}", 4.6 if y != 240 else 3, (0.02, 0.02))
    solid(a, ell(158, 160, 62, 20), CREAM, 6.5, 0)
    heap = "M106 160C112 120 132 88 158 84C184 88 204 120 210 160Z"
    solid(a, ell(158, 160, 62, 20), GIAY2, 6.5, 0)
    solid(a, heap, powder, 6, 0)
    a.plate("M108 158C130 176 186 176 208 158Z", powder, 0.3, False)
    a.ink("M108 160C130 177 186 177 208 160", 4)
    grains(
        a,
        spots(a, 70, (112, 92, 206, 168), within(158, 150, 44, 58), 5),
        2,
        1.5,
        [CLAY, NGHE2, CLAY, NGHE],
    )
    a.hatch(lambda y: 176 + (y - 84) * 0.42, 108, 154, 5, (10, 22), ang=-30, w=3)
    for y in (188, 206):
        a.gouge(128, y, 128 + a.r.uniform(20, 60), y + 2, 1.8, fill=LA)
    a.hatch(214, 180, 326, 12, (8, 22), w=3)
    solid(a, poly((126, 256), (194, 254), (196, 308), (128, 310)), GIAY, 4.4, 0)
    chilli(a, 143, 280, 0.36, 10)
    # dried chillies on a string
    a.ink("M286 52C282 120 290 200 292 250", 4, (0, 0.1), fill=NAU)
    for i, (y, turn, mirror) in enumerate(
        [
            (84, 62, False),
            (92, 118, False),
            (130, 50, False),
            (138, 126, False),
            (178, 62, False),
            (186, 116, False),
            (222, 84, False),
        ]
    ):
        chilli(a, 286 + (i % 2) * 4, y, 0.74, turn, [SON, "#B32A1A", "#D9472B"][i % 3], dry=True)
    # a loaded spoon
    spoon(a, 248, 336, 0.72, 3, powder)
    grains(a, spots(a, 18, (70, 346, 216, 358), apart=6), 3, 2, [CLAY, SON])
    a.ground(360, 64, 336, 1)


@product("tuong-ot", LA2, "Chai tương ớt và chén tương")
def tuong_ot(a: Art) -> None:
    bottle = (
        "M142 132C142 146 118 152 116 178C114 206 128 214 128 236C128 256 114 262 114 288"
        "L114 322Q114 342 134 342L202 342"
        "Q222 342 222 322L222 288C222 262 208 256 208 236C208 214 222 206 220 178C218 152 194 146 194 132Z"
    )
    solid(a, bottle, SON, 7, 4)
    a.plate(
        "M128 176C126 204 140 214 140 236C140 256 126 264 126 290L126 330L142 330C138 290 152 258 150 236"
        "C148 212 140 200 142 168Z",
        "#E8735A",
        0.4,
        False,
    )
    solid(a, "M136 100L200 100L200 134L136 134Z", LA, 6, 2)
    for x in range(146, 198, 10):
        a.gouge(x, 104, x, 130, 2.4)
    solid(a, "M150 100L160 48Q168 40 176 48L186 100Z", LA, 6, 2)
    a.gouge(164, 60, 158, 94, 3, fill=LA2)
    solid(a, poly((114, 272), (222, 272), (222, 328), (114, 328)), GIAY, 4.8, 0)
    chilli(a, 140, 292, 0.52, 6)
    a.hatch(lambda y: 214 if 196 < y < 262 else 217, 160, 258, 10, (8, 22), w=3)
    # a dish with a swirl
    solid(a, "M214 296C220 334 250 350 284 350C318 350 346 334 352 296Z", CHAM2, 6.5, 2)
    solid(a, ell(283, 296, 69, 24), GIAY, 6, 0)
    solid(a, ell(283, 297, 54, 16), SON, 4.4, 0)
    a.ink(
        "M246 298C252 286 310 284 318 296C322 308 268 310 266 300C268 293 292 293 294 299",
        3.4,
        (0.1, 0.4),
        fill="#FFC9AE",
    )
    grains(a, spots(a, 14, (240, 288, 326, 308), within(283, 297, 44, 11), 9), 2.8, 1.8, [NGHE2])
    a.ink("M232 322C252 340 314 340 334 322", 4, (0.2, 0.2), fill=CHAM)
    chilli(a, 262, 136, 0.96, 62, SON)
    chilli(a, 312, 138, 0.9, 78, "#B32A1A")
    chilli(a, 58, 250, 0.74, 70, LA)
    garlic = At(78, 336, 0.72)
    solid(
        a,
        garlic(
            "M-4 -34C-6 -18 -30 -10 -30 8C-30 24 -12 26 0 26C12 26 30 24 30 8C30 -10 8 -18 6 -34Z"
        ),
        WHITE,
        4.6,
        2,
        4,
    )
    for u in (-12, 2, 14):
        garlic.gouge(a, u * 0.3, -16, u, 22, 2.2, u * 0.2)
    a.ground(360, 60, 336, 1)


@product("tieu-hat", CHAM2, "Bao tải nhỏ đựng tiêu hạt")
def tieu_hat(a: Art) -> None:
    sack = "M82 202C70 244 70 300 86 336Q90 346 104 346L268 346Q282 346 286 336C302 300 302 244 290 202Z"
    solid(a, sack, TRE, 7, 4)
    a.plate("M88 220C80 256 82 304 96 334L120 336C104 300 102 256 108 220Z", NGHE2, 0.4, False)
    for j in range(7):  # jute weave
        for i in range(10):
            x, y = 100 + i * 19 + (j % 2) * 9, 236 + j * 16
            if x < 278:
                a.gouge(x, y, x + 11, y + 1, 2.2, fill=NAU)
                a.gouge(x + 12, y + 4, x + 12, y + 12, 2, fill=NAU)
    heap = "M84 196C98 132 146 102 186 102C228 102 274 134 288 196C250 224 122 224 84 196Z"
    solid(a, heap, INK, 6, 0)
    for x, y in spots(a, 84, (92, 108, 280, 212), within(186, 196, 94, 86), 14):
        solid(
            a, ell(x, y, 9, 8.4, a.r.uniform(0, 90)), a.r.choice([COAL, COAL, "#5C4A45"]), 2.6, 0, 3
        )
        a.gouge(x - 5, y - 3, x + 1, y - 5, 2.6, fill=STONE)
        a.gouge(x - 3, y + 3, x + 4, y + 2, 1.4, fill=INK)
    rim = (
        "M74 180C88 206 136 214 186 214C236 214 284 206 298 180C306 200 302 218 290 226C250 244 122 244 82 226"
        "C70 218 66 200 74 180Z"
    )
    solid(a, rim, NGHE2, 6.5, 2)
    for k in range(20):
        x = 84 + k * 10.6
        y = 206 + 16 * math.sin(math.pi * k / 19)
        a.gouge(x, y, x + 5, y + 15, 2.4, fill=NAU if k % 2 else INK)
    a.hatch(lambda y: 298 - abs(y - 270) * 0.06, 240, 336, 10, (8, 24), w=3)
    # a spike of green pepper
    a.ink("M332 66C320 68 306 72 296 82M304 76C318 100 322 150 316 206", 5.5, (0, 0.3), fill=LA3)
    leaf(a, 306, 80, 92, 174, LA, 0.36)
    leaf(a, 300, 80, 54, -138, LA3, 0.36)
    for k in range(10):
        y = 104 + k * 11
        x = 316 + 4 * math.sin(k / 3)
        for side in (-1, 1):
            ripe = (k, side) in {(2, 1), (6, -1)}
            solid(
                a,
                ell(x + side * 8, y + (side > 0) * 5, 7.4, 7.2),
                SON if ripe else LA if k % 3 else LA2,
                3,
                0,
                3,
            )
            a.dots([(x + side * 8 - 2, y + (side > 0) * 5 - 2)], 1.5, GIAY)
    for x, y in [(60, 344), (74, 352), (50, 354), (314, 344), (330, 352), (302, 354), (342, 340)]:
        solid(a, ell(x, y, 8, 7.4), COAL, 2.6, 0, 3)
        a.gouge(x - 4, y - 3, x + 1, y - 4, 2.2, fill=STONE)
    a.ground(362, 84, 300, 1)


@product("nghe-bot", CHAM, "Chén bột nghệ và củ nghệ")
def nghe_bot(a: Art) -> None:
    heap = "M76 222C104 160 152 96 188 74C226 96 276 160 302 222Z"
    solid(a, heap, NGHE, 7, 4)
    a.plate("M192 78C226 100 274 160 300 220L240 222C238 170 220 116 192 78Z", HO, 0.5, False)
    a.ink(heap, 7)
    grains(
        a,
        spots(a, 70, (100, 110, 280, 218), lambda x, y: abs(x - 188) < (y - 84) * 0.66, 8),
        1.7,
        1.4,
        [HO, NGHE2, HO],
    )
    for x, y, X, Y in [(174, 106, 146, 150), (156, 140, 122, 192), (184, 128, 172, 176)]:
        a.gouge(x, y, X, Y, 4.5, fill=NGHE2)
    a.hatch(lambda y: 188 + (y - 74) * 0.72, 120, 214, 9, (10, 30), ang=-24, w=3)
    bowl = "M58 220C62 282 108 322 150 328L146 346L232 346L228 328C270 322 316 282 320 220Z"
    solid(a, bowl, "#B4552A", 7, 4)
    a.plate("M74 240C84 284 116 310 148 318C116 290 104 264 104 240Z", "#D98A5E", 0.4, False)
    solid(a, "M52 212L326 212L324 234C270 246 108 246 54 234Z", DAT, 6.5, 2)
    for k in range(16):
        a.gouge(70 + k * 16, 218, 74 + k * 16, 234, 2.6, fill=DAT2)
    a.ink("M150 328C174 334 204 334 228 328", 4.5)
    a.hatch(lambda y: 306 - (y - 250) * 1.05, 254, 316, 8, (14, 34), w=3.2)
    a.ink("M98 268C140 288 238 288 280 266", 3.4, (0.15, 0.15), fill=NGHE)
    ginger(a, 292, 318, 0.9, -16, HO, "#F07A1E", mirror=True)
    t = At(86, 336, 1, 0)
    solid(a, t(ell(0, 0, 30, 16, -6)), HO, 5, 1.6, 4)
    solid(a, t(ell(-2, -4, 25, 11, -6)), "#F07A1E", 3.6, 0, 4)
    a.ink(t(ell(-2, -4, 15, 6, -6)), 2, fill=NGHE2, step=3)
    # turmeric leaf
    leaf(a, 302, 246, 136, -82, LA, 0.2)
    leaf(a, 306, 250, 90, -58, LA2, 0.22)
    a.ground(360, 64, 336, 1, CHAM2)
