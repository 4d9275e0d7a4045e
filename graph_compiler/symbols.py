"""Sizes that may be symbols: the batch axis `N`, and integer expressions over variables.

Owns the arithmetic of `Symbolic`: polynomials with integer coefficients whose atoms are names,
floor divisions and opaque texts. Each carries its concrete value, which decides every comparison,
so that a shape rule written for plain integers runs unchanged. The writing of the source is
`graph_compiler.size_text`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from graph_compiler.size_text import ATOM, LOOSE, PRODUCT, Written, wrapped

_MOST_TERMS = 48
"""Beyond this many terms a product stays unexpanded, so that hostile powers cost nothing."""


_LEAF = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Atom:
    """An indivisible factor: its Python source, how tightly that binds, and its value."""

    text: str
    level: int
    value: int
    numerator: Symbolic | None = None
    divisor: int = 1
    """Set for a floor division by a plain number, so that `(x // 2) // 2` becomes `x // 4`."""
    product: tuple[Symbolic, Dim] | None = field(default=None, compare=False)
    """Set where nothing is left over: what was divided, and by what."""


_Monomial: TypeAlias = tuple[Atom, ...]
_Terms: TypeAlias = dict[_Monomial, int]


class Symbolic:
    """An integer expression over named variables that also knows its present value.

    Arithmetic builds expressions; comparison, hashing and `int()` go by the value.
    `str()` gives Python source.
    """

    __slots__ = ("_terms", "_text", "_written", "value")

    def __init__(self, terms: _Terms, value: int, written: Written) -> None:
        self._terms, self.value, self._written = terms, value, written
        self._text: tuple[str, int] | None = None

    @staticmethod
    def name(name: str, value: int) -> Symbolic:
        """The variable `name`, at present `value`."""
        return Symbolic.opaque(name, value, atom=True)

    @staticmethod
    def opaque(text: str, value: int, *, atom: bool = False) -> Symbolic:
        """Python source that is not taken apart: `max(a, b)`, an `atom`, or `a if c else b`."""
        level = ATOM if atom else LOOSE
        single = Atom(text, level, value)
        return Symbolic({(single,): 1}, value, Written(((1, ((text, level),)),)))

    @property
    def source(self) -> tuple[str, int]:
        """Python text and its binding strength: as written, or expanded where that is shorter."""
        if self._text is None:
            written, expanded = self._written.source(), _expanded(self._terms).source()
            shorter = len(_LEAF.findall(expanded[0])) < len(_LEAF.findall(written[0]))
            self._text = expanded if shorter else written
        return self._text

    @property
    def is_constant(self) -> bool:
        """Whether no variable is left in it."""
        return all(not monomial for monomial in self._terms)

    def same(self, other: Dim) -> bool:
        """Whether both are the same expression, whatever the variables' values."""
        return self._terms == _terms_of(other)

    def __str__(self) -> str:
        return self.source[0]

    def __repr__(self) -> str:
        return f"Symbolic({self.source[0]!r}, {self.value})"

    # comparison: the value decides
    def __eq__(self, other: object) -> bool:
        if isinstance(other, Symbolic):
            return self.value == other.value
        return self.value == other if isinstance(other, int | float) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.value)

    def __lt__(self, other: Dim | float) -> bool:
        return self.value < _value(other)

    def __le__(self, other: Dim | float) -> bool:
        return self.value <= _value(other)

    def __gt__(self, other: Dim | float) -> bool:
        return self.value > _value(other)

    def __ge__(self, other: Dim | float) -> bool:
        return self.value >= _value(other)

    def __bool__(self) -> bool:
        return self.value != 0

    def __int__(self) -> int:
        return self.value

    def __index__(self) -> int:
        return self.value

    # arithmetic: the expression grows
    def __add__(self, other: Dim) -> Symbolic:
        return _sum(self, other, 1)

    def __radd__(self, other: Dim) -> Symbolic:
        return _sum(other, self, 1)

    def __sub__(self, other: Dim) -> Symbolic:
        return _sum(self, other, -1)

    def __rsub__(self, other: Dim) -> Symbolic:
        return _sum(other, self, -1)

    def __neg__(self) -> Symbolic:
        return _sum(0, self, -1)

    def __pos__(self) -> Symbolic:
        return self

    def __mul__(self, other: Dim) -> Symbolic:
        return _product(self, other)

    def __rmul__(self, other: Dim) -> Symbolic:
        return _product(other, self)

    def __floordiv__(self, other: Dim) -> Symbolic:
        return _floor(self, other)

    def __rfloordiv__(self, other: Dim) -> Symbolic:
        return _floor(other, self)

    def __mod__(self, other: Dim) -> Symbolic:
        return _modulo(self, other)

    def __rmod__(self, other: Dim) -> Symbolic:
        return _modulo(other, self)

    def __pow__(self, power: int) -> Symbolic:
        value = self.value**power
        if not 1 <= power <= 4:
            return Symbolic.opaque(f"{wrapped(*self.source, True)}**{power}", value)
        result = self
        for _ in range(power - 1):
            result = _product(result, self)
        return result


class _Batch(Symbolic):
    """The batch axis: one object, equal to nothing but itself."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> _Batch:
        return self

    def __deepcopy__(self, memo: object) -> _Batch:
        return self

    def __reduce__(self) -> str:
        return "N"

    def __repr__(self) -> str:
        return "N"


Dim: TypeAlias = int | Symbolic
"""The size of an axis."""

N = _Batch({(Atom("N", ATOM, 1),): 1}, 1, Written(((1, (("N", ATOM),)),)))
"""The batch axis: how many examples go through at once, never a number."""


def _value(size: Dim | float) -> int | float:
    return size.value if isinstance(size, Symbolic) else size


def _number(size: Dim) -> int:
    return size.value if isinstance(size, Symbolic) else size


def _terms_of(size: Dim) -> _Terms:
    if isinstance(size, Symbolic):
        return size._terms
    return {(): size} if size else {}


def _written_of(size: Dim) -> Written:
    return size._written if isinstance(size, Symbolic) else Written((), size)


def _expanded(terms: _Terms) -> Written:
    """The terms as a sum of products, in the order in which they arose, the constant last."""
    addends = tuple(
        (coefficient, tuple((atom.text, atom.level) for atom in monomial))
        for monomial, coefficient in terms.items()
        if monomial
    )
    return Written(addends, terms.get((), 0))


def _sum(left: Dim, right: Dim, sign: int) -> Symbolic:
    terms = dict(_terms_of(left))
    for monomial, coefficient in _terms_of(right).items():
        total = terms.get(monomial, 0) + sign * coefficient
        if total:
            terms[monomial] = total
        else:
            terms.pop(monomial, None)
    one, two = _written_of(left), _written_of(right)
    addends: dict[tuple[tuple[str, int], ...], int] = {}
    for factor, written in ((1, one), (sign, two)):
        for coefficient, factors in written.addends:
            addends[factors] = addends.get(factors, 0) + factor * coefficient
    kept = tuple((coefficient, factors) for factors, coefficient in addends.items() if coefficient)
    value = _number(left) + sign * _number(right)
    return Symbolic(terms, value, Written(kept, one.constant + sign * two.constant))


def _product(left: Dim, right: Dim) -> Symbolic:
    if isinstance(left, int) and left == 1 and isinstance(right, Symbolic):
        return right
    if isinstance(right, int) and right == 1 and isinstance(left, Symbolic):
        return left
    whole = _undivided(left, right) or _undivided(right, left)
    if whole is not None:
        return whole
    value = _number(left) * _number(right)
    one, two = _terms_of(left), _terms_of(right)
    written = _product_written(left, right)
    if len(one) * len(two) > _MOST_TERMS:
        text, level = written.source()
        return Symbolic({(Atom(text, level, value),): 1}, value, written)
    terms: _Terms = {}
    for a, m in one.items():
        for b, n in two.items():
            key = tuple(sorted(a + b, key=lambda atom: atom.text))
            total = terms.get(key, 0) + m * n
            if total:
                terms[key] = total
            else:
                terms.pop(key, None)
    return Symbolic(terms, value, written)


def _product_written(left: Dim, right: Dim) -> Written:
    """Both factors side by side; a number and a sum are multiplied out only by the other form."""
    coefficient = 1
    factors: list[tuple[str, int]] = []
    for size in (left, right):
        written = _written_of(size)
        if not written.addends:
            coefficient *= written.constant
        elif len(written.addends) == 1 and not written.constant:
            count, more = written.addends[0]
            coefficient *= count
            factors.extend(more)
        else:
            factors.append(size.source if isinstance(size, Symbolic) else written.source())
    if not coefficient:
        return Written(())
    return Written(((coefficient, tuple(factors)),))


def _floor(left: Dim, right: Dim) -> Symbolic:
    value = _number(left) // _number(right)
    if isinstance(right, Symbolic) and not right.is_constant:
        quotient = _exact_quotient(left, right)
        if quotient is not None:
            return quotient
        text = f"{_source(left, PRODUCT)} // {_source(right, ATOM)}"
        single = Atom(text, PRODUCT, value)
        return Symbolic({(single,): 1}, value, Written(((1, ((text, PRODUCT),)),)))
    divisor = _number(right)
    if divisor == 1 and isinstance(left, Symbolic):
        return left
    whole: _Terms = {}
    rest: _Terms = {}
    for monomial, coefficient in _terms_of(left).items():
        if not monomial or coefficient % divisor == 0:
            count, left_over = divmod(coefficient, divisor)
            if count:
                whole[monomial] = count
            if left_over:
                rest[monomial] = left_over
        else:
            rest[monomial] = coefficient
    if all(not monomial for monomial in rest) and 0 <= rest.get((), 0) < abs(divisor):
        return _from_terms(whole)
    return _sum(_floor_atom(_from_terms(rest), divisor), _from_terms(whole), 1)


def _floor_atom(numerator: Symbolic, divisor: int) -> Symbolic:
    """`numerator // divisor` with a nested floor division by a number merged into one."""
    variable = [monomial for monomial in numerator._terms if monomial]
    if divisor > 0 and len(variable) == 1 and numerator._terms[variable[0]] == 1:
        inner = variable[0]
        if len(inner) == 1 and inner[0].numerator is not None and inner[0].divisor > 0:
            below = inner[0].divisor
            return _floor(
                _sum(inner[0].numerator, numerator._terms.get((), 0) * below, 1), below * divisor
            )
    value = numerator.value // divisor
    text = f"{_source(numerator, PRODUCT)} // {divisor}"
    single = Atom(text, PRODUCT, value, numerator, divisor)
    return Symbolic({(single,): 1}, value, Written(((1, ((text, PRODUCT),)),)))


def divided(left: Dim, right: Dim) -> Dim:
    """`left // right` for a rule that has seen that nothing is left over; times `right` again it
    is `left`, as the features of all heads are those of the whole."""
    quotient = left // right
    if not isinstance(quotient, Symbolic) or len(quotient._terms) != 1:
        return quotient
    (monomial, count), *_ = quotient._terms.items()
    if len(monomial) != 1 or count != 1 or monomial[0].level != PRODUCT:
        return quotient
    whole = left if isinstance(left, Symbolic) else _from_terms(_terms_of(left))
    exact = replace(monomial[0], product=(whole, right))
    return Symbolic({(exact,): 1}, quotient.value, quotient._written)


def _undivided(left: Dim, right: Dim) -> Symbolic | None:
    """What was divided without rest by `right` and gave `left`."""
    if not isinstance(left, Symbolic) or len(left._terms) != 1:
        return None
    (monomial, count), *_ = left._terms.items()
    if len(monomial) != 1 or count != 1 or monomial[0].product is None:
        return None
    whole, divisor = monomial[0].product
    return whole if _terms_of(divisor) == _terms_of(right) else None


def _exact_quotient(left: Dim, right: Symbolic) -> Symbolic | None:
    """`left / right` where the divisor is one monomial that divides every term, else None."""
    if len(right._terms) != 1:
        return None
    (divisor, count), *_ = right._terms.items()
    terms: _Terms = {}
    for monomial, coefficient in _terms_of(left).items():
        remaining = list(monomial)
        for atom in divisor:
            if atom not in remaining:
                return None
            remaining.remove(atom)
        if coefficient % count:
            return None
        terms[tuple(remaining)] = coefficient // count
    return _from_terms(terms)


def _modulo(left: Dim, right: Dim) -> Symbolic:
    value = _number(left) % _number(right)
    quotient = _floor(left, right)
    rest = _sum(left, _product(quotient, right), -1)
    if rest.is_constant:
        return rest
    text = f"{_source(left, PRODUCT)} % {_source(right, ATOM)}"
    single = Atom(text, PRODUCT, value)
    return Symbolic({(single,): 1}, value, Written(((1, ((text, PRODUCT),)),)))


def _source(size: Dim, needed: int) -> str:
    text, level = size.source if isinstance(size, Symbolic) else (str(size), ATOM)
    return wrapped(text, level, False, needed)


def _from_terms(terms: _Terms) -> Symbolic:
    value = 0
    for monomial, coefficient in terms.items():
        product = coefficient
        for atom in monomial:
            product *= atom.value
        value += product
    return Symbolic(terms, value, _expanded(terms))
