"""Puts together the small corpora in `assets/corpora` whose sentences follow patterns.

The patterns and the words are ours. The same seed gives the same files; `lighthouse.txt` is
written by hand and not touched here.
"""

from __future__ import annotations

import random
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "corpora"

NAMES = ("anna", "ben", "clara", "david", "emma", "felix", "greta", "hugo")
COLOURS = ("red", "blue", "green", "white", "black", "small")
THINGS = {
    "boat": ("sails", "the harbour", "floats", "rope"),
    "bicycle": ("rides", "the hill", "rolls", "bell"),
    "kite": ("flies", "the meadow", "rises", "string"),
    "drum": ("beats", "the square", "sounds", "stick"),
    "lantern": ("carries", "the forest", "shines", "candle"),
    "camera": ("holds", "the tower", "clicks", "lens"),
}
DAYS = ("monday", "tuesday", "friday", "sunday")
WEATHER = {"sun": "warm", "rain": "wet", "snow": "cold", "wind": "loud"}
STORIES = 240


def story(draw: random.Random) -> list[str]:
    """Five sentences about one person and one thing, in the order of a day."""
    name, colour, day = draw.choice(NAMES), draw.choice(COLOURS), draw.choice(DAYS)
    thing = draw.choice(tuple(THINGS))
    verb, place, moves, part = THINGS[thing]
    weather = draw.choice(tuple(WEATHER))
    return [
        draw.choice((f"{name} has a {colour} {thing} .", f"{name} found a {colour} {thing} .")),
        f"every {day} {name} {verb} the {thing} at {place} .",
        f"there the {colour} {thing} {moves} in the {weather} .",
        f"the {weather} is {WEATHER[weather]} and {name} mends the {part} of the {thing} .",
        draw.choice(
            (
                f"in the evening {name} brings the {thing} home .",
                f"at night the {thing} sleeps beside {name} .",
            )
        ),
    ]


NOUNS = {
    "dog": ("m", "hund"),
    "bird": ("m", "vogel"),
    "man": ("m", "mann"),
    "cat": ("f", "katze"),
    "woman": ("f", "frau"),
    "flower": ("f", "blume"),
    "child": ("n", "kind"),
    "house": ("n", "haus"),
    "horse": ("n", "pferd"),
}
ADJECTIVES = {"small": "klein", "old": "alt", "red": "rot", "good": "gut"}
SEEING = {"sees": "sieht", "hears": "hört", "finds": "findet", "likes": "mag"}
BEING = {"sleeps": "schläft", "sings": "singt", "laughs": "lacht"}
SENTENCES = 1200


def thing(draw: random.Random, object: bool) -> tuple[str, str]:
    """A noun with its article and perhaps an adjective, in English and in German."""
    noun = draw.choice(tuple(NOUNS))
    gender, german = NOUNS[noun]
    masculine_object = object and gender == "m"
    article = "den" if masculine_object else {"m": "der", "f": "die", "n": "das"}[gender]
    if draw.random() < 0.5:
        return f"the {noun}", f"{article} {german}"
    adjective = draw.choice(tuple(ADJECTIVES))
    ending = "en" if masculine_object else "e"
    return f"the {adjective} {noun}", f"{article} {ADJECTIVES[adjective]}{ending} {german}"


def clause(draw: random.Random, verb_last: bool) -> tuple[str, str]:
    """Somebody does something, in English and in German."""
    one, german = thing(draw, object=False)
    if draw.random() < 0.4:
        verb = draw.choice(tuple(BEING))
        return f"{one} {verb}", f"{german} {BEING[verb]}"
    verb = draw.choice(tuple(SEEING))
    other, accusative = thing(draw, object=True)
    order = (accusative, SEEING[verb]) if verb_last else (SEEING[verb], accusative)
    return f"{one} {verb} {other}", " ".join((german, *order))


def translation(draw: random.Random) -> tuple[str, str]:
    """A sentence, half of them with a reason; in German its verb goes to the end."""
    english, german = clause(draw, verb_last=False)
    if draw.random() < 0.5:
        return english, german
    why, weil = clause(draw, verb_last=True)
    return f"{english} because {why}", f"{german} weil {weil}"


QUALITIES = {
    "awful": 0,
    "dreadful": 0,
    "hopeless": 0,
    "dull": 1,
    "clumsy": 1,
    "tiring": 1,
    "plain": 2,
    "long": 2,
    "quiet": 2,
    "pleasant": 3,
    "clever": 3,
    "warm": 3,
    "superb": 4,
    "brilliant": 4,
    "wonderful": 4,
}
SUBJECTS = ("film", "story", "play", "book", "song", "ending")
PHRASES = 400
Tree = tuple[int, str]
"""The feeling of a phrase, 0 (awful) to 4 (wonderful), and its tree."""


def joined(label: int, left: Tree, right: Tree) -> Tree:
    """Two phrases as one."""
    return label, f"({label} {left[1]} {right[1]})"


def leaf(word: str, label: int = 2) -> Tree:
    """A word; most say nothing of a feeling."""
    return label, f"({label} {word})"


def quality(draw: random.Random, depth: int) -> Tree:
    """What something is like; words before it turn it over, strengthen it or weaken it."""
    if depth == 0 or draw.random() < 0.2:
        word = draw.choice(tuple(QUALITIES))
        return leaf(word, QUALITIES[word])
    inner = quality(draw, depth - 1)
    feeling = inner[0] - 2
    sign = (feeling > 0) - (feeling < 0)
    word = draw.choice(("not", "not", "never", "very", "really", "rather", "hardly"))
    if word in ("not", "never"):
        label = 2 - feeling
    elif word in ("very", "really"):
        label = 2 + 2 * sign
    elif word == "rather":
        label = 2 + sign
    else:
        label = 2 - sign
    return joined(label, leaf(word), inner)


def phrase(draw: random.Random) -> Tree:
    """A quality, a thing of some quality, or a sentence about one."""
    what = quality(draw, draw.choice((1, 2, 3, 3, 4)))
    subject = leaf(draw.choice(SUBJECTS))
    form = draw.random()
    if form < 0.4:
        return what
    if form < 0.6:
        return joined(what[0], what, subject)
    about = joined(2, leaf("the"), subject)
    return joined(what[0], about, joined(what[0], leaf("is"), what))


def main() -> None:
    """Write the files."""
    draw = random.Random(1)
    stories = ["\n".join(story(draw)) for _ in range(STORIES)]
    (FOLDER / "stories.txt").write_text("\n\n".join(stories) + "\n", encoding="utf-8")
    draw = random.Random(2)
    translations: dict[str, str] = {}
    while len(translations) < SENTENCES:
        english, german = translation(draw)
        translations[english] = german
    rows = "".join(f"{english}\t{german}\n" for english, german in translations.items())
    (FOLDER / "translation.txt").write_text(rows, encoding="utf-8")
    draw = random.Random(3)
    phrases: dict[str, None] = {}
    while len(phrases) < PHRASES:
        phrases[phrase(draw)[1]] = None
    (FOLDER / "phrases.txt").write_text("\n".join(phrases) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
