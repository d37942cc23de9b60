"""Prints of the household makers: eggs, weaving, brooms, rice, pickles, oils and soap, sedge.

One function per product slug, registered in PRINTS.  The pieces at the top (egg, leaf, jar,
weave, ...) are shared by several prints.  Shapes are absolute SVG paths on a 400 x 400 block;
`at` moves a small shape drawn around (0, 0) to its place.
"""

import math
import re
from pathlib import Path

from shop.demo.prints import carving
from shop.demo.prints.carving import (
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
    ell,
    line,
    poly,
    rr,
)

WHITE = "#FFFDF4"
CLAY = "#8C3A16"
BARK = "#4A2A22"
CARROT = "#E8762B"
SHALLOT = "#93405C"
BLUE_SHELL = "#DCE6EC"

# What each background block shows where the knife slipped.
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
}

PRINTS = {}


def product(slug, bg, seed, title):
    """Register a drawing: the function gets a fresh block and draws on it."""

    def register(draw):
        def build():
            a = Art(seed, bg=bg, chat=CHATTER[bg], title=title)
            a.scale = 1.1
            draw(a)
            return a

        PRINTS[slug] = build
        return draw

    return register


# --- pieces ------------------------------------------------------------------------------------

PAIR = re.compile(r"(-?\d*\.?\d+) (-?\d*\.?\d+)")


def turn(x, y, s=1.0, rot=0.0, flip=1):
    """A function that moves a point drawn around (0, 0) to (x, y)."""
    c, q = math.cos(math.radians(rot)), math.sin(math.radians(rot))

    def to(u, v):
        u *= flip
        return x + (u * c - v * q) * s, y + (u * q + v * c) * s

    return to


def at(d, x, y, s=1.0, rot=0.0, flip=1):
    """The path d, drawn around (0, 0), moved to (x, y)."""
    to = turn(x, y, s, rot, flip)

    def moved(m):
        u, v = to(float(m[1]), float(m[2]))
        return f"{u:.1f} {v:.1f}"

    return PAIR.sub(moved, d)


def cut(a, d, fill, w=6.0, reg=False, wob=0.5, step=5):
    """A colour plate with its key line; reg=True prints the plate out of register, below all."""
    a.plate(d, fill, wob, reg)
    a.ink(d, w, step=step)


def cuts(a, to, marks, w=2.6, bend=0.0, fill=None):
    """Knife cuts given in the local coordinates of `to`."""
    for x1, y1, x2, y2 in marks:
        a.gouge(*to(x1, y1), *to(x2, y2), w, bend, fill=fill)


EGG = "M0 -50C24 -50 38 -14 38 8C38 32 20 46 0 46C-20 46 -38 32 -38 8C-38 -14 -24 -50 0 -50Z"


def egg(a, x, y, s, rot, fill, w=6.0, light=WHITE):
    to = turn(x, y, s, rot)
    cut(a, at(EGG, x, y, s, rot), fill, w, step=4)
    cuts(
        a,
        to,
        [(33 - abs(k - 2) * 2.4, -14 + k * 11, 14 + k * 1.5, -10 + k * 11) for k in range(5)],
        2.6 * min(1, s + 0.2),
        2,
    )
    if light:
        cuts(a, to, [(-20, -22, -24, 4)], 5 * s, fill=light)


def straw(a, cx, cy, rx, ry, n=80):
    """Loose straw in the lower half of an ellipse."""
    r = a.r
    for _ in range(n):
        u = r.uniform(-0.96, 0.96)
        x, y = cx + rx * u, cy + r.uniform(0, ry) * math.sqrt(1 - u * u)
        t = math.radians(r.uniform(-24, 24) - u * 40)
        length = r.uniform(22, 54) * r.choice((-1, 1))
        a.gouge(
            x,
            y,
            x + length * math.cos(t),
            y + length * math.sin(t) * 0.6,
            r.uniform(1.6, 3),
            r.uniform(-5, 5),
            fill=r.choice([INK, INK, NAU, GIAY]),
        )


def leaf(a, x, y, length, angle, fill, width=0.27, w=4.6, veins=4):
    to = turn(x, y, length, angle)
    d = at(
        f"M0 0C.18 {-width * 1.1:.3f} .7 {-width:.3f} 1 0C.7 {width:.3f} "
        f".18 {width * 1.1:.3f} 0 0Z".replace("0.", "."),
        x,
        y,
        length,
        angle,
    )
    cut(a, d, fill, w, step=4, wob=0.4)
    (x1, y1), (x2, y2) = to(0, 0), to(0.86, 0)
    a.ink(line((x1, y1), (x2, y2)), w * 0.62, (0, 0.6), 0.3)
    for k in range(veins):
        u = 0.25 + 0.5 * k / max(1, veins - 1)
        for side in (1, -1):
            a.gouge(*to(u, 0), *to(u + 0.12, side * width * 0.62 * (1.1 - u * 0.5)), 1.7)


def grains(a, inside, box, n, size=(5.4, 2.1), fills=(GIAY, INK), line_w=0.0, gap=0.0):
    """Scatter n grains over box (x0, y0, x1, y1) where inside(x, y) holds."""
    r, done, tries, put = a.r, 0, 0, []
    while done < n and tries < n * 60:
        tries += 1
        x, y = r.uniform(box[0], box[2]), r.uniform(box[1], box[3])
        if not inside(x, y) or (gap and any(math.dist((x, y), p) < gap for p in put)):
            continue
        put.append((x, y))
        d = ell(x, y, *size, r.uniform(0, 180))
        a.plate(d, r.choice(fills), 0.2, False)
        if line_w:
            a.ink(d, line_w, wob=0.2, step=3)
        done += 1


def rice_ear(a, x, y, s, rot, fill=NGHE, pairs=7, stem=60):
    """A drooping ear; the stem starts at (x, y) and goes up along rot."""
    to = turn(x, y, s, rot)
    end = -stem - pairs * 11
    a.ink(at(f"M0 0Q0 {-stem} 10 {end}", x, y, s, rot), 3.4 * s, (0, 0.3), 0.3)
    for k in range(pairs):
        v, u = -stem - k * 11, 10 * (k / pairs) ** 2
        for side in (-1, 1):
            px, py = to(u + side * 8, v - 6)
            d = ell(px, py, 4.8 * s, 9.6 * s, rot + side * 32)
            cut(a, d, fill, 2.3 * s, wob=0.3, step=3)
    px, py = to(11, end - 6)
    cut(a, ell(px, py, 4.6 * s, 9.6 * s, rot + 8), fill, 2.3 * s, wob=0.3, step=3)


def weave(a, edge, y0, y1, rows, cols, dark=NAU2, sag=0.0, w=2.6):
    """Over-and-under bamboo strips between the edges edge(y) -> (left, right)."""
    h = (y1 - y0) / rows
    for row in range(rows):
        y = y0 + row * h
        left, right = edge(y + h / 2)
        for c in range(cols):
            u0, u1 = c / cols, (c + 1) / cols
            xa, xb = left + (right - left) * u0, left + (right - left) * u1
            ya, yb = (y + sag * 4 * u * (1 - u) for u in (u0, u1))
            if (c + row) % 2 == 0:
                a.plate(
                    poly(
                        (xa + 1, ya + 1),
                        (xb - 1, yb + 1),
                        (xb - 1, yb + h - 1),
                        (xa + 1, ya + h - 1),
                    ),
                    dark,
                    0.5,
                    False,
                )
                a.ink(line((xa + 1, ya + 2), (xb - 1, yb + 2)), w, (0.1, 0.1), 0.5)
                a.ink(line((xa + 1, ya + h - 2), (xb - 1, yb + h - 2)), w, (0.1, 0.1), 0.5)
            else:
                a.ink(line((xa + 2, ya), (xa + 1, ya + h)), w, (0.1, 0.1), 0.5)
                a.ink(line((xb - 2, yb), (xb - 1, yb + h)), w, (0.1, 0.1), 0.5)
            a.gouge((xa + xb) / 2 - 4, (ya + yb + h) / 2, (xa + xb) / 2 + 4, (ya + yb + h) / 2, 1.5)


def rim(a, cx, cy, rx, ry, t=16, fill=TRE, n=44, inside=None, mark=INK):
    """A bound basket rim, t wide; inside = colour of the hollow."""
    ix, iy = rx - t, ry - t * 0.62
    a.plate(ell(cx, cy, rx, ry), fill, 0.5, False)
    if inside:
        a.plate(ell(cx, cy + 1, ix, iy), inside, 0.5, False)
    for i in range(n):
        u, v = 2 * math.pi * i / n, 2 * math.pi * i / n + 0.13
        a.gouge(
            cx + (ix + 2) * math.cos(u),
            cy + (iy + 2) * math.sin(u),
            cx + (rx - 2) * math.cos(v),
            cy + (ry - 2) * math.sin(v),
            3,
            fill=mark,
        )
    a.ink(ell(cx, cy, rx, ry), 6.5)
    if inside:
        a.ink(ell(cx, cy + 1, ix, iy), 4.6)


def jar_body(x0, x1, y0, y1, neck=18, foot=28, drop=44):
    """Outline of a glass jar with round shoulders."""
    return (
        f"M{x0 + neck} {y0}C{x0 + 4} {y0 + 10} {x0} {y0 + drop * 0.5} {x0} {y0 + drop}"
        f"L{x0} {y1 - foot}Q{x0} {y1} {x0 + foot} {y1}L{x1 - foot} {y1}"
        f"Q{x1} {y1} {x1} {y1 - foot}L{x1} {y0 + drop}"
        f"C{x1} {y0 + drop * 0.5} {x1 - 4} {y0 + 10} {x1 - neck} {y0}Z"
    )


def screw_lid(a, x, y, w, h, fill, light, step=13):
    lid = rr(x, y, w, h, 9)
    cut(a, lid, fill, 7)
    for k in range(int((w - 20) / step) + 1):
        a.gouge(x + 12 + k * step, y + 11, x + 13 + k * step, y + h - 8, 2.6)
    a.gouge(x + 10, y + 6, x + w * 0.7, y + 5, 2.2, fill=light)


def flower_slice(a, x, y, size, fill, core, rot=0.0, petals=5):
    """A vegetable slice cut as a flower, the way pickles are trimmed for Tết."""
    pts = []
    for i in range(40):
        t = 2 * math.pi * i / 40
        q = size * (0.8 + 0.22 * math.cos(petals * t))
        pts.append((x + q * math.cos(t + rot), y + q * math.sin(t + rot)))
    cut(a, poly(*pts), fill, 4, step=3, wob=0.3)
    a.plate(ell(x, y, size * 0.26), core, 0.3, False)
    for k in range(petals):
        t = rot + 2 * math.pi * k / petals
        a.gouge(
            x + size * 0.36 * math.cos(t),
            y + size * 0.36 * math.sin(t),
            x + size * 0.78 * math.cos(t),
            y + size * 0.78 * math.sin(t),
            2,
        )


def chili(a, x, y, s, rot, fill=SON, w=4.6):
    cut(
        a,
        at(
            "M-6 -34C10 -38 16 -16 12 6C8 26 -2 40 -16 50C-10 30 -10 10 -12 -8C-14 -20 -14 -32 "
            "-6 -34Z",
            x,
            y,
            s,
            rot,
        ),
        fill,
        w,
        step=4,
    )
    a.ink(at("M-2 -34C0 -44 4 -50 10 -56", x, y, s, rot), w * 1.1, (0, 0.2), fill=LA3)
    cuts(a, turn(x, y, s, rot), [(-4, -24, -5, 8)], 3.4 * s, fill="#FFC9AE")


def steam(a, x, y, s=1.0, fill=GIAY):
    a.ink(at("M0 0C-12 -16 14 -28 0 -48C-8 -60 4 -72 -2 -84", x, y, s), 5, (0.3, 0.6), fill=fill)
    a.ink(at("M-20 -4C-28 -16 -12 -28 -20 -42", x, y, s), 4, (0.3, 0.6), fill=fill)


# --- eggs --------------------------------------------------------------------------------------


@product("trung-vit", LA, 51, "Trứng vịt")
def duck_eggs(a):
    duck = (
        "M64 138C58 160 62 196 84 220C110 246 224 250 254 224C276 204 274 170 264 148"
        "C258 134 264 122 274 112C290 96 288 62 262 54C236 46 212 64 214 92"
        "C215 114 206 128 186 132C150 138 122 126 100 138C86 142 66 120 42 108"
        "C50 126 56 136 64 138Z"
    )
    a.plate(duck, WHITE)
    a.plate(
        "M84 196C120 226 220 226 262 186C262 210 256 226 236 234C180 248 100 244 84 196Z",
        GIAY2,
        0.5,
        False,
    )
    a.ink(duck, 7)
    cut(a, "M282 72C298 72 322 80 328 90C318 100 296 102 278 98C284 90 286 80 282 72Z", HO, 5.5)
    a.gouge(288, 88, 318, 91, 2.6)
    a.dots([(256, 78)], 5.4)
    cut(
        a,
        "M96 176C104 148 160 140 204 160C222 168 224 182 212 188C214 200 200 206 190 202"
        "C186 214 168 216 160 210C140 216 106 206 96 176Z",
        WHITE,
        5.5,
    )
    for x, y, u, v in [(208, 186, 160, 180), (188, 200, 144, 190), (158, 208, 126, 194)]:
        a.ink(f"M{x} {y}Q{(x + u) / 2} {(y + v) / 2 + 5} {u} {v}", 3.2, (0, 0.6))
    for k in range(5):
        a.gouge(262 - k * 2, 116 + k * 12, 246 - k * 2, 118 + k * 12, 2.6)
    nest = "M46 262C52 320 116 348 200 348C284 348 348 320 354 262C330 288 70 288 46 262Z"
    a.plate(ell(200, 262, 154, 34), NAU, 0.5, False)
    for x, y, s, rot, fill in [
        (96, 252, 0.84, -24, BLUE_SHELL),
        (304, 252, 0.84, 24, BLUE_SHELL),
        (166, 242, 0.92, -8, "#C9DAD8"),
        (238, 242, 0.92, 9, WHITE),
        (130, 272, 0.84, -14, WHITE),
        (202, 270, 0.9, 2, BLUE_SHELL),
        (272, 272, 0.84, 16, "#C9DAD8"),
    ]:
        egg(a, x, y, s, rot, fill)
    a.plate(nest, TRE, 0.8, False)
    straw(a, 200, 276, 150, 64, 90)
    a.ink(nest, 6.5)
    for x, y, u, v in [
        (52, 268, 30, 252),
        (62, 290, 34, 300),
        (346, 268, 370, 250),
        (336, 294, 366, 304),
    ]:
        a.gouge(x, y, u, v, 3.4, 3)
    a.ground(362, 90, 316, 2)


def clay_egg(a, x, y, s, rot):
    egg(a, x, y, s, rot, "#5E4C42", light="#A08B79")
    to = turn(x, y, s, rot)
    a.dots([to(a.r.uniform(-26, 26), a.r.uniform(-30, 34)) for _ in range(16)], 1.9, "#C9B49A")


@product("trung-vit-muoi", DAT2, 52, "Trứng vịt muối")
def salted_eggs(a):
    crock = "M72 188C58 236 72 304 116 336L248 336C292 304 306 236 292 188Z"
    a.plate(crock, CLAY)
    a.plate("M84 204C76 250 88 300 124 326L146 330C112 290 104 246 110 206Z", "#B4552A", 0.5, False)
    a.ink(crock, 7)
    rim(a, 182, 186, 118, 36, 15, "#A6481C", 0, "#3A2018")
    for x, y, s, rot in [(128, 168, 0.84, -18), (236, 168, 0.84, 18), (182, 150, 0.9, 3)]:
        clay_egg(a, x, y, s, rot)
    clay_egg(a, 156, 192, 0.8, -70)
    clay_egg(a, 214, 194, 0.8, 74)
    front = (
        "M64 186C64 208 118 222 182 222C246 222 300 208 300 186C300 200 246 208 182 208"
        "C118 208 64 200 64 186Z"
    )
    cut(a, front, "#A6481C", 5.5)
    a.ink("M74 236C130 262 230 262 291 236", 4, (0.1, 0.1))
    drip = (
        "M80 246C120 264 150 262 170 264C172 284 184 284 186 264C210 264 222 262 230 262"
        "C232 274 242 274 244 260C260 256 276 250 286 246L288 238C230 260 130 260 76 238Z"
    )
    a.plate(drip, "#5B2412", 0.5, False)
    a.hatch(lambda y: 290 - max(0, y - 250) * 0.45, 268, 326, 7, (14, 34), w=3)
    a.gouge(92, 212, 90, 280, 5, fill=DAT2)
    # a half, cut open, in front: white, and the red yolk
    cut(a, at(EGG, 300, 296, 1.06, 62), BLUE_SHELL, 6.5, step=4)
    cut(a, at(EGG, 296, 298, 0.92, 62), WHITE, 3, step=4)
    cut(a, ell(292, 300, 25, 24), "#E4571F", 5, step=4)
    a.plate(ell(286, 294, 12, 9, -30), "#F4923C", 0.4, False)
    a.dots([(300, 308), (305, 298), (290, 316)], 2, "#9E2E12")
    # one with the clay half knocked off
    egg(a, 84, 318, 0.82, -58, BLUE_SHELL)
    cut(
        a,
        at(
            "M-38 8C-38 32 -20 46 0 46C20 46 38 32 38 8L24 0L14 10L2 -4L-8 8L-22 -2Z",
            84,
            318,
            0.82,
            -58,
        ),
        "#5E4C42",
        5,
        step=4,
    )
    a.ground(362, 90, 320, 2)


@product("trung-cut", CHAM, 53, "Trứng cút")
def quail_eggs(a):
    def quail(x, y, s, rot):
        egg(a, x, y, s, rot, a.r.choice([GIAY, "#F3E3C0", "#EBDDB8"]), 5, None)
        to = turn(x, y, s, rot)
        for _ in range(13):
            u, v = a.r.uniform(-27, 27), a.r.uniform(-36, 36)
            if (u / 30) ** 2 + (v / 40) ** 2 > 1:
                continue
            px, py = to(u, v)
            a.plate(
                ell(px, py, a.r.uniform(2, 5.2), a.r.uniform(1.6, 3.4), a.r.uniform(0, 180)),
                a.r.choice([BARK, BARK, NAU, INK]),
                0.6,
                False,
            )
        cuts(a, to, [(-18, -26, -23, -4)], 4 * s, fill=WHITE)

    handle = "M72 220C72 58 328 58 328 220L308 222C304 96 96 96 92 222Z"
    cut(a, handle, TRE, 5.5, True)
    for i in range(21):
        t = math.pi * (1 - (i + 0.5) / 21)
        x, y = 200 + 118 * math.cos(t), 196 - 96 * math.sin(t)
        a.gouge(
            x - 8 * math.cos(t) - 3,
            y + 8 * math.sin(t),
            x + 8 * math.cos(t) + 3,
            y - 8 * math.sin(t),
            2.6,
        )
    cut(a, ell(200, 226, 149, 42), NAU, 5.5)
    for x, y, s, rot in [
        (104, 208, 0.6, -40),
        (150, 184, 0.62, 12),
        (196, 166, 0.62, -8),
        (244, 184, 0.62, 30),
        (296, 208, 0.6, 50),
        (126, 228, 0.62, -70),
        (174, 214, 0.64, -14),
        (222, 210, 0.64, 20),
        (272, 228, 0.62, 66),
        (200, 246, 0.64, 84),
    ]:
        quail(x, y, s, rot)
    front = (
        "M50 224C54 258 120 272 200 272C280 272 346 258 350 224C350 246 346 260 336 276"
        "C320 312 296 340 258 344L142 344C104 340 80 312 64 276C54 260 50 246 50 224Z"
    )
    a.plate(front, TRE, 0.5, False)
    weave(
        a,
        lambda y: (66 + max(0, y - 260) * 0.62, 334 - max(0, y - 260) * 0.62),
        252,
        324,
        4,
        11,
        sag=20,
        w=2.4,
    )
    a.ink(front, 6.5)
    a.ink("M52 236C62 268 130 284 200 284C270 284 338 268 348 236", 4, (0.05, 0.05))
    for k in range(19):
        u = (k + 0.5) / 19
        x, y = 56 + 288 * u, 240 + 34 * math.sin(math.pi * u)
        a.gouge(x, y - 5, x + 7, y + 8, 2.8)
    quail(66, 330, 0.58, -76)
    quail(338, 326, 0.6, 62)
    a.ground(362, 90, 316, 2, fill=INK)


# --- weaving -----------------------------------------------------------------------------------


@product("ro-tre-nho", LA2, 54, "Rổ tre nhỏ")
def small_baskets(a):
    # one leans at the back and shows its open bottom
    cx, cy, big = 244, 142, 100
    a.plate(ell(cx, cy, big, big), TRE)
    a.plate(ell(cx, cy, 82, 82), GIAY2, 0.5, False)
    for k in range(-4, 5):
        half = math.sqrt(80**2 - (k * 18) ** 2)
        for side in (0, 1):
            p = (
                [(cx + k * 18, cy - half), (cx + k * 18, cy + half)]
                if side
                else [(cx - half, cy + k * 18), (cx + half, cy + k * 18)]
            )
            a.ink(line(*p), 7.5, wob=0.4)
            a.ink(line(*p), 3.4, wob=0.4, fill=TRE if side else NAU2)
    for i in range(40):
        t = 2 * math.pi * i / 40
        a.gouge(
            cx + 85 * math.cos(t),
            cy + 85 * math.sin(t),
            cx + 97 * math.cos(t + 0.1),
            cy + 97 * math.sin(t + 0.1),
            3.2,
        )
    a.ink(ell(cx, cy, big, big), 7)
    a.ink(ell(cx, cy, 82, 82), 5)
    # the other stands in front with limes and a chilli
    body = "M44 240C54 296 92 340 128 344L220 344C256 340 294 296 304 240Z"
    a.plate(body, TRE, 0.5, False)
    weave(
        a,
        lambda y: (54 + max(0, y - 250) * 0.62, 294 - max(0, y - 250) * 0.62),
        262,
        328,
        4,
        10,
        sag=14,
        w=2.4,
    )
    a.ink(body, 6.5)
    rim(a, 174, 238, 132, 38, 15, TRE, 40, "#6E4420")
    for x, y, q, fill in [
        (120, 226, 27, LA),
        (226, 226, 27, LA),
        (174, 212, 30, LA3),
        (150, 240, 24, "#6FA348"),
        (200, 240, 25, LA),
    ]:
        cut(a, ell(x, y, q, q * 0.9), fill, 5.5, step=4)
        a.gouge(x - q * 0.5, y - q * 0.4, x - q * 0.1, y - q * 0.62, 3.4, fill=LA2)
        a.dots([(x + q * 0.3, y), (x + q * 0.1, y + q * 0.4), (x + q * 0.4, y + q * 0.4)], 1.7)
    front = (
        "M42 238C44 262 104 278 174 278C244 278 304 262 306 238C300 256 240 264 174 264"
        "C108 264 48 256 42 238Z"
    )
    cut(a, front, TRE, 5.5)
    for k in range(21):
        u = (k + 0.5) / 21
        x, y = 48 + 252 * u, 246 + 22 * math.sin(math.pi * u)
        a.gouge(x, y - 3, x + 7, y + 8, 2.6)
    chili(a, 322, 322, 1, 62, w=5)
    a.ground(362, 84, 318, 2)


@product("thung-may", LA3, 55, "Thúng mây")
def round_hamper(a):
    body = "M48 176C52 244 78 314 122 340L278 340C322 314 348 244 352 176Z"
    a.plate(body, NAU2)
    edge = lambda y: (54 + 62 * ((y - 190) / 150) ** 2, 346 - 62 * ((y - 190) / 150) ** 2)
    for row in range(11):
        y = 204 + row * 13
        left, right = edge(y)
        for c in range(15):
            u = (c + (row % 2) * 0.5 + 0.1) / 15.4
            x = left + (right - left) * u
            yy = y + 34 * u * (1 - u) * 1.4
            if yy > 334:
                continue
            a.gouge(x, yy, x + (right - left) / 19, yy + 2, 7.4, fill=TRE)
            a.gouge(x - 3, yy + 6, x + (right - left) / 19, yy + 7.5, 2.6)
    a.ink(body, 7)
    band = "M62 252C110 282 290 282 338 252L334 270C290 300 110 300 66 270Z"
    cut(a, band, NAU, 5)
    for k in range(22):
        u = (k + 0.5) / 22
        x, y = 66 + 268 * u, 262 + 22 * math.sin(math.pi * u)
        a.gouge(x - 4, y - 8, x + 4, y + 8, 2.4, fill=GIAY if k % 2 else INK)
    cut(a, ell(200, 174, 157, 50), NAU, 6)
    heap = "M64 176C90 120 150 88 204 88C258 88 312 122 336 176C300 206 100 206 64 176Z"
    cut(a, heap, NGHE, 6)
    grains(
        a,
        lambda x, y: ((x - 200) / 122) ** 2 + ((y - 178) / 80) ** 2 < 1 and y < 190,
        (70, 96, 330, 190),
        130,
        (6.6, 2.7),
        (NAU, HO, NGHE2, NGHE2, HO, NAU),
        gap=8.5,
    )
    rim_front = (
        "M42 172C46 204 116 224 200 224C284 224 354 204 358 172C356 160 350 156 342 154"
        "C346 186 284 202 200 202C116 202 54 186 58 154C50 156 44 160 42 172Z"
    )
    cut(a, rim_front, TRE, 6.5)
    for k in range(27):
        t = math.pi * (k + 0.5) / 27
        a.gouge(
            200 - 145 * math.cos(t),
            172 + 32 * math.sin(t),
            200 - 153 * math.cos(t + 0.05),
            174 + 46 * math.sin(t),
            3,
        )
    for x, flip in ((44, 1), (356, -1)):  # rattan ears to carry it by
        d = at("M-2 40C-40 44 -38 -6 2 -4L4 8C-18 6 -20 30 0 28Z", x, 190, 0.9, 0, flip)
        cut(a, d, NAU2, 5, step=4)
    a.ground(358, 84, 322, 2, fill=INK)
    a.scale = 1.06


@product("khay-tre", SON, 56, "Khay tre")
def tray(a):
    floor = [(98, 108), (302, 108), (350, 300), (50, 300)]
    outer = [(82, 92), (318, 92), (374, 318), (26, 318)]
    a.plate(poly(*outer), NAU2)
    a.plate(poly(*floor), TRE, 0.5, False)

    def at_floor(u, v):
        left, right = 98 - 48 * v, 302 + 48 * v
        return left + (right - left) * u, 108 + 192 * v

    rows, cols = 11, 15
    for j in range(rows):  # herringbone: two over, two under
        v0, v1 = (j / rows) ** 1.1, ((j + 1) / rows) ** 1.1
        for i in range(cols):
            p = [
                at_floor(i / cols, v0),
                at_floor((i + 1) / cols, v0),
                at_floor((i + 1) / cols, v1),
                at_floor(i / cols, v1),
            ]
            if (i + j) % 4 < 2:
                a.plate(poly(*p), "#B98747", 0.3, False)
                a.gouge(*p[0], *p[1], 2.2)
            else:
                a.gouge(*p[0], *p[3], 2.2)
    a.ink(poly(*floor), 5)
    a.ink(poly(*outer), 7)
    for p, q in zip(floor, outer):
        a.ink(line(p, q), 4.5)
    for k in range(17):
        u = (k + 0.5) / 17
        a.gouge(58 + 284 * u, 304, 48 + 304 * u, 314, 2.6)
    cut(a, poly((26, 318), (374, 318), (368, 346), (32, 346)), NAU, 6.5)
    for k in range(9):
        a.gouge(44 + k * 38, 327, 66 + k * 38, 328, 2.2, fill=TRE)
    # grips
    for x, flip in ((56, 1), (344, -1)):
        grip = {"x": x, "y": 206, "rot": 13 * flip, "flip": flip}
        cut(
            a, at("M2 -46C-46 -44 -52 44 2 46L2 30C-28 28 -26 -28 2 -30Z", **grip), TRE, 5.5, step=4
        )
        cuts(a, turn(**grip), [(-33, -18, -18, -14), (-38, 0, -22, 0), (-33, 18, -18, 14)], 2.6)
    # a pot, two cups and a plate of ginger sweets
    pot = {"x": 168, "y": 124, "s": 1.1}
    a.ink(at("M-44 -14C-76 -30 -84 16 -44 20", **pot), 13, wob=0.4)
    a.ink(at("M-44 -14C-76 -30 -84 16 -44 20", **pot), 5, wob=0.4, fill=CHAM2)
    cut(a, at("M40 16C62 12 62 -18 78 -30L66 -36C56 -28 54 -10 36 -10Z", **pot), CHAM, 5.5)
    cut(
        a,
        at("M-38 -26C-60 -4 -52 40 0 42C52 40 60 -4 38 -26C20 -34 -20 -34 -38 -26Z", **pot),
        CHAM,
        6,
    )
    cut(a, at("M-30 -26C-24 -46 24 -46 30 -26C14 -20 -14 -20 -30 -26Z", **pot), CHAM2, 5)
    cut(a, ell(168, 76, 9, 8), CHAM2, 5, step=4)
    cuts(a, turn(**pot), [(-34, -10, -36, 16), (-24, -16, -25, -2)], 5, fill=CHAM2)
    steam(a, 262, 74, 0.66)
    for x, y in ((128, 214), (196, 258)):
        cut(a, at("M-40 -12C-40 22 -24 40 0 40C24 40 40 22 40 -12Z", x, y), GIAY, 6)
        cut(a, ell(x, y - 12, 40, 13), "#7E9A3C", 5)
        a.ink(at("M-26 12Q0 26 26 12", x, y), 3.2, (0.2, 0.2), fill=SON)
        a.hatch(x + 34, y + 2, y + 26, 3, (8, 16), w=2.6)
    cut(a, ell(274, 194, 56, 29), GIAY, 5.5)
    a.ink(ell(274, 193, 44, 20), 2.6, fill=CHAM)
    for x, y, rot in [(255, 192, -20), (290, 194, 24), (272, 178, 4)]:
        flower_slice(a, x, y, 20, NGHE, HO, rot)
    a.ground(364, 84, 318, 2, fill=INK)
    a.scale = 0.97


@product("long-den-tre", CHAM, 57, "Lồng đèn tre")
def lantern(a):
    cx, cy, rx, ry = 200, 176, 112, 92
    for i in range(36):  # light cut out of the night
        t = 2 * math.pi * i / 36
        k = 18 if i % 2 else 0
        a.gouge(
            cx + (rx + 16) * math.cos(t),
            cy + (ry + 14) * math.sin(t),
            cx + (rx + 44 + k) * math.cos(t),
            cy + (ry + 38 + k) * math.sin(t),
            4.4,
            fill=NGHE,
            to="back",
        )
    a.ink(line((200, 26), (200, 78)), 5)
    a.plate(ell(cx, cy, rx, ry), HO)
    a.plate(ell(cx, cy, rx * 0.8, ry * 0.94), NGHE, 0.6, False)
    a.plate(ell(cx, cy, rx * 0.42, ry * 0.86), NGHE2, 0.6, False)
    a.plate(ell(cx, cy + 8, rx * 0.18, ry * 0.5), WHITE, 0.6, False)
    for k in (0.2, 0.48, 0.74):  # bamboo hoops and ribs
        a.ink(ell(cx, cy, rx * k, ry), 4.2, fill=NAU)
    for k in (-0.66, -0.34, 0, 0.34, 0.66):
        half = rx * math.sqrt(1 - k * k)
        a.ink(
            f"M{cx - half:.1f} {cy + ry * k:.1f}Q{cx} {cy + ry * k + 20:.1f} "
            f"{cx + half:.1f} {cy + ry * k:.1f}",
            4.2,
            fill=INK,
        )
    for side in (-1, 1):  # slanting strips close the weave
        for k in range(-3, 4):
            x = cx + k * 30
            a.ink(
                f"M{x} {cy - ry * 0.86 + abs(k) * 9}Q{x + side * 20} {cy} "
                f"{x + side * 46 - k * 8} {cy + ry * 0.8 - abs(k) * 8}",
                1.8,
                (0.1, 0.1),
                fill=INK,
            )
    a.ink(ell(cx, cy, rx, ry), 7)
    for y, h in ((70, 20), (262, 18)):
        cut(a, rr(158, y, 84, h, 6), NAU, 6)
        for k in range(6):
            a.gouge(166 + k * 13, y + 4, 168 + k * 13, y + h - 4, 2.4, fill=TRE)
    cut(a, ell(200, 54, 13), TRE, 5, step=4)
    a.dots([(200, 54)], 4.5)
    # tassel
    a.ink(line((200, 280), (200, 298)), 5, fill=SON)
    cut(a, ell(200, 302, 13, 11), SON, 5, step=4)
    cut(a, "M188 310C184 330 182 350 178 370L222 370C218 350 216 330 212 310Z", SON, 5)
    for k in range(5):
        a.gouge(191 + k * 4.5, 316, 185 + k * 7.5, 368, 2.2)
    a.ink(line((187, 318), (213, 318)), 3.4, fill=NGHE)
    a.scale = 1.02


# --- brooms ------------------------------------------------------------------------------------


@product("choi-dot-nho", DAT, 58, "Chổi đót nhỏ")
def hand_broom(a):
    handle = "M184 50Q200 42 216 50L218 162L182 162Z"
    fan = "M176 160C146 196 96 250 84 322C120 350 280 350 316 322C304 250 254 196 224 160Z"
    a.plate(handle, NAU2)
    a.plate(fan, TRE)
    a.plate(
        "M186 168C160 210 136 262 128 336C160 346 190 346 204 346C200 280 198 220 196 168Z", NGHE
    )
    a.ink(handle, 6.5)
    for k in range(8):
        y = 62 + k * 12.5
        a.ink(
            line((184 - (k > 4), y + 5), (217, y)),
            3.6 if k % 2 else 2.2,
            (0.1, 0.1),
            0.3,
            fill=INK if k % 2 else NAU,
        )
    a.ink("M196 48C170 20 230 20 206 48", 5, fill=GIAY)
    r = a.r
    for i in range(44):
        u = i / 43
        ex, ey = (
            88 + 224 * u + r.uniform(-5, 5),
            324 + 22 * math.sin(math.pi * u) + r.uniform(-8, 8),
        )
        a.gouge(
            178 + 44 * u,
            172,
            ex,
            ey,
            r.uniform(2, 3.8),
            (u - 0.5) * -50,
            fill=INK if i % 3 else NAU,
        )
    a.ink("M84 322C96 250 146 196 176 160M224 160C254 196 304 250 316 322", 6.5)
    for i in range(34):
        u = i / 33
        x, y = 84 + 232 * u, 322 + 26 * math.sin(math.pi * u)
        a.gouge(x, y - 6, x + (u - 0.5) * 22 + r.uniform(-4, 4), y + r.uniform(8, 22), 2.4)
    for x0, x1, y, fill in [(180, 220, 150, LA3), (170, 230, 168, NGHE), (156, 244, 190, LA3)]:
        d = f"M{x0} {y}Q200 {y + 10} {x1} {y}L{x1 + 4} {y + 13}Q200 {y + 24} {x0 - 4} {y + 13}Z"
        cut(a, d, fill, 4.6, step=4)
        for k in range(1, 8):
            x = x0 + (x1 - x0) * k / 8
            a.gouge(x + 2, y + 4, x - 2, y + 17, 1.9)
    a.ground(364, 100, 320, 2, fill=INK)
    a.scale = 1.06


@product("choi-cong-dua", LA2, 59, "Chổi cọng dừa")
def coconut_broom(a):
    r = a.r
    # the frond it came from lies behind
    a.ink("M50 318C130 300 270 220 344 92", 6, (0.1, 0.2), fill=LA3)
    for k in range(14):
        u = k / 13
        x, y = 66 + 262 * u, 314 - 22 * u - 178 * u**1.7
        for side in (-1, 1):
            leaf(
                a, x, y, 58 - 22 * u, -30 - u * 24 + side * 60, LA if side > 0 else LA3, 0.12, 3, 0
            )
    # drawn upright, then leaned: stiff ribs, bound tight above, loose below
    lean = {"x": 198, "y": 194, "s": 0.98, "rot": -37}
    to = turn(**lean)

    def half(v):
        return 23 if v < -40 else 23 + 47 * ((v + 40) / 210) ** 1.25

    body = at(
        "M-23 -186L23 -186L23 -40C28 40 50 110 72 168C30 190 -30 190 -72 168"
        "C-50 110 -28 40 -23 -40Z",
        **lean,
    )
    a.plate(body, NAU2, 0.6, False)
    a.plate(
        at(
            "M-20 -184L2 -184L4 -40C2 40 0 120 -4 182C-30 184 -50 178 -68 166"
            "C-48 110 -26 40 -20 -40Z",
            **lean,
        ),
        TRE,
        0.5,
        False,
    )
    for i in range(31):
        k = -0.96 + 1.92 * i / 30
        tip = 168 + 16 * (1 - k * k) + r.uniform(-10, 12)
        (x1, y1), (x2, y2), (x3, y3) = to(k * 21, -182), to(k * 23, -40), to(k * half(tip), tip)
        a.ink(
            f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}Q{(x2 + x3) / 2:.0f} {(y2 + y3) / 2:.0f} "
            f"{x3:.0f} {y3:.0f}",
            r.uniform(2.2, 3.8),
            (0.02, 0.3),
            0.3,
            fill=(INK, BARK, NGHE2, INK, NAU)[i % 5],
        )
    a.ink(body, 6.5)
    for i in range(33):
        k = -1 + 2 * i / 32
        tip = 168 + 16 * (1 - k * k)
        (x1, y1), (x2, y2) = to(k * 70, tip - 12), to(k * 78, tip + r.uniform(10, 26))
        a.gouge(x1, y1, x2, y2, 3)
    for v, wide, fill in [
        (-166, 26, DAT),
        (-150, 26, DAT),
        (-54, 28, SON),
        (-36, 30, SON),
        (-18, 32, SON),
    ]:
        cut(
            a,
            at(
                f"M-{wide} {v}Q0 {v + 8} {wide} {v}L{wide} {v + 13}Q0 {v + 21} -{wide} {v + 13}Z",
                **lean,
            ),
            fill,
            4.6,
            step=4,
        )
        cuts(a, to, [(u + 3, v + 4, u - 3, v + 17) for u in range(-18, 24, 9)], 2)
    a.ink(at("M-12 -188C-30 -216 30 -216 12 -188", **lean), 5.5, fill=DAT)
    a.ground(366, 70, 210, 2)
    a.scale = 1.02


@product("choi-cha-noi", NGHE, 60, "Chổi chà nồi")
def dish_brush(a):
    r = a.r
    # a blackened pot, tipped towards us
    pot = ell(250, 150, 104, 98)
    a.plate(pot, "#3A3F52")
    a.ink(pot, 7)
    cut(a, ell(244, 152, 82, 76), "#23283C", 5)
    a.plate(
        "M176 168C184 210 226 232 262 224C292 218 316 196 322 172C306 200 280 212 252 212"
        "C220 212 196 196 176 168Z",
        CHAM2,
        0.5,
        False,
    )
    for x, y, q in [
        (206, 196, 13),
        (228, 206, 15),
        (254, 208, 13),
        (278, 200, 12),
        (190, 178, 9),
        (298, 186, 10),
        (242, 190, 9),
    ]:
        cut(a, ell(x, y, q), WHITE, 3.6, step=3)
        a.gouge(x - q * 0.4, y - q * 0.3, x, y - q * 0.6, 2, fill=CHAM2)
    for side in (-1, 1):
        cut(a, ell(250 + side * 112, 150, 12, 24, side * -8), "#3A3F52", 5.5, step=4)
    # the scrubber: a fistful of palm fibre, tied three times
    body = (
        "M60 176L104 142C130 158 150 178 166 200C206 218 246 256 268 300"
        "C236 326 196 348 164 356C136 326 112 288 106 252C84 230 68 204 60 176Z"
    )
    a.plate(body, "#7A4526", 0.5, False)
    a.plate(
        "M74 178L90 166C120 196 150 240 178 350L164 356C136 326 112 288 106 252"
        "C90 230 80 204 74 178Z",
        "#A9683A",
        0.5,
        False,
    )
    for i in range(46):
        u = i / 45
        sx, sy = 64 + 40 * u, 178 - 34 * u
        mx, my = 112 + 50 * u, 250 - 48 * u
        ex, ey = 162 + 106 * u + r.uniform(-6, 8), 358 - 58 * u + r.uniform(-8, 10)
        a.ink(
            f"M{sx:.0f} {sy:.0f}Q{mx:.0f} {my:.0f} {ex:.0f} {ey:.0f}",
            r.uniform(1.6, 3.2),
            (0.1, 0.4),
            fill=(INK, BARK, "#D29A62", INK)[i % 4],
        )
    for i in range(30):
        u = i / 29
        x, y = 160 + 108 * u, 352 - 54 * u
        a.gouge(x - 4, y - 12, x + r.uniform(2, 14), y + r.uniform(10, 24), 2.4)
    a.ink(
        "M164 356C136 326 112 288 106 252C84 230 68 204 60 176L104 142C130 158 150 178 166 200"
        "C206 218 246 256 268 300",
        6.5,
    )
    for x1, y1, x2, y2 in [(66, 196, 122, 154), (82, 222, 144, 176), (104, 250, 168, 202)]:
        d = f"M{x1 - 3} {y1}L{x2 + 2} {y2 - 3}L{x2 + 12} {y2 + 8}L{x1 + 7} {y1 + 14}Z"
        cut(a, d, GIAY2, 4.6, step=4)
        for k in range(1, 7):
            u = k / 7
            x, y = x1 + (x2 - x1) * u, y1 + (y2 - y1) * u
            a.gouge(x + 2, y - 1, x + 7, y + 11, 2)
    a.ink("M74 150C46 128 60 92 88 116C98 126 96 138 90 148", 5.5, fill=DAT)
    a.ground(366, 190, 340, 2)
    a.scale = 1.08


# --- rice --------------------------------------------------------------------------------------


@product("gao-thom", CHAM, 61, "Gạo thơm")
def fragrant_rice(a):
    body = (
        "M92 168C72 210 66 282 84 326C92 344 118 346 200 346C282 346 308 344 316 326"
        "C334 282 328 210 308 168Z"
    )
    a.plate(body, TRE)
    a.plate("M96 186C84 240 86 300 104 336L132 342C112 290 110 230 118 186Z", NGHE2, 0.5, False)
    a.ink(body, 7)
    for k in range(20):
        a.gouge(104 + k * 10, 200, 104 + k * 10, 336, 1.3, 3, fill=NAU2)
    for k in range(11):
        a.gouge(90, 214 + k * 12, 310, 214 + k * 12, 1.3, 3, fill=NAU2)
    heap = "M96 164C116 112 160 88 200 88C240 88 284 112 304 164C280 186 120 186 96 164Z"
    cut(a, heap, WHITE, 6)
    grains(
        a,
        lambda x, y: ((x - 200) / 92) ** 2 + ((y - 168) / 70) ** 2 < 1 and y < 170,
        (104, 98, 296, 170),
        84,
        (6.4, 2.3),
        (GIAY2, CHAM2, CHAM2, CHAM),
        gap=8,
    )
    # wooden scoop
    cut(a, "M278 52L300 60L268 124L246 116Z", NAU2, 5.5)
    cut(
        a,
        "M232 106C246 100 272 108 284 122C282 146 262 162 236 158C222 144 222 122 232 106Z",
        NAU,
        5.5,
    )
    a.plate(
        "M238 116C252 114 266 122 272 132C262 146 246 148 236 144C232 134 232 124 238 116Z",
        WHITE,
        0.4,
        False,
    )
    roll = (
        "M78 166C80 146 96 144 104 156C130 176 270 176 296 156C304 144 320 146 322 166"
        "C324 186 308 192 300 188C260 204 140 204 100 188C92 192 76 186 78 166Z"
    )
    cut(a, roll, GIAY2, 6.5)
    for k in range(13):
        u = (k + 0.5) / 13
        x, y = 92 + 216 * u, 170 + 14 * math.sin(math.pi * u)
        a.gouge(x - 3, y - 6, x + 5, y + 10, 2.4)
    # label: a jasmine sprig, for the scent
    cut(a, ell(200, 268, 62, 56), LA3, 5.5)
    a.ink(ell(200, 268, 52, 46), 2.2, fill=LA2)
    a.ink("M172 300Q196 288 222 246", 3.6, (0.1, 0.2), fill=LA2)
    for x, y, t in [(182, 292, 200), (196, 284, -100), (206, 270, 10)]:
        leaf(a, x, y, 30, t, LA2, 0.26, 2.6, 2)
    flower_slice(a, 222, 246, 17, WHITE, NGHE, 0.3)
    flower_slice(a, 186, 254, 12, WHITE, NGHE, 0.9)
    a.hatch(lambda y: 322 - abs(y - 260) * 0.1, 208, 330, 11, (8, 22), w=3)
    grains(a, lambda x, y: True, (44, 338, 78, 356), 8, (6.4, 2.4), (WHITE,), 1.6)
    a.ground(362, 84, 322, 2, fill=INK)


@product("nep-ngu", DAT2, 62, "Nếp ngự")
def sticky_rice(a):
    for x, rot, s in [
        (146, -36, 1),
        (178, -15, 1.1),
        (214, 5, 1.12),
        (246, 26, 1.02),
        (130, -55, 0.84),
        (266, 46, 0.84),
    ]:
        rice_ear(a, x, 208, s, rot, NGHE if s > 0.9 else NGHE2)
    # banana leaf underneath
    cut(
        a,
        "M40 318C86 278 150 280 206 306C262 282 320 280 362 314C322 350 260 360 206 350"
        "C144 362 84 352 40 318Z",
        LA,
        6,
        True,
    )
    for k in range(10):
        x = 60 + k * 31
        a.gouge(x, 320, x + (16 if k > 4 else -14), 346, 2.2, fill=LA2)
    bowl = "M78 226C82 288 124 332 158 338L242 338C276 332 318 288 322 226Z"
    a.plate(bowl, "#8E3218", 0.5, False)
    a.plate("M92 240C98 288 134 326 162 334L180 334C144 306 124 276 120 240Z", DAT, 0.5, False)
    a.ink(bowl, 7)
    a.ink("M92 272C140 296 260 296 309 272", 4.6, fill=NGHE)
    a.ink("M98 286C144 308 256 308 303 286", 2.6, fill=NGHE)
    a.hatch(lambda y: 312 - (y - 240) * 0.42, 296, 330, 4, (16, 30), w=3)
    heap = "M80 224C92 168 150 134 200 134C250 134 308 168 320 224C290 254 110 254 80 224Z"
    cut(a, heap, WHITE, 6.5)
    grains(
        a,
        lambda x, y: ((x - 200) / 110) ** 2 + ((y - 232) / 90) ** 2 < 1 and y < 236,
        (90, 146, 310, 238),
        44,
        (9.6, 6),
        (WHITE, WHITE, GIAY),
        2,
        gap=15,
    )
    cut(
        a,
        "M72 222C84 248 140 258 200 258C260 258 316 248 328 222C330 238 324 246 316 250"
        "C280 270 120 270 84 250C76 246 70 238 72 222Z",
        "#A6481C",
        5.5,
    )
    grains(a, lambda x, y: abs(x - 200) > 90, (60, 330, 340, 352), 9, (8, 5), (WHITE,), 2, gap=14)
    a.scale = 1.04


def noodle_bundle(a, x, y, fill, light):
    """Dried noodles tied in a round bundle; (x, y) is the middle of the cut end."""
    dx, dy, q = 206, -52, 46
    side = (
        f"M{x} {y - q}L{x + dx} {y + dy - q}C{x + dx + 34} {y + dy - q} {x + dx + 34} "
        f"{y + dy + q} {x + dx} {y + dy + q}L{x} {y + q}Z"
    )
    a.plate(side, fill, 0.6, False)
    for i in range(17):
        v = -q + 5 + (2 * q - 10) * i / 16
        lift = 26 * math.sqrt(max(0, 1 - (v / q) ** 2))
        a.gouge(
            x + 6,
            y + v,
            x + dx + lift - a.r.uniform(0, 8),
            y + dy + v,
            a.r.uniform(2, 3.4),
            fill=(INK, light, BARK)[i % 3],
        )
    a.ink(side, 6.5)
    cut(a, ell(x, y, 26, q), light, 6)
    grains(
        a,
        lambda u, v: ((u - x) / 21) ** 2 + ((v - y) / (q - 6)) ** 2 < 1,
        (x - 22, y - q, x + 22, y + q),
        28,
        (2.6, 2.6),
        (BARK, INK, fill),
        gap=6,
    )
    bx, by = x + 88, y - 22
    band = (
        f"M{bx} {by - q - 1}L{bx + 46} {by - q - 13}C{bx + 80} {by - q - 10} {bx + 80} "
        f"{by + q - 12} {bx + 46} {by + q - 10}L{bx} {by + q + 1}"
        f"C{bx + 34} {by + q - 4} {bx + 34} {by - q + 2} {bx} {by - q - 1}Z"
    )
    cut(a, band, GIAY, 5)
    return bx + 48, by - 6


@product("bun-gao-lut", NGHE, 63, "Bún gạo lứt")
def brown_noodles(a):
    for x, y in [(64, 226), (108, 294), (88, 160)]:
        mx, my = noodle_bundle(a, x, y, "#B0653C", "#DD9E6C")
        rice_ear(a, mx - 6, my + 34, 0.52, 8, DAT, 4, 16)
    # broken ends
    for x1, y1, x2, y2 in [(288, 330, 348, 318), (300, 344, 362, 346), (296, 318, 340, 300)]:
        a.ink(line((x1, y1), (x2, y2)), 6, wob=0.3)
        a.ink(line((x1, y1), (x2, y2)), 2.6, wob=0.3, fill="#DD9E6C")
    a.ground(364, 84, 300, 2)
    a.scale = 1.04


@product("gao-rang", LA3, 64, "Gạo rang")
def roasted_rice(a):
    pouch = "M66 84L242 84C246 160 256 270 260 336Q164 348 48 336C52 270 62 160 66 84Z"
    a.plate(pouch, NAU2)
    a.plate("M78 120C70 200 66 280 64 334L92 336C92 260 96 180 100 120Z", TRE, 0.5, False)
    a.ink(pouch, 7)
    top = poly(
        (66, 84),
        (76, 72),
        (88, 84),
        (100, 72),
        (112, 84),
        (124, 72),
        (136, 84),
        (148, 72),
        (160, 84),
        (172, 72),
        (184, 84),
        (196, 72),
        (208, 84),
        (220, 72),
        (232, 84),
        (242, 74),
        (244, 112),
        (64, 112),
    )
    cut(a, top, DAT, 5.5, step=6)
    for k in range(13):
        a.gouge(76 + k * 13, 92, 76 + k * 13, 106, 2.4)
    # window on the roasted grains
    cut(a, ell(154, 226, 70, 78), "#7A4526", 6)
    grains(
        a,
        lambda x, y: ((x - 154) / 62) ** 2 + ((y - 226) / 70) ** 2 < 1,
        (88, 152, 220, 300),
        118,
        (7, 3),
        (HO, NGHE, "#C9792B", NGHE2, BARK),
        1.4,
        gap=7.5,
    )
    a.ink("M108 172C122 158 138 154 150 154", 4, (0.3, 0.3), fill=WHITE)
    a.hatch(lambda y: 250 + (y - 130) * 0.03, 130, 330, 13, (8, 20), w=2.8)
    # a glass of the tea
    glass = "M250 214L350 214L338 330Q336 344 322 344L278 344Q264 344 262 330Z"
    a.plate(glass, WHITE, 0.5, False)
    a.plate("M255 246L346 246L337 330Q336 340 322 340L278 340Q265 340 263 330Z", HO, 0.5, False)
    a.plate("M262 254L282 254L284 334Q268 336 267 326Z", NGHE, 0.5, False)
    cut(a, ell(300, 246, 45, 10), NGHE, 4)
    a.ink(glass, 6.5)
    a.ink(ell(300, 215, 50, 11), 5)
    a.hatch(lambda y: 343 - (y - 214) * 0.1, 262, 330, 7, (8, 18), w=2.6)
    a.gouge(262, 226, 268, 318, 4, fill=WHITE)
    grains(a, lambda x, y: (x, y), (276, 316, 326, 336), 8, (5, 2.2), (BARK, "#7A4526"), gap=8)
    steam(a, 312, 196, 1.05)
    grains(a, lambda x, y: True, (200, 344, 252, 360), 9, (7, 3), (HO, NGHE), 2, gap=9)
    a.ground(364, 70, 200, 2, fill=INK)
    a.scale = 1.1


# --- pickles -----------------------------------------------------------------------------------

KIEU = "M-3 -30C4 -18 18 -6 17 10C16 24 6 30 0 30C-6 30 -16 24 -17 10C-18 -6 -7 -18 -8 -30Z"


def pickled_onion(a, x, y, s, rot, tail=0, fill=WHITE):
    """A small Chinese onion; tail = length of green left on."""
    to = turn(x, y, s, rot)
    if tail:
        a.ink(at(f"M-5 -26Q-12 {-30 - tail * 0.5} -2 {-30 - tail}", x, y, s, rot), 10 * s, (0, 0.4))
        a.ink(
            at(f"M-5 -26Q-12 {-30 - tail * 0.5} -2 {-30 - tail}", x, y, s, rot),
            5 * s,
            (0, 0.5),
            fill=LA2,
        )
    cut(a, at(KIEU, x, y, s, rot), fill, 5 * min(1, s + 0.1), step=3)
    cuts(a, to, [(-5, -14, -8, 16), (4, -8, 6, 16)], 2.2 * s, fill=INK)
    cuts(a, to, [(-3, 30, -7, 40), (1, 30, 1, 42), (4, 29, 9, 38)], 2 * s)


@product("dua-mon", CHAM2, 65, "Dưa món")
def tet_pickles(a):
    body = jar_body(76, 276, 128, 342)
    a.plate(body, WHITE)
    a.plate(
        "M82 170Q130 160 176 168Q226 176 271 166L271 312Q271 337 246 337L106 337Q81 337 81 312Z",
        HO,
        0.5,
        False,
    )
    a.plate("M82 172L108 168L112 334Q82 336 82 312Z", NGHE, 0.5, False)
    for x, y, q, fill, core, rot in [
        (112, 196, 25, CARROT, NGHE, 0.2),
        (166, 196, 26, GIAY, NGHE2, 0.7),
        (226, 194, 26, CARROT, NGHE, 0.5),
        (128, 250, 27, GIAY, NGHE2, 0),
        (190, 250, 27, CARROT, NGHE, 0.9),
        (240, 254, 24, GIAY, NGHE2, 0.3),
        (112, 304, 24, CARROT, NGHE, 0.4),
        (166, 306, 25, GIAY, NGHE2, 0.2),
        (228, 306, 26, CARROT, NGHE, 0),
    ]:
        flower_slice(a, x, y, q, fill, core, rot)
    pickled_onion(a, 198, 218, 0.6, 60)
    pickled_onion(a, 94, 228, 0.6, -20)
    pickled_onion(a, 198, 318, 0.56, 20)
    pickled_onion(a, 254, 228, 0.52, -40)
    chili(a, 158, 280, 0.58, 70, w=3.6)
    chili(a, 146, 224, 0.5, -50, w=3.6)
    a.ink(body, 7)
    a.ink("M82 168Q130 158 176 166Q226 174 271 164", 4, (0.1, 0.1))
    a.hatch(269, 200, 330, 10, (6, 14), w=2.8)
    a.gouge(92, 176, 91, 290, 5, fill=WHITE)
    screw_lid(a, 88, 84, 176, 50, SON, "#FFC9AE")
    # a carrot and the flowers cut from it
    cut(
        a,
        "M296 196C312 176 342 180 346 198C348 238 334 294 316 330C306 296 292 232 296 196Z",
        CARROT,
        6,
    )
    for k in range(5):
        y = 214 + k * 22
        a.gouge(300 + k * 2.4, y, 318, y + 3, 2.6)
        a.gouge(340 - k * 3.4, y + 10, 326, y + 11, 2.4)
    for x, y, rot in [(316, 186, -112), (322, 184, -84), (330, 186, -58)]:
        leaf(a, x, y, 54, rot, LA, 0.16, 4, 3)
    flower_slice(a, 296, 338, 23, GIAY, NGHE2, 0.3)
    flower_slice(a, 344, 334, 22, CARROT, NGHE, 0.7)
    a.ground(364, 84, 330, 2)


@product("kieu-ngam", SON, 66, "Kiệu ngâm")
def pickled_kieu(a):
    body = jar_body(82, 318, 148, 340, 22, 36, 50)
    a.plate(body, WHITE)
    a.plate(
        "M88 194Q140 184 200 192Q260 200 312 190L312 300Q312 334 284 334L116 334Q88 334 88 304Z",
        "#DDE7B4",
        0.5,
        False,
    )
    spots = [
        (112, 214, -20),
        (150, 208, 14),
        (190, 212, -8),
        (230, 210, 22),
        (274, 212, -16),
        (128, 258, 30),
        (170, 254, -14),
        (212, 258, 10),
        (254, 254, -26),
        (292, 258, 12),
        (108, 302, 8),
        (150, 304, -24),
        (194, 302, 20),
        (238, 304, -6),
        (280, 304, 26),
    ]
    for x, y, rot in spots:
        pickled_onion(a, x, y, 0.86, rot, 0, a.r.choice([WHITE, WHITE, GIAY]))
    chili(a, 172, 234, 0.56, 60, w=3.8)
    chili(a, 262, 284, 0.56, -60, w=3.8)
    a.ink(body, 7)
    a.ink("M88 192Q140 182 200 190Q260 198 312 188", 4, (0.1, 0.1))
    a.hatch(311, 214, 322, 8, (6, 13), w=2.8)
    a.gouge(94, 214, 94, 300, 5, fill=WHITE)
    # glass lid with a wire clip
    cut(a, "M104 124C108 86 292 86 296 124Z", CHAM2, 6.5)
    a.gouge(132, 108, 190, 98, 4, fill=WHITE)
    cut(a, rr(94, 122, 212, 16, 6), "#E58F77", 5.5)
    cut(a, rr(100, 138, 200, 14, 4), CHAM2, 5)
    for d in (
        "M296 116C338 112 336 172 306 182L302 164",
        "M104 116C62 112 64 172 94 182L98 164",
        "M186 92C186 66 214 66 214 92",
    ):
        a.ink(d, 9, wob=0.4)
        a.ink(d, 3.4, wob=0.3, fill=CHAM2)
    # fresh ones with the green on
    pickled_onion(a, 74, 330, 1.05, -70)
    pickled_onion(a, 310, 318, 1.15, 4, 66)
    pickled_onion(a, 338, 328, 1.05, 18, 50)
    a.ground(362, 90, 310, 2, fill=INK)
    a.scale = 1.06


SHALLOT_D = "M0 -34C-5 -20 -26 -10 -26 12C-26 30 -12 38 0 40C12 38 26 30 26 12C26 -10 5 -20 0 -34Z"


def shallot(a, x, y, s, rot, fill=SHALLOT):
    to = turn(x, y, s, rot)
    cut(a, at(SHALLOT_D, x, y, s, rot), fill, 5.4, step=4)
    a.ink(at("M-2 -20C-14 -6 -16 14 -6 34", x, y, s, rot), 2.6, (0.2, 0.2))
    a.ink(at("M2 -20C14 -4 18 14 10 32", x, y, s, rot), 2.6, (0.2, 0.2))
    cuts(a, to, [(-16, -2, -18, 18)], 4.4 * s, fill="#E3A9B4")
    cuts(a, to, [(-4, 38, -8, 50), (0, 40, 0, 54), (4, 38, 9, 49)], 2.4 * s)


@product("hanh-tim-phoi", NGHE2, 67, "Hành tím phơi")
def hung_shallots(a):
    # bamboo pole
    pole = "M30 62L370 50L370 74L30 86Z"
    cut(a, pole, LA, 6, True)
    for x in (96, 316):
        a.ink(line((x, 58 - x * 0.012), (x + 2, 86 - x * 0.03)), 4.5)
    for x in (50, 140, 240, 336):
        a.gouge(x, 74 - x * 0.03, x + 34, 73 - x * 0.03, 2.2, fill=LA2)
    # dried tops, gathered and tied
    for i in range(15):
        u = i / 14
        a.ink(
            f"M{130 + 140 * u:.0f} {168 + 18 * math.sin(math.pi * u):.0f}"
            f"Q{176 + 48 * u:.0f} 130 {188 + 24 * u:.0f} 92",
            9,
            (0.1, 0),
        )
        a.ink(
            f"M{130 + 140 * u:.0f} {168 + 18 * math.sin(math.pi * u):.0f}"
            f"Q{176 + 48 * u:.0f} 130 {188 + 24 * u:.0f} 92",
            4.6,
            (0.1, 0),
            fill=(TRE, NAU2)[i % 2],
        )
    cut(a, "M180 92C176 60 180 44 190 42L210 42C220 44 224 60 220 92Z", TRE, 5.5)
    for k in range(5):
        a.gouge(184 + k * 8, 46, 184 + k * 8, 92, 2.4)
    cut(a, rr(174, 96, 52, 18, 5), SON, 5)
    for k in range(5):
        a.gouge(182 + k * 9, 98, 186 + k * 9, 112, 2)
    a.ink("M222 108C242 118 238 136 252 144", 5, (0, 0.4), fill=SON)
    for x, y, s, rot, fill in [
        (104, 192, 0.92, 36, SHALLOT),
        (296, 192, 0.92, -36, "#7E3350"),
        (148, 182, 0.96, 16, "#A9526C"),
        (252, 182, 0.96, -16, SHALLOT),
        (200, 186, 1, 0, "#7E3350"),
        (118, 240, 0.98, 24, "#7E3350"),
        (282, 240, 0.98, -24, "#A9526C"),
        (172, 236, 1.02, 8, SHALLOT),
        (228, 238, 1.02, -8, SHALLOT),
        (146, 286, 1, 14, "#A9526C"),
        (256, 286, 1, -16, "#7E3350"),
        (200, 292, 1.06, 2, SHALLOT),
        (200, 338 - 8, 0.84, -6, "#7E3350"),
    ]:
        shallot(a, x, y, s, rot, fill)
    a.scale = 1.04


GARLIC = (
    "M-3 -50C-4 -34 -14 -26 -30 -14C-54 4 -50 40 -20 46L20 46C50 40 54 4 30 -14C14 -26 6 -34 7 -50Z"
)
CLOVE = "M-6 -24C10 -22 18 -2 14 14C8 24 -8 24 -14 14C-17 0 -14 -16 -6 -24Z"


@product("toi-ngam-mat-ong", LA, 68, "Tỏi ngâm mật ong")
def honey_garlic(a):
    body = jar_body(70, 270, 150, 342, 14, 40, 40)
    a.plate(body, HO)
    a.plate("M76 184L110 180C100 230 104 290 140 336L112 336Q76 334 76 300Z", NGHE, 0.5, False)
    for x, y, s, rot in [
        (112, 220, 1.1, -14),
        (158, 208, 1.1, 30),
        (206, 222, 1.14, -30),
        (242, 206, 0.94, 10),
        (134, 266, 1.14, 50),
        (182, 262, 1.16, 4),
        (232, 268, 1.12, 40),
        (110, 308, 1.06, -34),
        (158, 312, 1.1, -70),
        (208, 312, 1.1, 20),
        (246, 312, 0.94, -10),
    ]:
        to = turn(x, y, s, rot)
        cut(a, at(CLOVE, x, y, s, rot), a.r.choice([NGHE2, GIAY, "#F3CF7A"]), 5, step=4)
        cuts(a, to, [(-6, -12, -8, 10)], 3 * s, fill=WHITE)
        cuts(a, to, [(8, -6, 8, 12)], 2.2 * s)
    a.ink(body, 7)
    a.ink("M76 186Q120 176 172 184Q220 190 264 182", 4, (0.1, 0.1))
    a.hatch(265, 206, 326, 9, (6, 12), w=2.8)
    a.gouge(82, 196, 82, 300, 5, fill=WHITE)
    # cork lid, tied with string
    cut(a, "M84 152L84 140L256 140L256 152Z", CHAM2, 5)
    cut(a, rr(90, 98, 160, 42, 8), NAU2, 6.5)
    grains(a, lambda x, y: True, (98, 106, 242, 134), 22, (4, 1.8), (NAU, INK, TRE))
    a.gouge(100, 105, 190, 104, 2.4, fill=NGHE2)
    string = "M82 162C130 172 210 172 258 162L258 172C210 182 130 182 82 172Z"
    cut(a, string, SON, 4.4)
    for flip in (-1, 1):
        cut(
            a,
            at("M0 0C14 -20 42 -20 40 -2C38 14 14 12 0 0Z", 170, 172, 1, 8, flip),
            SON,
            4.6,
            step=4,
        )
        a.ink(at("M2 2C10 14 12 24 22 34", 170, 172, 1, 0, flip), 8, (0, 0.2))
        a.ink(at("M2 2C10 14 12 24 22 34", 170, 172, 1, 0, flip), 3.6, (0, 0.2), fill=SON)
    cut(a, ell(170, 172, 8, 8), SON, 4.4, step=3)
    # a whole head and a loose clove
    to = turn(298, 292, 1.12, 6)
    cut(a, at(GARLIC, 298, 292, 1.12, 6), WHITE, 6.5)
    a.plate(at("M20 46C50 40 54 4 30 -14C34 14 30 34 12 46Z", 298, 292, 1.12, 6), GIAY2, 0.4, False)
    for d in (
        "M-1 -36C-18 -16 -26 14 -14 44",
        "M3 -36C2 -10 4 20 2 44",
        "M6 -34C22 -16 30 14 18 44",
    ):
        a.ink(at(d, 298, 292, 1.12, 6), 3.2, (0.1, 0.1))
    cuts(a, to, [(-36, 4, -32, 26)], 4, fill="#E3A9B4")
    cuts(a, to, [(-12, 46, -14, 54), (-2, 47, -2, 57), (8, 46, 12, 54)], 2.4)
    cut(a, at(CLOVE, 336, 344, 0.9, 76), GIAY, 5, step=4)
    a.ground(364, 84, 280, 2, fill=INK)


def eggplant(a, x, y, q, rot, cap=True):
    to = turn(x, y, q / 30, rot)
    cut(a, ell(x, y, q, q * 0.92, rot), WHITE, 5.6, step=4)
    cuts(a, to, [(-14, -12, -20, 4)], 3.4, fill=LA2)
    cuts(a, to, [(24, -4, 14, -2), (25, 5, 13, 6), (21, 14, 11, 13)], 2.4)
    if cap:
        cut(
            a,
            at(
                "M0 -26C-10 -28 -16 -20 -20 -10C-10 -14 -6 -12 -2 -4C4 -14 10 -14 20 -10"
                "C16 -22 10 -28 2 -27L6 -42L-3 -44Z",
                x,
                y,
                q / 30,
                rot,
            ),
            LA,
            4,
            step=3,
        )


@product("ca-phao-ngam", NGHE, 69, "Cà pháo ngâm")
def pickled_eggplant(a):
    crock = "M76 170C60 214 66 292 108 342L264 342C306 292 312 214 296 170Z"
    a.plate(crock, "#6D4A3A")
    a.plate("M88 196C80 250 90 300 122 336L148 338C114 296 106 244 112 196Z", "#956A54", 0.5, False)
    a.ink(crock, 7)
    a.plate(ell(186, 168, 120, 38), "#6D4A3A", 0.5, False)
    a.ink(ell(186, 168, 120, 38), 6.5)
    cut(a, ell(186, 169, 102, 28), "#CFE0B0", 4.6)
    for x, y, q, rot in [
        (116, 158, 24, -20),
        (256, 158, 24, 24),
        (156, 144, 27, -8),
        (214, 144, 27, 10),
        (186, 124, 26, 0),
        (140, 176, 24, -50),
        (186, 172, 28, 16),
        (232, 176, 24, 50),
    ]:
        eggplant(a, x, y, q, rot)
    chili(a, 214, 178, 0.62, 66, w=3.8)
    front = (
        "M64 168C66 200 118 218 186 218C254 218 306 200 308 168C312 184 308 196 300 204"
        "C270 236 102 236 72 204C64 196 60 184 64 168Z"
    )
    cut(a, front, "#6D4A3A", 6)
    a.gouge(96, 214, 150, 226, 3, fill="#C79A84")
    # a dragonfly-wing band pressed into the clay
    a.ink("M72 258C130 282 242 282 300 258", 3.6, (0.05, 0.05))
    a.ink("M76 286C130 308 242 308 296 286", 3.6, (0.05, 0.05))
    for k in range(11):
        u = (k + 0.5) / 11
        x, y = 78 + 216 * u, 270 + 20 * math.sin(math.pi * u)
        a.gouge(x - 8, y - 5, x, y + 8, 3, fill=DAT2)
        a.gouge(x, y + 8, x + 8, y - 5, 3, fill=DAT2)
    a.hatch(lambda y: 292 - (y - 250) * 0.3, 304, 334, 5, (12, 30), w=3)
    # one whole, one cut
    eggplant(a, 326, 316, 32, 18)
    cut(a, ell(270, 336, 28, 25), WHITE, 5.6, step=4)
    a.ink(ell(270, 336, 19, 16), 2.4, fill=LA)
    a.dots(
        [(262, 332), (270, 328), (278, 333), (264, 341), (273, 340), (281, 341), (270, 346)], 2, NAU
    )
    a.ground(364, 90, 330, 2)


# --- oils and soap -----------------------------------------------------------------------------


def lemongrass(a, x, y, length, rot, leaves=True):
    """A stalk; (x, y) is the root end."""
    d = (
        f"M-11 0C-16 -30 -10 -60 -8 {-length * 0.55:.0f}L-4 {-length}L5 {-length}"
        f"L8 {-length * 0.55:.0f}C11 -60 15 -30 11 0C4 6 -4 6 -11 0Z"
    )
    to = turn(x, y, 1, rot)
    if leaves:
        for end, bend in ((-26, -16), (22, 12), (2, 4)):
            p = at(
                f"M-3 {-length + 8}Q{bend} {-length - 40} {end} {-length - 92}"
                f"Q{bend + 10} {-length - 40} 5 {-length + 8}Z",
                x,
                y,
                1,
                rot,
            )
            cut(a, p, LA if end else LA3, 4, step=4)
    cut(a, at(d, x, y, 1, rot), "#D9E4A8", 5.5)
    a.plate(
        at("M-9 -2C-14 -30 -9 -44 -8 -52L-1 -52L0 0C-3 3 -6 2 -9 -2Z", x, y, 1, rot),
        "#E9C9CB",
        0.3,
        False,
    )
    for k in range(3):
        a.ink(
            at(
                f"M{-7 + k * 6} {-4 - k * 8}Q{-2 + k * 4} {-length * 0.5:.0f} {-2 + k * 2} "
                f"{-length * 0.9:.0f}",
                x,
                y,
                1,
                rot,
            ),
            2.4,
            (0.1, 0.4),
            fill=INK if k != 1 else LA,
        )
    cuts(a, to, [(-6, 4, -9, 14), (0, 5, 0, 16), (6, 4, 9, 13)], 2.2)


@product("tinh-dau-sa", LA2, 70, "Tinh dầu sả")
def lemongrass_oil(a):
    lemongrass(a, 108, 336, 162, -10)
    lemongrass(a, 162, 342, 166, 12)
    lemongrass(a, 132, 346, 190, 0)
    for y, fill in ((262, SON), (272, SON)):
        a.ink(f"M82 {y - 4}Q130 {y + 8} 184 {y - 4}", 9)
        a.ink(f"M82 {y - 4}Q130 {y + 8} 184 {y - 4}", 5, fill=fill)
    body = (
        "M206 176Q206 164 218 162L316 162Q328 164 328 176L328 326Q328 342 312 342L222 342"
        "Q206 342 206 326Z"
    )
    a.plate(body, "#9A4A18", 0.5, False)
    a.plate("M212 180L232 170L234 338L224 338Q212 338 212 324Z", "#C9792B", 0.5, False)
    a.ink(body, 7)
    label = rr(206, 208, 122, 92, 0)
    cut(a, label, GIAY, 4.6)
    a.gouge(220, 220, 314, 219, 2.2)
    a.gouge(220, 289, 314, 290, 2.2)
    drop = "M267 226C280 246 292 258 290 270C288 286 246 286 244 270C242 258 254 246 267 226Z"
    cut(a, drop, NGHE, 4.4, step=4)
    a.ink("M267 240C258 252 254 262 256 272", 2.6, (0.2, 0.3), fill=WHITE)
    cut(a, rr(228, 134, 78, 30, 5), INK, 5)
    for k in range(7):
        a.gouge(236 + k * 10.5, 140, 236 + k * 10.5, 158, 2.2, fill=CHAM2)
    cut(
        a,
        "M246 134C244 100 240 84 252 70C260 62 274 62 282 70C294 84 290 100 288 134Z",
        "#3A3F52",
        6,
    )
    a.gouge(256, 80, 256, 122, 4, fill=CHAM2)
    a.hatch(322, 180, 204, 3, (10, 20), w=3)
    a.hatch(322, 306, 334, 4, (10, 24), w=3)
    a.gouge(214, 184, 213, 202, 4, fill=WHITE)
    a.ground(364, 84, 330, 2)
    a.scale = 1.06


@product("tinh-dau-tram", GIAY2, 71, "Tinh dầu tràm")
def cajuput_oil(a):
    # branch of the paperbark, with its brush flowers
    a.ink("M74 340C96 260 104 180 94 84", 6.5, (0, 0.3), fill=NAU)
    for x, y, ang, fill in [
        (96, 108, -62, LA),
        (100, 136, -28, LA3),
        (94, 98, -112, LA3),
        (100, 228, -38, LA),
        (94, 262, -146, LA3),
        (88, 284, -26, LA3),
        (82, 312, -150, LA),
        (98, 200, -150, LA),
    ]:
        leaf(a, x, y, 58, ang, fill, 0.16, 4, 3)

    def brush(x, y, rot, long=44):
        """A bottlebrush flower: a fluff of stamens round the twig."""
        to = turn(x, y, 1, rot)
        tips = []
        for i in range(46):
            t = 2 * math.pi * i / 46
            q = a.r.uniform(0.9, 1.14)
            tips.append((30 * q * math.cos(t), (long + 4) * q * math.sin(t) - 3))
        for fill, w, reach in ((INK, 7.5, 1.1), (WHITE, 5, 1)):
            a.plate(ell(x, y, 17, long * 0.86, rot), fill, 0.8, False)
            for u, v in tips:
                a.gouge(*to(0, v * 0.7 + 8), *to(u * reach, v * reach), w, fill=fill)
        for k in range(18):
            v, side = long * (0.7 - 1.4 * (k // 2) / 8), -1 if k % 2 else 1
            a.gouge(
                *to(0, v + 8),
                *to(side * 20 * math.sqrt(1 - (v / long) ** 2), v - 5),
                1.8,
                fill=NAU2,
            )
        a.dots([to(*tip) for tip in tips], 2.5, HO)
        a.ink(at(f"M0 {long}L0 {-long + 10}", x, y, 1, rot), 3.6, (0, 0.3), fill=LA)

    brush(142, 188, 22)
    brush(66, 150, -18, 40)
    # tall green bottle
    body = (
        "M208 140L252 140L252 152C252 172 290 176 290 206L290 326Q290 342 274 342L186 342"
        "Q170 342 170 326L170 206C170 176 208 172 208 152Z"
    )
    a.plate(body, LA3)
    a.plate("M178 210C178 190 196 180 206 172L206 336L188 336Q178 336 178 324Z", LA, 0.5, False)
    a.ink(body, 7)
    cut(a, rr(202, 84, 56, 58, 7), NGHE, 6.5)
    for k in range(4):
        a.gouge(212 + k * 12, 94, 212 + k * 12, 134, 2.6)
    a.gouge(210, 90, 246, 89, 2, fill=WHITE)
    cut(a, "M170 220L290 220L290 308L170 308Z", GIAY, 4.6)
    a.ink(line((180, 230), (280, 230)), 2.6, fill=LA3)
    a.ink(line((180, 298), (280, 298)), 2.6, fill=LA3)
    cut(
        a,
        "M230 238C242 256 252 264 250 276C248 292 212 292 210 276C208 264 218 256 230 238Z",
        LA2,
        4.4,
        step=4,
    )
    leaf(a, 222, 284, 40, -66, LA3, 0.2, 3, 2)
    a.gouge(182, 200, 184, 214, 4, fill=LA2)
    a.hatch(284, 196, 214, 3, (8, 18), w=3)
    a.hatch(284, 314, 334, 3, (10, 24), w=3)
    # its box
    cut(a, poly((302, 236), (352, 228), (352, 336), (302, 346)), SON, 6)
    cut(a, poly((302, 236), (290, 226), (338, 218), (352, 228)), "#E58F77", 4.6)
    cut(a, ell(327, 286, 16, 18), GIAY, 4, step=4)
    leaf(a, 321, 298, 26, -64, LA, 0.2, 2.4, 0)
    a.ground(364, 120, 340, 2)
    a.scale = 1.06
    a.pivot = (80, 208)


POD = (
    "M0 0C16 -16 40 -22 62 -16C84 -10 100 -20 124 -14C146 -8 160 -4 176 10C158 16 142 18 122 12"
    "C100 4 84 14 62 8C40 2 18 10 0 0Z"
)


def soap_pod(a, x, y, s, rot, fill=BARK, flip=1):
    """A gleditsia pod; (x, y) is the stem end."""
    to = turn(x, y, s, rot, flip)
    a.ink(at("M0 0Q-10 2 -18 -8", x, y, s, rot, flip), 5 * s, (0, 0.2), fill=NAU)
    cut(a, at(POD, x, y, s, rot, flip), fill, 5.4, step=4)
    for u, v in ((24, -6), (48, -7), (74, -3), (98, -5), (122, -2), (146, 3)):
        px, py = to(u, v)
        a.ink(ell(px, py, 9 * s, 6 * s, rot), 2.2, wob=0.3, fill="#8A5A48", step=3)
    cuts(a, to, [(14, -10, 44, -16), (86, -12, 114, -14)], 2.4, fill="#C79A84")


def bubble(a, x, y, q):
    a.plate(ell(x, y, q), WHITE, 0.3, False)
    a.ink(ell(x, y, q), 3.4, step=3)
    a.gouge(x - q * 0.5, y - q * 0.1, x, y - q * 0.6, 2.4, fill=CHAM2)


def soap_bar(a, x, y, w, h, deep, skew, top, front, side):
    """A soap bar seen from above; (x, y) is the front left upper corner."""
    t = poly(
        (x, y), (x + w, y - skew), (x + w + deep, y - skew - deep * 0.5), (x + deep, y - deep * 0.5)
    )
    f = poly((x, y), (x + w, y - skew), (x + w, y - skew + h), (x, y + h))
    s = poly(
        (x + w, y - skew),
        (x + w + deep, y - skew - deep * 0.5),
        (x + w + deep, y - skew - deep * 0.5 + h),
        (x + w, y - skew + h),
    )
    for d, fill in ((f, front), (s, side), (t, top)):
        cut(a, d, fill, 5.6, step=8)
    for k in range(6):
        a.gouge(
            x + w + 8 + k * deep / 7,
            y - skew - 2 - k * deep / 14 + 6,
            x + w + 8 + k * deep / 7,
            y - skew - k * deep / 14 + h - 8,
            2.6,
        )
    a.dots(
        [
            (x + w * a.r.uniform(0.08, 0.92), y + h * a.r.uniform(0.1, 0.9) - skew * 0.5)
            for _ in range(14)
        ],
        1.8,
        "#D9B48C",
    )
    return x + w / 2, y - skew / 2


@product("xa-phong-bo-ket", CHAM2, 72, "Xà phòng bồ kết")
def soap(a):
    soap_pod(a, 54, 118, 1.06, -12)
    soap_pod(a, 76, 86, 1.0, 10, "#5E372C")
    soap_bar(a, 62, 282, 176, 54, 84, 12, "#9A6A4E", "#7A4A34", "#5B3424")
    soap_bar(a, 92, 214, 176, 54, 70, -16, "#9A6A4E", "#7A4A34", "#5B3424")
    # the top one wears its paper sleeve
    x, y, w, h, deep, skew = 74, 168, 180, 50, 80, 18
    soap_bar(a, x, y, w, h, deep, skew, "#B58463", "#8A5A40", "#6A3F2C")
    sleeve_top = poly(
        (x + 48, y - 5),
        (x + 134, y - 13),
        (x + 134 + deep, y - 13 - deep * 0.5),
        (x + 48 + deep, y - 5 - deep * 0.5),
    )
    sleeve = poly((x + 48, y - 5), (x + 134, y - 13), (x + 134, y - 13 + h), (x + 48, y - 5 + h))
    cut(a, sleeve_top, GIAY, 4.6, step=8)
    cut(a, sleeve, GIAY, 4.6, step=8)
    a.ink(line((x + 48, y + 1), (x + 134, y - 7)), 2.6, fill=LA3)
    a.ink(line((x + 48, y + 38), (x + 134, y + 30)), 2.6, fill=LA3)
    soap_pod(a, x + 60, y + 18, 0.36, -8)
    for bx, by, q in [
        (302, 316, 21),
        (334, 300, 14),
        (326, 336, 17),
        (278, 338, 14),
        (348, 326, 10),
        (300, 284, 9),
        (56, 344, 14),
        (78, 352, 10),
        (44, 324, 9),
        (330, 88, 13),
        (306, 66, 8),
        (346, 64, 7),
    ]:
        bubble(a, bx, by, q)
    a.ground(366, 96, 270, 2)
    a.scale = 1.06


@product("dau-goi-bo-ket", DAT2, 73, "Dầu gội bồ kết")
def shampoo(a):
    # horn comb behind
    comb = "M292 128C316 120 338 134 340 160L340 320L292 320Z"
    cut(a, comb, NGHE2, 6, True)
    for k in range(13):
        a.ink(line((292, 150 + k * 13), (322, 150 + k * 13)), 4.4, (0, 0.2))
    a.gouge(330, 150, 331, 300, 3.4, fill=HO)
    body = (
        "M122 148Q122 134 138 134L230 134Q246 134 246 148C262 158 268 170 268 190L268 322"
        "Q268 342 248 342L120 342Q100 342 100 322L100 190C100 170 106 158 122 148Z"
    )
    a.plate(body, BARK)
    a.plate("M108 194C108 178 116 166 126 158L128 336Q108 338 108 320Z", "#7A4A38", 0.5, False)
    a.ink(body, 7)
    # pump
    cut(a, rr(150, 104, 68, 30, 6), INK, 5)
    for k in range(5):
        a.gouge(160 + k * 12, 110, 160 + k * 12, 128, 2.2, fill=CHAM2)
    cut(a, rr(175, 78, 18, 26, 2), "#3A3F52", 5)
    cut(
        a,
        "M150 62C150 54 156 50 164 50L210 50Q222 52 222 64L222 78L164 78L116 90L110 76Z",
        "#3A3F52",
        6,
    )
    a.gouge(164, 58, 206, 58, 3, fill=CHAM2)
    cut(a, rr(100, 198, 168, 108, 0), GIAY, 4.8)
    a.ink(line((110, 208), (258, 208)), 2.6, fill=LA3)
    a.ink(line((110, 296), (258, 296)), 2.6, fill=LA3)
    soap_pod(a, 126, 262, 0.66, -24)
    soap_pod(a, 132, 282, 0.64, -8, "#5E372C")
    leaf(a, 128, 262, 34, -92, LA, 0.24, 3, 3)
    a.hatch(262, 172, 194, 3, (10, 20), w=3)
    a.hatch(262, 310, 334, 4, (10, 26), w=3)
    a.gouge(112, 176, 110, 194, 4, fill="#C79A84")
    # pods and a pomelo flower in front
    soap_pod(a, 352, 330, 0.96, 172, BARK, 1)
    flower_slice(a, 76, 330, 27, WHITE, NGHE, 0.3)
    leaf(a, 62, 346, 34, 196, LA, 0.3, 4, 3)
    a.dots([(70, 326), (82, 326), (76, 338), (70, 335), (82, 335)], 2, HO)
    bubble(a, 62, 132, 15)
    bubble(a, 82, 104, 9)
    bubble(a, 50, 96, 7)
    a.ground(364, 100, 330, 2)
    a.scale = 1.06


# --- palm leaf, sedge, cloth -------------------------------------------------------------------


def hat(a, x, y, s=1.0, rot=0.0, hoops=14, ribs=25):
    """A nón lá, tip up, 162 wide each way at s = 1; the brim lies 74 under (x, y)."""
    to = turn(x, y, s, rot)
    rx, ry, base, top = 162, 46, 74, -150

    def ring(t):
        half, low, v, k = rx * t, ry * t, top + (base - top) * t, 0.5523
        return at(
            f"M{-half:.1f} {v:.1f}C{-half:.1f} {v + low * k:.1f} {-half * k:.1f} {v + low:.1f} "
            f"0 {v + low:.1f}C{half * k:.1f} {v + low:.1f} {half:.1f} {v + low * k:.1f} "
            f"{half:.1f} {v:.1f}",
            x,
            y,
            s,
            rot,
        )

    cone = at(
        f"M0 {top - 6}C-8 {top + 14} -110 -4 -{rx} {base}C-{rx} {base + 25} -89 {base + ry} "
        f"0 {base + ry}C89 {base + ry} {rx} {base + 25} {rx} {base}"
        f"C110 -4 8 {top + 14} 0 {top - 6}Z",
        x,
        y,
        s,
        rot,
    )
    a.plate(cone, "#F7EBCB", 0.9, False)
    a.plate(
        at(
            f"M0 {top}C8 {top + 14} 110 -4 {rx} {base}C{rx} {base + 24} 113 {base + 40} "
            f"70 {base + 43}C60 0 30 -90 0 {top}Z",
            x,
            y,
            s,
            rot,
        ),
        GIAY2,
        0.5,
        False,
    )
    a.plate(
        at(
            f"M-4 {top + 20}C-40 -60 -100 10 -130 {base + 18}L-96 {base + 32}C-70 10 -30 -70 "
            f"-4 {top + 20}Z",
            x,
            y,
            s,
            rot,
        ),
        WHITE,
        0.5,
        False,
    )
    for k in range(ribs):  # the palm leaves
        t = math.pi * (k + 0.5) / ribs
        u, v = -rx * 0.99 * math.cos(t), base + ry * 0.98 * math.sin(t)
        a.gouge(
            *to(u * 0.04, top + 8),
            *to(u, v),
            1.9,
            (k - ribs // 2) * 0.9 * s,
            fill=NAU2 if k % 3 else NAU,
        )
    for k in range(1, hoops):  # the hoops they are sewn to
        a.ink(ring(0.1 + 0.9 * (k / hoops) ** 0.96), 2.2 if k % 4 else 3.2, (0.04, 0.04), 0.4)
    a.ink(cone, 2.4 + 4.6 * s)
    a.ink(ring(1), 9 * s)
    a.ink(ring(1), 3 * s, fill=TRE)
    cut(
        a,
        at(
            f"M-10 {top + 14}L0 {top - 12}L10 {top + 14}Q0 {top + 20} -10 {top + 14}Z", x, y, s, rot
        ),
        NAU2,
        1.6 + 3 * s,
        step=4,
    )


@product("non-la", CHAM, 74, "Nón lá")
def palm_hat(a):
    here = {"x": 200, "y": 200, "rot": -9}
    # the ribbon hangs from inside
    cut(
        a,
        at("M-104 92C-84 176 96 196 118 84L132 88C112 222 -104 204 -120 94Z", **here),
        "#E58F77",
        5,
    )
    a.ink(at("M-96 128C-60 176 60 186 106 132", **here), 3, (0.2, 0.2), fill="#F8D3CB")
    hat(a, **here)
    a.scale = 1.02


@product("chieu-coi", LA, 75, "Chiếu cói")
def sedge_mat(a):
    # the sheet, running out of the roll towards us
    p00, p10, p11, p01 = (70, 196), (312, 128), (372, 272), (112, 350)

    def at_sheet(u, v):
        x = (p00[0] * (1 - u) + p10[0] * u) * (1 - v) + (p01[0] * (1 - u) + p11[0] * u) * v
        y = (p00[1] * (1 - u) + p10[1] * u) * (1 - v) + (p01[1] * (1 - u) + p11[1] * u) * v
        return x, y

    def strip(u0, v0, u1, v1):
        return poly(at_sheet(u0, v0), at_sheet(u1, v0), at_sheet(u1, v1), at_sheet(u0, v1))

    a.plate(strip(0, 0, 1, 1), NGHE2)
    for u0, u1, fill in [(0, 0.05, SON), (0.08, 0.11, CHAM), (0.89, 0.92, CHAM), (0.95, 1, SON)]:
        a.plate(strip(u0, 0, u1, 1), fill, 0.4, False)
    for v0, v1, fill in [(0.9, 0.97, SON), (0.82, 0.85, LA3)]:
        a.plate(strip(0.13, v0, 0.87, v1), fill, 0.4, False)
    for cu, q in ((0.3, 0.11), (0.5, 0.14), (0.7, 0.11)):  # lozenges
        for k, fill in ((1, SON), (0.66, NGHE2), (0.36, LA3)):
            d = poly(
                at_sheet(cu - q * k, 0.54),
                at_sheet(cu, 0.54 - 0.26 * k),
                at_sheet(cu + q * k, 0.54),
                at_sheet(cu, 0.54 + 0.26 * k),
            )
            a.plate(d, fill, 0.4, False)
    for i in range(27):  # sedge stalks
        u = (i + 0.5) / 27
        a.gouge(*at_sheet(u, 0.04), *at_sheet(u, 0.98), 1.5, fill=INK if i % 4 == 0 else NAU2)
    a.ink(strip(0, 0, 1, 1), 6.5, step=8)
    for i in range(28):
        u = (i + 0.5) / 28
        x, y = at_sheet(u, 1)
        a.gouge(x, y, x + 5, y + 10, 2.6)
    # the roll
    x, y, dx, dy, q = 82, 152, 236, -66, 52
    roll = (
        f"M{x} {y - q}L{x + dx} {y + dy - q}C{x + dx + 38} {y + dy - q} {x + dx + 38} {y + dy + q} "
        f"{x + dx} {y + dy + q}L{x} {y + q}Z"
    )
    a.plate(roll, NGHE2, 0.5, False)
    for t, w, fill in [
        (0.02, 12, SON),
        (0.1, 7, CHAM),
        (0.84, 7, CHAM),
        (0.92, 12, SON),
        (0.3, 10, LA3),
        (0.46, 14, SON),
        (0.62, 10, LA3),
    ]:
        bx, by = x + dx * t, y + dy * t
        d = (
            f"M{bx} {by - q}L{bx + w} {by - q - w * 0.28}C{bx + w + 38} {by - q} {bx + w + 38} {by + q} "
            f"{bx + w} {by + q - w * 0.28}L{bx} {by + q}C{bx + 38} {by + q} {bx + 38} {by - q} {bx} "
            f"{by - q}Z"
        )
        a.plate(d, fill, 0.4, False)
    for i in range(15):
        v = -q + 4 + (2 * q - 8) * i / 14
        lift = 28 * math.sqrt(max(0, 1 - (v / q) ** 2))
        a.gouge(x + 8, y + v, x + dx + lift, y + dy + v, 1.7, fill=INK if i % 2 else NAU2)
    a.ink(roll, 6.5)
    cut(a, ell(x, y, 30, q), TRE, 6)
    spiral = []
    for i in range(70):
        t = i / 69 * 3.3 * 2 * math.pi
        k = 1 - 0.92 * i / 69
        spiral.append((x + 27 * k * math.cos(t), y + (q - 5) * k * math.sin(t)))
    a.ink(line(*spiral), 3.6, (0, 0.1), step=4)
    a.ground(368, 150, 330, 2, fill=INK)
    a.scale = 1.0


def checked_cloth(a, x0, x1, y0, y1, pale, deep, n, wave=5.0):
    """A checked scarf hanging from y0 to y1 with a fringe."""

    def edge(x):
        return y1 + wave * math.sin((x - x0) / (x1 - x0) * 6.3)

    cell = (x1 - x0) / n
    d = (
        f"M{x0} {y0}L{x1} {y0}L{x1} {y1}Q{x1 - cell} {y1 - wave * 2} {(x0 + x1) / 2} {y1}"
        f"Q{x0 + cell} {y1 + wave * 2} {x0} {y1}Z"
    )
    a.plate(d, WHITE, 0.5, False)
    rows = math.ceil((y1 - y0) / cell)
    for j in range(rows):
        for i in range(n):
            odd = (i % 2) + (j % 2)
            if not odd:
                continue
            u, v = x0 + i * cell, y0 + j * cell
            a.plate(
                poly((u, v), (u + cell, v), (u + cell, min(v + cell, y1)), (u, min(v + cell, y1))),
                deep if odd == 2 else pale,
                0.4,
                False,
            )
    for i in range(1, n):
        a.ink(line((x0 + i * cell, y0), (x0 + i * cell, y1 - 4)), 1.6, wob=0.4)
    for j in range(1, rows):
        a.ink(line((x0, y0 + j * cell), (x1, y0 + j * cell)), 1.6, wob=0.4)
    a.ink(d, 6.5)
    k = 0
    x = x0 + 5
    while x < x1 - 2:
        y = edge(x)
        a.gouge(x, y - 2, x + a.r.uniform(-3, 3), y + a.r.uniform(20, 30), 3.4)
        if k % 2:
            a.dots([(x, y + 9)], 2.6)
        x += 7.5
        k += 1


@product("khan-det", HO, 76, "Khăn dệt")
def woven_scarf(a):
    a.plate("M86 96L238 96L238 312L86 312Z", "#BE7210")
    pole = rr(34, 66, 332, 26, 10)
    cut(a, pole, LA3, 6, True)
    checked_cloth(a, 214, 330, 78, 246, "#EDA394", SON, 7, 4)
    checked_cloth(a, 72, 240, 70, 312, CHAM2, CHAM, 9, 6)
    for x0, x1 in ((72, 240), (240, 330)):
        a.ink(f"M{x0} 92Q{(x0 + x1) / 2} 98 {x1} 92", 4, (0.1, 0.1))
    for k in range(3):  # folds
        a.gouge(116 + k * 44, 100, 112 + k * 46, 290, 3.4, -6)
    a.gouge(282, 96, 286, 232, 3, 5)
    for x in (50, 352):
        a.ink(line((x, 67), (x + 1, 91)), 4.4)
    # the shuttle that wove it
    to = turn(302, 320, 1, -12)
    cut(a, at("M-58 0C-36 -20 36 -20 58 0C36 20 -36 20 -58 0Z", 302, 320, 1, -12), NAU2, 6)
    cut(a, at("M-32 0C-20 -10 20 -10 32 0C20 10 -20 10 -32 0Z", 302, 320, 1, -12), NAU, 4, step=4)
    cut(a, at("M-22 -5L22 -5L22 5L-22 5Z", 302, 320, 1, -12), CHAM2, 3.4, step=4)
    cuts(a, to, [(k, -5, k + 3, 5) for k in (-16, -8, 0, 8, 16)], 2)
    a.ink("M330 312C352 300 348 280 362 274", 2.6, fill=CHAM)
    a.scale = 1.08


@product("tui-coi", CHAM2, 77, "Túi cói")
def sedge_bag(a):
    # handles behind and in front
    for dy, w in ((-10, 16), (6, 16)):
        d = f"M124 {186 + dy}C122 {20 + dy} 278 {20 + dy} 276 {186 + dy}"
        a.ink(d, w + 5, wob=0.4)
        a.ink(d, w - 4, wob=0.4, fill=NAU if dy < 0 else NAU2)
        if dy > 0:
            for k in range(15):
                t = math.pi * (k + 0.5) / 15
                x, y = 200 - 76 * math.cos(t), 172 - 112 * math.sin(t) ** 0.9 + dy
                a.gouge(x - 7, y + 4, x + 7, y - 4, 2.4)
        else:
            # lotus bought at the market
            a.ink("M252 190Q268 130 288 100", 6, fill=LA3)
            cut(
                a,
                "M288 104C262 96 258 70 268 50C280 54 286 62 288 70C294 56 302 50 314 46"
                "C322 70 314 98 288 104Z",
                "#EDA394",
                5,
            )
            cut(a, "M288 104C276 88 278 66 290 48C302 66 302 90 288 104Z", "#F8D3CB", 4.6)
            a.ink("M150 190Q142 150 120 128", 6, fill=LA3)
            cut(a, ell(112, 120, 42, 24, -16), LA, 5.5)
            for t in (-160, -110, -60, -10, 40, 120):
                c = math.radians(t)
                a.gouge(112, 122, 112 + 32 * math.cos(c), 120 + 17 * math.sin(c), 2, fill=LA2)
    body = "M84 178L316 178C328 232 332 292 320 336Q200 352 80 336C68 292 72 232 84 178Z"
    a.plate(body, TRE, 0.5, True)
    a.plate(body, TRE, 0.5, False)

    def edge(y):
        k = math.sin(math.pi * min(1, (y - 178) / 170))
        return 84 - 9 * k, 316 + 9 * k

    weave(a, edge, 196, 332, 9, 17, NAU2, 6, 2.2)
    band = "M74 232Q200 246 326 232L328 290Q200 304 72 290Z"
    a.plate(band, DAT, 0.5, False)
    for k in range(7):  # dyed sedge pattern
        x = 92 + k * 36
        y = 260 + 8 * math.sin(math.pi * (k + 0.5) / 7)
        for size, fill in ((1, GIAY), (0.55, LA3)):
            a.plate(
                poly(
                    (x - 15 * size, y + 3),
                    (x, y - 20 * size + 3),
                    (x + 15 * size, y + 3),
                    (x, y + 20 * size + 3),
                ),
                fill,
                0.4,
                False,
            )
    for k in range(35):
        x = 76 + k * 7.2
        a.gouge(
            x, 238 + 6 * math.sin(math.pi * k / 35), x, 294 + 6 * math.sin(math.pi * k / 35), 1.3
        )
    a.ink(band, 4.6)
    a.ink(body, 7)
    lip = "M76 172Q200 188 324 172L326 196Q200 212 74 196Z"
    cut(a, lip, NAU2, 6)
    for k in range(25):
        u = (k + 0.5) / 25
        x, y = 80 + 240 * u, 178 + 8 * math.sin(math.pi * u)
        a.gouge(x - 3, y - 3, x + 4, y + 16, 2.6)
    for x in (124, 276):
        cut(a, rr(x - 13, 168, 26, 40, 5), NAU, 5)
        a.dots([(x, 178), (x, 198)], 2.6, NGHE2)
    a.ground(362, 84, 322, 2)
    a.scale = 1.06


# --- wide scenes for pages with nothing to show ------------------------------------------------

SCENES = {}


def scene(name, seed, title):
    """Register a wide illustration without plate or frame; see write_scenes."""

    def register(draw):
        def build():
            a = Art(seed, w=800, h=440, bg=None, frame=False, off=(4, 3), title=title)
            draw(a)
            return a

        SCENES[name] = build
        return draw

    return register


def write_scenes(folder):
    """Write the scenes as SVG files, cut coarsely to keep them small."""
    fine = carving.PREC, carving.STEPK
    carving.PREC, carving.STEPK = 0, 2.2
    try:
        for name, build in SCENES.items():
            (Path(folder) / f"{name}.svg").write_text(build().svg(), "utf-8")
    finally:
        carving.PREC, carving.STEPK = fine


def tuft(a, x, y, fill=LA3, n=5):
    for k in range(n):
        u = k - (n - 1) / 2
        a.gouge(x + u * 3, y, x + u * 9, y - 22 + abs(u) * 4, 4, fill=fill)


def hills(a, y, fill, *tops):
    """A range standing on y; tops are (x, height)."""
    left, low = tops[0][0] - 100, y
    d = f"M{left} {low}"
    for (x, h), after in zip(tops, [*tops[1:], None]):
        right = (x + after[0]) // 2 if after else x + 100
        foot = y - min(h, after[1]) * 0.42 if after else y
        rise, fall = (low - h * 0.3 if low == y else low), (foot if after else y - h * 0.3)
        d += (
            f"C{left + (x - left) * 0.4:.0f} {rise:.0f} {x - (x - left) * 0.42:.0f} {y - h} {x} {y - h}"
            f"C{x + (right - x) * 0.42:.0f} {y - h} {right - (right - x) * 0.4:.0f} {fall:.0f} "
            f"{right} {foot:.0f}"
        )
        left, low = right, foot
    cut(a, d + "Z", fill, 5)
    for x, h in tops:
        for k in range(5):
            a.gouge(
                x - 4 + k * 11,
                y - h + 12 + k * 8,
                x - 14 + k * 12,
                y - h + 34 + k * 11,
                4,
                fill=CHAM2,
            )


def egret(a, x, y, s):
    """A white egret; (x, y) is where it stands."""
    a.ink(line((x - 4, y - 24), (x - 5, y)), 3)
    a.ink(line((x + 5, y - 24), (x + 5, y)), 3)
    cut(
        a,
        at(
            "M-20 -22C-24 -44 4 -56 14 -40C24 -56 2 -66 10 -80C16 -90 30 -86 30 -76L48 -72L28 -70"
            "C20 -66 34 -52 28 -36C20 -16 -4 -14 -30 -12Z",
            x,
            y,
            s,
            0,
            -1,
        ),
        WHITE,
        4.2,
        step=3,
    )
    a.dots([(x - 22 * s, y - 78 * s)], 2.2)
    a.gouge(x + 14 * s, y - 28 * s, x - 8 * s, y - 34 * s, 3, 3)


@scene("khong-thay", 91, "Sạp chợ trống, chiếc nón còn treo")
def empty_stall(a):
    cut(a, ell(648, 108, 44), "#FFF0C4", 5)
    for k in range(18):
        t = 2 * math.pi * k / 18
        a.gouge(
            648 + 56 * math.cos(t),
            108 + 56 * math.sin(t),
            648 + 76 * math.cos(t),
            108 + 76 * math.sin(t),
            3.6,
            fill=HO,
        )
    hills(a, 332, CHAM, (126, 104), (250, 76))
    hills(a, 332, CHAM, (590, 70), (686, 96))
    ground = "M26 334C160 316 640 316 774 334C784 362 770 388 734 396L70 396C32 388 14 362 26 334Z"
    cut(a, ground, DAT2, 5.5, True)
    for _ in range(18):
        x, y = a.r.uniform(60, 700), a.r.uniform(346, 388)
        a.gouge(x, y, x + a.r.uniform(12, 40), y + a.r.uniform(-2, 2), 2.2, fill=DAT)
    # back wall of split bamboo
    cut(a, rr(236, 128, 328, 142, 2), TRE, 4.6)
    for row in range(6):
        for c in range(9):
            x, y = 242 + c * 36 + (row % 2) * 16, 142 + row * 22
            if x < 536:
                a.gouge(x, y, x + 24, y, 3, fill=NAU2)
    for x in (222, 566):  # posts
        cut(a, f"M{x} 112L{x + 16} 112L{x + 17} 384L{x - 1} 384Z", LA, 5)
        for y in (176, 238, 322):
            a.gouge(x, y, x + 17, y + 1, 4)
    roof = (
        "M246 44L556 44L636 134L612 128L588 138L562 128L536 138L508 129L480 138L452 129L424 138"
        "L396 129L368 138L340 129L312 138L284 129L256 138L228 128L200 138L166 132Z"
    )
    cut(a, roof, NGHE, 6)
    for k in range(34):
        u = (k + 0.5) / 34
        x0, x1 = 250 + 302 * u, 178 + 448 * u
        t = a.r.uniform(0.06, 0.5)
        a.gouge(
            x0 + (x1 - x0) * t,
            44 + 88 * t,
            x0 + (x1 - x0) * 0.96,
            128,
            3,
            fill=(INK, HO, INK)[k % 3],
        )
    cut(a, "M238 34Q400 26 564 34L566 50Q400 44 236 50Z", NAU2, 5)
    # the bare counter
    cut(a, "M206 268L596 268L622 300L180 300Z", NAU2, 5.5)
    cut(a, "M180 300L622 300L618 318L184 318Z", NAU, 5.5)
    for y, x0, x1 in [
        (278, 240, 380),
        (288, 300, 520),
        (276, 430, 560),
        (292, 210, 280),
        (291, 540, 600),
    ]:
        a.gouge(x0, y, x1, y, 2.4)
    for x in (196, 588):
        cut(a, f"M{x} 318L{x + 16} 318L{x + 14} 388L{x + 2} 388Z", NAU, 5)
    # empty baskets pushed under it
    for x, y, w in [(314, 384, 62), (446, 386, 52)]:
        cut(
            a,
            f"M{x - w} {y - 48}C{x - w + 6} {y - 14} {x - w * 0.6:.0f} {y} {x - w * 0.4:.0f} {y}"
            f"L{x + w * 0.4:.0f} {y}C{x + w * 0.6:.0f} {y} {x + w - 6} {y - 14} {x + w} {y - 48}Z",
            TRE,
            5,
        )
        for row in range(3):
            for c in range(6):
                u = x - w * 0.66 + c * w * 0.25 + (row % 2) * 6
                a.gouge(
                    u - 6,
                    y - 30 + row * 10,
                    u + 5,
                    y - 30 + row * 10,
                    3,
                    fill=INK if c % 2 else NAU,
                )
        cut(a, ell(x, y - 48, w, 13), NAU, 5)
        a.plate(ell(x, y - 47, w - 12, 7), "#6E4420", 0.4, False)
    # the hat on its peg
    strap = "M400 152L344 238M400 152L458 238"
    a.ink(strap, 8, wob=0.4)
    a.ink(strap, 4, wob=0.3, fill="#E58F77")
    hat(a, 401, 222, 0.36, 3, 8, 13)
    cut(a, ell(400, 151, 9), NAU, 4.4, step=3)
    # a sparrow has the place to itself
    cut(
        a,
        "M500 262C494 244 510 232 528 238C534 228 552 230 552 242L562 246L552 250"
        "C550 264 532 272 516 268L484 274Z",
        NAU,
        4.4,
        step=4,
    )
    a.plate("M510 262C516 270 536 266 546 252C534 254 520 254 510 262Z", GIAY2, 0.3, False)
    a.dots([(544, 241)], 2.6)
    a.gouge(500, 258, 526, 250, 3.4)
    a.ink("M520 268L518 278M530 267L530 278", 2.8)
    for x, y in [(70, 342), (128, 334), (694, 340), (744, 352), (660, 390), (120, 394)]:
        tuft(a, x, y)


@scene("mat-mang", 92, "Đò nằm bến, dây qua sông đứt")
def ferry_at_rest(a):
    cut(a, ell(470, 96, 48), "#FFF0C4", 5)
    hills(a, 232, CHAM, (170, 92), (300, 124), (560, 92), (676, 70))
    cut(a, "M44 234C200 214 610 214 762 234L764 252L40 252Z", LA3, 5)
    for _ in range(16):
        x = a.r.uniform(70, 720)
        a.gouge(x, 238, x + a.r.uniform(14, 34), 234, 3, fill=LA)
    river = "M38 250C260 244 540 244 764 250C790 300 780 352 744 384L60 384C22 352 14 300 38 250Z"
    cut(a, river, CHAM2, 5.5, True)
    for k in range(34):
        x, y = a.r.uniform(60, 650), a.r.uniform(264, 374)
        a.gouge(
            x,
            y,
            x + a.r.uniform(36, 100),
            y + a.r.uniform(-2, 2),
            2.8,
            2,
            fill=CHAM if k % 3 == 0 else WHITE,
        )
    for k in range(4):  # the sun lies on the water
        a.gouge(430 + k * 8, 266 + k * 13, 512 - k * 8, 266 + k * 13, 5, fill=NGHE2)
    # far landing
    cut(
        a,
        "M640 276C672 252 740 250 774 268C788 298 772 312 748 314C700 320 648 306 640 276Z",
        LA2,
        5.5,
    )

    def post(x, top, foot):
        cut(a, f"M{x - 9} {top}L{x + 9} {top}L{x + 12} {foot}L{x - 12} {foot}Z", NAU, 5)
        for k in range(3):
            a.gouge(x - 9, top + 14 + k * 9, x + 10, top + 11 + k * 9, 4, fill=TRE)
        a.gouge(x + 4, top + 54, x + 5, foot - 8, 2.6)

    def rope(d):
        a.ink(d, 9, wob=0.5)
        a.ink(d, 4.6, wob=0.4, fill=TRE)

    def frayed(x, y, *ends):
        for u, v in ends:
            a.gouge(x, y, x + u, y + v, 4.6)
            a.gouge(x, y, x + u * 0.9, y + v * 0.9, 2, fill=TRE)

    rope("M706 166C690 200 688 236 662 272C648 292 636 300 622 302")
    frayed(624, 302, (-24, -8), (-28, 2), (-22, 12))
    for w in (32, 52):
        a.ink(ell(612, 312, w, w * 0.2), 2.6, fill=CHAM)
    post(706, 152, 286)
    egret(a, 758, 288, 0.84)
    # near bank
    bank = "M16 340C66 308 168 304 232 338C276 362 282 392 254 412L44 412C18 398 6 364 16 340Z"
    cut(a, bank, LA2, 5.5)
    for x, y in [(44, 352), (196, 348), (226, 384), (70, 396), (150, 400), (110, 366)]:
        tuft(a, x, y)
    rope("M112 170C142 184 156 212 154 246C153 266 160 276 170 286")
    frayed(170, 286, (4, 26), (14, 22), (22, 14))
    post(112, 156, 352)
    # the boat, tied up
    rope("M124 318C160 346 214 346 262 326")
    hull = (
        "M252 314C310 340 470 342 560 300L572 306C556 356 516 380 424 382C324 384 270 360 246 322Z"
    )
    cut(a, "M262 318C320 298 480 290 556 302C480 342 310 342 262 318Z", "#6E4420", 5)
    canopy = "M330 326C330 252 352 236 404 234C456 232 480 248 484 320C440 334 372 336 330 326Z"
    cut(a, canopy, TRE, 5.5)
    for k in range(5):
        x = 346 + k * 27
        a.ink(f"M{x} 330C{x + 1} 270 {x + 8} 248 {x + 14} 238", 2.6, (0.05, 0.1))
    for k in range(4):
        a.ink(
            f"M334 {262 + k * 17}Q408 {250 + k * 17} 480 {258 + k * 17}",
            2.4,
            (0.05, 0.05),
            fill=NAU,
        )
    cut(a, hull, NAU, 6)
    a.ink("M268 338C330 364 480 362 556 324", 3, (0.1, 0.1))
    a.ink("M290 356C340 374 460 374 528 352", 2.6, (0.1, 0.1))
    for x in (320, 380, 446, 506):
        a.gouge(x, 344 + (x == 380) * 4, x + 2, 372, 2.6)
    for x, y, s in [(250, 390, 1), (330, 396, 0.8), (540, 378, 1)]:
        a.gouge(x, y, x + 70 * s, y + 1, 3, fill=CHAM)
    # pole laid down, hat on the bow
    a.ink(line((436, 312), (650, 346)), 9, wob=0.4)
    a.ink(line((438, 312), (648, 345)), 4.4, wob=0.3, fill=NAU2)
    hat(a, 528, 288, 0.26, 4, 6, 9)
