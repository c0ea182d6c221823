"""Parses the arithmetic in a thought and recomputes it.

`sqrt(0.80^2 + 1.30^2) = 1.53` and `1.24 < 2.10` are relations. Every number stands for all that would be
written like it, so both sides are intervals: an equation holds if they meet. Angles are in degrees;
`atan2(x, y)` is the heading of the way to the right (x) and ahead (y), clockwise from straight ahead.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[A-Za-z_]\w*|<=|>=|[-+*/^(),=<>\[\]]|\S")
_FUNCTIONS = ("sqrt", "atan2", "min", "max", "abs")
_RELATIONS = ("=", "<", ">", "<=", ">=")
_ROUNDED_UNITS = ("deg", "cm")
"""Whole numbers before these words are rounded; all other whole numbers are exact."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Relation:
    """The two sides of an equation or comparison, and the sign between them."""

    left: tuple[str, ...]
    sign: str
    right: tuple[str, ...]
    rounded: bool
    """Whether whole numbers in it are rounded."""

    @property
    def is_calculation(self) -> bool:
        """Whether either side is more than a number."""
        return len(self.left) > 2 or len(self.right) > 2

    def holds(self) -> bool:
        """Whether the numbers fit. Raises ValueError for what is no expression."""
        left, right = _value(self.left, self.rounded), _value(self.right, self.rounded)
        if self.sign == "=":
            return _meet(left, right) or ("atan2" in self.left and _meet_turned(left, right))
        middle = (left[0] + left[1]) / 2.0, (right[0] + right[1]) / 2.0
        return {
            "<": middle[0] < middle[1],
            ">": middle[0] > middle[1],
            "<=": middle[0] <= middle[1],
            ">=": middle[0] >= middle[1],
        }[self.sign]


def relations(text: str) -> list[Relation]:
    """All equations and comparisons of numbers in a text."""
    found = []
    for tokens, after in _runs(text):
        signs = [index for index, token in enumerate(tokens) if token in _RELATIONS]
        for number, index in enumerate(signs):
            start = signs[number - 1] + 1 if number else 0
            end = signs[number + 1] if number + 1 < len(signs) else len(tokens)
            left, right = _suffix(tokens[start:index]), _prefix(tokens[index + 1 : end])
            if left and right:
                found.append(Relation(left, tokens[index], right, after in _ROUNDED_UNITS))
    return found


def last_number(text: str) -> str | None:
    """The last number of a text, as written."""
    numbers = re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text)
    return numbers[-1] if numbers else None


def _runs(text: str) -> Iterator[tuple[list[str], str]]:
    """The longest runs of expression tokens, each with the word after it."""
    run: list[str] = []
    for token in [*_TOKEN.findall(text), "."]:
        if re.fullmatch(r"\d+(\.\d+)?|[-+*/^(),=<>]|<=|>=", token) or token in _FUNCTIONS:
            run.append(token)
        else:
            yield run, token
            run = []


def _suffix(tokens: list[str]) -> tuple[str, ...]:
    return next((tuple(tokens[i:]) for i in range(len(tokens)) if _parses(tokens[i:])), ())


def _prefix(tokens: list[str]) -> tuple[str, ...]:
    return next((tuple(tokens[:i]) for i in range(len(tokens), 0, -1) if _parses(tokens[:i])), ())


def _parses(tokens: list[str]) -> bool:
    try:
        _value(tuple(tokens), False)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def _value(tokens: tuple[str, ...], rounded: bool) -> Interval:
    parser = _Parser(list(tokens), rounded)
    value = parser.sum()
    if parser.left:
        raise ValueError(f"'{parser.left[0]}' is too much")
    return value


class _Parser:
    """Recursive descent: sums of products of powers of atoms."""

    def __init__(self, tokens: list[str], rounded: bool) -> None:
        self.left = tokens
        self.rounded = rounded

    def sum(self) -> Interval:
        value = self.product()
        while self.left and self.left[0] in "+-":
            sign, other = self.left.pop(0), self.product()
            value = _corners(lambda a, b, s=sign: a + b if s == "+" else a - b, value, other)
        return value

    def product(self) -> Interval:
        value = self.power()
        while self.left and self.left[0] in "*/":
            sign, other = self.left.pop(0), self.power()
            if sign == "/" and other[0] <= 0.0 <= other[1]:
                raise ZeroDivisionError
            value = _corners(lambda a, b, s=sign: a * b if s == "*" else a / b, value, other)
        return value

    def power(self) -> Interval:
        value = self.atom()
        if self.left and self.left[0] == "^":
            self.left.pop(0)
            exponent = int(self.next())
            low, high = sorted((value[0] ** exponent, value[1] ** exponent))
            return (0.0 if exponent % 2 == 0 and value[0] <= 0.0 <= value[1] else low), high
        return value

    def atom(self) -> Interval:
        token = self.next()
        if token == "-":
            low, high = self.power()
            return -high, -low
        if token == "(":
            value = self.sum()
            self.expect(")")
            return value
        if token in _FUNCTIONS:
            return self.call(token)
        if not token[0].isdigit():
            raise ValueError(f"'{token}' is no number")
        decimals = len(token.partition(".")[2])
        half = 0.5 * 10.0**-decimals if decimals or self.rounded else 0.0
        return float(token) - half, float(token) + half

    def call(self, name: str) -> Interval:
        self.expect("(")
        values = [self.sum()]
        while self.left and self.left[0] == ",":
            self.left.pop(0)
            values.append(self.sum())
        self.expect(")")
        return _called(name, values)

    def expect(self, token: str) -> None:
        if self.next() != token:
            raise ValueError(f"'{token}' is missing")

    def next(self) -> str:
        if not self.left:
            raise ValueError("the expression ends too early")
        return self.left.pop(0)


def _called(name: str, values: list[Interval]) -> Interval:
    if name == "sqrt":
        return math.sqrt(max(values[0][0], 0.0)), math.sqrt(max(values[0][1], 0.0))
    if name == "abs":
        low, high = sorted(map(abs, values[0]))
        return (0.0 if values[0][0] <= 0.0 <= values[0][1] else low), high
    if name == "atan2":
        return _heading(*values)
    pick = min if name == "min" else max
    return pick(low for low, _ in values), pick(high for _, high in values)


def _heading(x: Interval, y: Interval) -> Interval:
    """The headings, in degrees, of a rectangle of displacements, around the heading of its centre."""
    middle = math.degrees(math.atan2(sum(x) / 2.0, sum(y) / 2.0))
    turns = [(math.degrees(math.atan2(a, b)) - middle + 180.0) % 360.0 - 180.0 for a, b in product(x, y)]
    return middle + min(turns), middle + max(turns)


def _corners(combine: Callable[[float, float], float], a: Interval, b: Interval) -> Interval:
    values = [combine(*pair) for pair in product(a, b)]
    return min(values), max(values)


def _meet(a: Interval, b: Interval) -> bool:
    return a[0] <= b[1] + 1e-9 and b[0] <= a[1] + 1e-9


def _meet_turned(a: Interval, b: Interval) -> bool:
    return any(_meet((a[0] + turn, a[1] + turn), b) for turn in (-360.0, 360.0))
