"""One case as a network: who is tied to whom, in which country, by role and number only."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from darkfigure.disclosure.released import Release
from darkfigure.report.figure_spec import FigureSpec, FigureWords, table_of
from darkfigure.report.numbers import and_list, grouped, the_country
from darkfigure.report.readings import labels, need, number
from darkfigure.report.style import ACCENT, CONTRAST, INK, LINE, SOFT, Layout

_NODES, _EDGES = "network-nodes", "network-edges"
_NODE_COLUMNS = ("node", "role", "sex", "age_years", "country", "status", "people")
_ROW = 0.56
_SHAPES = {
    "trafficker": ("s", ACCENT),
    "customer": ("^", CONTRAST),
    "victim": ("o", "white"),
    "further suspects": ("h", "#9aa5ab"),
}
_ROLES = {
    "trafficker": "Trafficker",
    "customer": "Customer",
    "victim": "Victim",
    "further suspects": "Further suspects",
}


@dataclass(frozen=True, slots=True)
class Person:
    """One node: a person or a group of further suspects."""

    name: str
    role: str
    about: str
    country: str
    people: float


def _people(release: Release) -> list[Person]:
    table = table_of(release, _NODES, "network")
    need(table, _NODE_COLUMNS, "network")
    names, roles, sexes, countries, states = (labels(table, c) for c in ("node", "role", "sex", "country", "status"))
    people = []
    for i, name in enumerate(names):
        age, size = number(table.column("age_years")[i]), number(table.column("people")[i]) or 1.0
        words = [sexes[i], grouped(age)] if age is not None else [sexes[i]]
        about = (
            f"{grouped(size)} people"
            if roles[i] == "further suspects"
            else ", ".join(w for w in words if w != "unknown")
        )
        state = "" if states[i] == "not stated" else states[i]
        country = "Country not known" if countries[i] == "unknown" else countries[i]
        people.append(Person(name, roles[i], "\n".join(w for w in (about, state) if w), country, size))
    return people


def _ties(release: Release) -> list[tuple[str, str]]:
    table = table_of(release, _EDGES, "network")
    need(table, ("from_node", "to_node"), "network")
    return list(zip(labels(table, "from_node"), labels(table, "to_node"), strict=True))


def _home(people: list[Person]) -> str:
    local = next((p.country for p in people if p.role == "trafficker"), "")
    return local or max({p.country for p in people}, key=lambda c: (sum(p.country == c for p in people), c))


def _words(release: Release) -> FigureWords:
    people, ties = _people(release), _ties(release)
    table = table_of(release, _NODES, "network")
    counts = [(sum(p.role == role for p in people), name) for role, name in _ROLES.items()]
    abroad = sorted({p.country for p in people} - {_home(people), "Country not known"})
    told = "; ".join(f"{p.name}, {p.country}, {p.about.replace(chr(10), ', ')}" for p in people)
    where = f" with customers in {and_list([the_country(a) for a in abroad])}" if abroad else ""
    return FigureWords(
        title=f"One case in {the_country(_home(people))}{where}",
        subtitle=f"{len(people)} nodes and {len(ties)} ties; people by role and number only; boxes are countries",
        alt=f"Network of {', '.join(f'{n} {name.lower()}' for n, name in counts if n)}. {told}. "
        f"Ties: {'; '.join(f'{a} to {b}' for a, b in ties)}.",
        note=table.note,
    )


def _draw(release: Release, layout: Layout) -> Figure:
    people, ties = _people(release), _ties(release)
    home = _home(people)
    abroad: dict[str, list[Person]] = {}
    for person in people:
        if person.country != home:
            abroad.setdefault(person.country, []).append(person)
    here = [p for p in people if p.country == home]
    victims = [p for p in here if p.role == "victim"]
    left_rows = sum(len(group) + 0.75 for group in abroad.values())
    body = max(left_rows, len(victims) + 0.75, 3.4) * _ROW
    foot = 0.5 if layout.narrow else 0.3
    figure = Figure(figsize=(layout.width, body + foot))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, layout.width), ylim=(body + foot, 0))
    axes.axis("off")
    places = _place_abroad(axes, abroad, body, layout) | _place_home(axes, (home, here), body, layout)
    for start, end in ties:
        if start in places and end in places:
            (x0, y0), (x1, y1) = places[start], places[end]
            axes.plot([x0, x1], [y0, y1], color=SOFT, lw=1.0, zorder=3)
    for person in people:
        _node(axes, person, places[person.name], layout)
    _legend(axes, {p.role for p in people}, body + foot / 2, layout)
    return figure


def _box(axes: Axes, name: str, place: tuple[float, float, float, float]) -> None:
    left, top, width, height = place
    axes.add_patch(
        FancyBboxPatch(
            (left, top), width, height, boxstyle="round,pad=0,rounding_size=0.07", fc="#f5f7f8", ec=LINE, lw=0.8
        )
    )
    axes.text(left + 0.08, top + 0.13, name.upper(), fontsize=6.6, color=SOFT, fontweight="bold", va="center")


def _place_abroad(
    axes: Axes, abroad: dict[str, list[Person]], body: float, layout: Layout
) -> dict[str, tuple[float, float]]:
    width = 1.32 if layout.narrow else 2.2
    rows = sum(len(group) + 0.75 for group in abroad.values()) or 1.0
    step = body / rows
    top, places = 0.0, {}
    for country, group in abroad.items():
        height = (len(group) + 0.75) * step
        _box(axes, country, (0.02, top + 0.03, width, height - 0.1))
        for line, person in enumerate(group):
            places[person.name] = (width - 0.16, top + (line + 0.95) * step)
        top += height
    return places


def _place_home(
    axes: Axes, group: tuple[str, list[Person]], body: float, layout: Layout
) -> dict[str, tuple[float, float]]:
    home, here = group
    left, middle, right = (1.47, 1.85, 2.62) if layout.narrow else (2.75, 3.7, 5.7)
    _box(axes, home, (left, 0.03, layout.width - left - 0.02, body - 0.1))
    places: dict[str, tuple[float, float]] = {}
    victims = [p for p in here if p.role == "victim"]
    centre = [p for p in here if p.role in ("trafficker", "customer")]
    groups = [p for p in here if p.role == "further suspects"]
    usable = body - 0.45
    for line, person in enumerate(victims):
        places[person.name] = (right, 0.38 + (line + 0.5) * usable / len(victims))
    for line, person in enumerate(centre):
        places[person.name] = (middle, 0.3 + (line + 0.5) * usable * (0.62 if groups else 1.0) / len(centre))
    for line, person in enumerate(groups):
        places[person.name] = (middle, body - 0.62 - line * 0.6)
    return places


def _node(axes: Axes, person: Person, at: tuple[float, float], layout: Layout) -> None:
    marker, face = _SHAPES.get(person.role, ("o", LINE))
    size = 17 if person.role == "further suspects" else 12 if person.role == "trafficker" else 10.5
    axes.plot([at[0]], [at[1]], marker, ms=size, color=face, mec=INK, mew=1.1, zorder=5)
    if person.role == "further suspects":
        axes.text(*at, grouped(person.people), ha="center", va="center", fontsize=8, fontweight="bold", zorder=6)
    below = person.role in ("trafficker", "further suspects")
    fs = 6.4 if layout.narrow else 7.8
    about = "" if person.role == "further suspects" else f"\n{person.about}" if person.about else ""
    text = person.name if not below or person.role == "trafficker" else "Further\nsuspects"
    if below:
        above = person.role == "trafficker"
        axes.text(at[0], at[1] + (-0.15 if above else 0.17), text + about, ha="center", va="bottom" if above else "top",
                  fontsize=fs, linespacing=1.15, zorder=6)  # fmt: skip
    else:
        side = -1 if person.role != "victim" else 1
        axes.text(at[0] + side * 0.14, at[1], text + about, ha="right" if side < 0 else "left", va="center",
                  fontsize=fs, linespacing=1.15, zorder=6)  # fmt: skip


def _legend(axes: Axes, roles: set[str], y: float, layout: Layout) -> None:
    shown = [role for role in _ROLES if role in roles]
    columns = 2 if layout.narrow else 4
    for place, role in enumerate(shown):
        x = 0.1 + (place % columns) * (layout.width / columns)
        line = y + (0.11 if place >= columns else -0.11 if layout.narrow else 0.0)
        marker, face = _SHAPES[role]
        axes.plot([x], [line], marker, ms=7, color=face, mec=INK, mew=0.9)
        axes.text(x + 0.14, line, _ROLES[role], va="center", fontsize=7.8, color=SOFT)


FIGURES = (FigureSpec(id="network", label="", requires=(_NODES, _EDGES), words=_words, draw=_draw),)
"""The network of one case."""
