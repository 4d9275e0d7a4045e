"""Every theme's colours: contrast by WCAG, and apart for people who see colours otherwise.

Measured after WCAG 2.2 (relative luminance); Machado, Oliveira and Fernandes, "A Physiologically-
based Model for Simulation of Color Vision Deficiency" (IEEE TVCG 15(6), 2009), severity 1.0, in
linear light; and CIEDE2000 after Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula:
Implementation Notes, Supplementary Test Data, and Mathematical Observations" (2005).
"""

from __future__ import annotations

from itertools import combinations, pairwise
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

import pytest
from PySide6.QtCore import QPointF

from nnstudio.canvas.node_item import port_shape
from nnstudio.plots import look as plot_look
from nnstudio.theme import THEMES, Theme, style
from nnstudio.theme.tokens import GLYPHS, TINTS

EVERY = pytest.mark.parametrize("looks", THEMES, ids=lambda t: t.name)
CORE = ("convolution", "pooling", "activation", "dense", "shape", "io")
"""The families that stand side by side in a first network."""
TEXT, SHAPE = 4.5, 3.0
"""What WCAG 2.2 asks for: text (1.4.3), and what carries a meaning without being text (1.4.11)."""

Three = tuple[float, float, float]

DEFICIENCIES: dict[str, tuple[Three, Three, Three]] = {
    "none": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> Three:
    """Linear light of `#rrggbb`, each part 0 to 1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return (r, g, b)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    r, g, b = linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, two: str) -> float:
    """Contrast ratio as WCAG 2 defines it, 1 to 21."""
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(light: Three) -> Three:
    """CIELAB of linear sRGB light, for D65."""
    r, g, b = (min(1.0, max(0.0, part)) for part in light)
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883
    fx, fy, fz = (
        t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)
    )
    return (116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz))


def seen(colour: str, deficiency: str) -> Three:
    """CIELAB of what somebody with that deficiency sees."""
    light = linear(colour)
    r, g, b = (
        sum(m * c for m, c in zip(row, light, strict=True)) for row in DEFICIENCIES[deficiency]
    )
    return lab((r, g, b))


def distance(one: str, two: str, deficiency: str = "none") -> float:
    """CIEDE2000 between two colours for somebody with that deficiency."""
    return ciede2000(seen(one, deficiency), seen(two, deficiency))


def ciede2000(one: Three, two: Three) -> float:
    """The colour difference of two CIELAB values."""
    l1, a1, b1 = one
    l2, a2, b2 = two
    mean = ((hypot(a1, b1) + hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - sqrt(mean / (mean + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1 = degrees(atan2(b1, a1)) % 360 if c1 else 0.0
    h2 = degrees(atan2(b2, a2)) % 360 if c2 else 0.0
    turn = h2 - h1
    if c1 * c2 == 0:
        turn = 0.0
    elif turn > 180:
        turn -= 360
    elif turn < -180:
        turn += 360
    dl, dc, dh = l2 - l1, c2 - c1, 2 * sqrt(c1 * c2) * sin(radians(turn / 2))
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    if c1 * c2 == 0:
        hm = h1 + h2
    elif abs(h1 - h2) <= 180:
        hm = (h1 + h2) / 2
    else:
        hm = (h1 + h2 + 360) / 2 if h1 + h2 < 360 else (h1 + h2 - 360) / 2
    t = (
        1
        - 0.17 * cos(radians(hm - 30))
        + 0.24 * cos(radians(2 * hm))
        + 0.32 * cos(radians(3 * hm + 6))
        - 0.20 * cos(radians(4 * hm - 63))
    )
    sl = 1 + 0.015 * (lm - 50) ** 2 / sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    turned = 2 * sqrt(cm**7 / (cm**7 + 25.0**7)) * sin(radians(60 * exp(-(((hm - 275) / 25) ** 2))))
    return sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 - turned * (dc / sc) * (dh / sh))


def apart(colours: dict[str, str], least: float) -> list[str]:
    """The pairs nearer than `least` for somebody."""
    return [
        f"{a}, {b}, {deficiency}: {found:.1f}"
        for a, b in combinations(colours, 2)
        for deficiency in DEFICIENCIES
        if (found := distance(colours[a], colours[b], deficiency)) < least
    ]


def weak(colours: dict[str, str], grounds: dict[str, str], least: float) -> list[str]:
    """The colours with less than `least` contrast to a ground."""
    return [
        f"{name} on {ground}: {found:.2f}"
        for name, colour in colours.items()
        for ground, under in grounds.items()
        if (found := contrast(colour, under)) < least
    ]


def grounds(looks: Theme) -> dict[str, str]:
    """The three grounds by their names."""
    return dict(zip(("ground", "panel", "raised"), looks.grounds, strict=True))


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, -1.0, 2.0), (50.0, 0.0, 0.0), 2.3669),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ],
)
def test_the_measure_agrees_with_the_published_pairs(
    one: tuple[float, float, float], two: tuple[float, float, float], expected: float
) -> None:
    assert ciede2000(one, two) == pytest.approx(expected, abs=1e-4)
    assert ciede2000(two, one) == pytest.approx(expected, abs=1e-4)


def test_the_measure_knows_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    for deficiency in DEFICIENCIES:  # every simulation leaves grey as it is
        assert distance("#808080", "#ffffff", deficiency) == pytest.approx(
            distance("#808080", "#ffffff"), abs=0.1
        )


@EVERY
def test_text_has_contrast_on_every_ground(looks: Theme) -> None:
    least = 7.0 if looks.high_contrast else TEXT
    mixed = style.shades(looks)
    anywhere = {key: mixed[key] for key in ("hover", "soft", "accent_soft")} | grounds(looks)
    strips = {key: mixed[key] for key in mixed if key.endswith(("_soft", "_tint"))}
    assert weak({"text": looks.text}, anywhere | strips | {"press": mixed["press"]}, least) == []
    assert weak({"muted": looks.muted}, anywhere, least) == []
    said = {name: getattr(looks, name) for name in ("accent", "good", "bad", "validation", "test")}
    assert weak(said, grounds(looks), TEXT) == []
    filled = {"accent": looks.accent, "pressed": mixed["accent_press"]}
    filled["hovered"] = mixed["accent_hover"]
    assert weak({"on_accent": looks.on_accent}, filled, TEXT) == []
    assert weak({"bad": looks.bad}, {"hover": mixed["hover"]}, TEXT) == []


@EVERY
def test_what_carries_a_meaning_has_contrast(looks: Theme) -> None:
    shapes = {name: getattr(looks, name) for name in (
        "control", "accent", "good", "warning", "bad", "training", "validation", "test", "gradient",
        "wire",
    )}  # fmt: skip
    shapes |= {f"port of {kind}": colour for kind, colour in looks.kinds.items()}
    shapes |= {f"family {name}": colour for name, colour in looks.families.items()}
    shapes |= {f"tint {name}": colour for name, colour in looks.tints.items()}
    assert weak(shapes, grounds(looks), SHAPE) == []


@EVERY
def test_what_cannot_be_used_can_still_be_read(looks: Theme) -> None:
    faint = {"faint": style.shades(looks)["faint"]}
    assert weak(faint, {"panel": looks.panel}, TEXT if looks.high_contrast else 2.0) == []


@EVERY
def test_high_contrast_draws_every_line(looks: Theme) -> None:
    if looks.high_contrast:
        assert weak({"line": looks.line}, grounds(looks), SHAPE) == []


@EVERY
def test_severities_are_apart(looks: Theme) -> None:
    severities = {"error": looks.bad, "warning": looks.warning, "hint": looks.accent}
    assert apart(severities, 12.0) == []
    assert apart(severities | {"good": looks.good}, 7.0) == []


@EVERY
def test_curves_are_apart_by_colour_and_by_dash(looks: Theme) -> None:
    assert apart({part: getattr(looks, part) for part in ("training", "validation")}, 20.0) == []
    parts = ("training", "validation", "test")
    assert apart({part: getattr(looks, part) for part in parts}, 9.0) == []
    dashes = [tuple(plot_look.curve_pen(part).dashPattern()) for part in parts]
    assert len(set(dashes)) == len(parts)


@EVERY
def test_kinds_of_data_are_apart_by_colour_and_by_shape(looks: Theme) -> None:
    assert apart(dict(looks.kinds), 12.0) == []
    shapes = {
        kind: tuple(
            (round(path.elementAt(i).x, 2), round(path.elementAt(i).y, 2))
            for i in range(path.elementCount())
        )
        for kind in looks.kinds
        for path in (port_shape(kind, QPointF(0, 0), 5),)
    }
    assert len(set(shapes.values())) == len(looks.kinds)


@EVERY
def test_families_are_apart_by_colour_and_by_glyph(looks: Theme) -> None:
    assert apart({name: looks.families[name] for name in CORE}, 5.0) == []
    assert apart(dict(looks.families), 2.3) == []
    assert len(set(GLYPHS.values())) == len(looks.families)


@EVERY
def test_tints_are_apart_for_most_eyes(looks: Theme) -> None:
    """A tint only groups what a title names; whoever sees all colours can tell any two."""
    tints = [distance(looks.tints[a], looks.tints[b]) for a, b in combinations(TINTS, 2)]
    assert min(tints) >= 8.0


@EVERY
def test_heat_rises_in_steps_that_everybody_sees(looks: Theme) -> None:
    for deficiency in DEFICIENCIES:
        light = [seen(colour, deficiency)[0] for colour in looks.heat]
        assert light == sorted(light, reverse=not looks.dark)
    assert all(apart({"one": one, "next": two}, 5.0) == [] for one, two in pairwise(looks.heat))
    near = {"accent": looks.accent} | dict(looks.families)
    for step in looks.heat[2:-1]:
        assert all(distance(step, colour) >= 3.0 for colour in near.values()), step
