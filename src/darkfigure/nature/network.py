"""How are the people of the spotlight case connected?"""

from __future__ import annotations

from darkfigure.nature.cautions import ONE_CASE
from darkfigure.nature.network_nodes import NOT_KNOWN, ROLE_LABELS, ROLE_ORDER, Node, network_nodes
from darkfigure.nature.review import SOURCE, Review
from darkfigure.nature.speaking import Topic
from darkfigure.records.aggregate import Answer, Cell, Column, ColumnKind, Finding, Missing, Question, Table
from darkfigure.records.restricted import CaseFile, CaseLink, LinkRole


def network_answer(review: Review) -> Answer:
    """Describe the network of the case that the review marks as its spotlight.

    Parameters
    ----------
    review : Review

    Returns
    -------
    Answer
        Findings ``network-nodes``, ``network-people``, ``network-ties``, ``network-ties-expanded``,
        ``network-suspects``, ``network-countries``, ``network-year``, ``network-victims-rescued``; tables
        ``network-nodes``, ``network-edges``, ``network-by-country``. Empty when no case, or more than one, is marked.
    """
    marked = [c for c in review.table.cases if c.spotlight]
    if len(marked) != 1:
        return Answer()
    case = marked[0]
    links = [k for k in review.table.links if k.case == case.number]
    nodes = network_nodes(review, case)
    return Answer(
        _findings(review, case, nodes, links), (_node_table(nodes), _edge_table(links), _country_table(nodes))
    )


COUNTS = (
    (
        "network-nodes",
        "The network of the case shows {value} nodes: people, and further suspects drawn as one node.",
        "people, and groups of further suspects, in the case drawn as a network",
        "nodes",
    ),
    (
        "network-people",
        "The network of the case stands for {value} people.",
        "people in the case drawn as a network, further suspects counted singly",
        "people",
    ),
    (
        "network-ties",
        "{value} ties connect the nodes of the network.",
        "ties between the nodes of the case drawn as a network",
        "ties",
    ),
    (
        "network-ties-expanded",
        "Counted person by person, {value} ties connect the people of the network.",
        "ties between people of the case drawn as a network, further suspects counted singly",
        "ties",
    ),
    (
        "network-suspects",
        "{value} further suspects stand in the network without a node of their own.",
        "further suspects of the case drawn as a network",
        "people",
    ),
    (
        "network-countries",
        "The people of the case were in {value} countries.",
        "countries of the people in the case drawn as a network",
        "countries",
    ),
)
"""Id, statement, estimand and unit of the counts of the network."""


def _findings(review: Review, case: CaseFile, nodes: tuple[Node, ...], links: list[CaseLink]) -> tuple[Finding, ...]:
    topic = Topic(review=review, unit="nodes", base_label="the case drawn as a network")
    values = (
        len(nodes),
        sum(n.people for n in nodes),
        len(links),
        sum(k.people for k in links),
        sum(n.people for n in nodes if n.role is LinkRole.SUSPECT_GROUP),
        len({n.country for n in nodes} - {NOT_KNOWN}),
    )
    victims = [v for v in review.table.victims if v.case == case.number]
    counted = (
        topic.count(name, text, value, estimand=estimand, contributors=1, unit=unit, cautions=(ONE_CASE,))
        for (name, text, estimand, unit), value in zip(COUNTS, values, strict=True)
    )
    return (
        *counted,
        topic.count(
            "network-victims-rescued",
            "{value} of the {base} victims of the case were rescued.",
            sum(v.rescued for v in victims),
            estimand="victims of the case drawn as a network who had been rescued",
            contributors=1,
            base=len(victims),
            unit="victims",
            cautions=(ONE_CASE,),
        ),
        topic.year("network-year", "The case drawn as a network is of {value}.", [case.year]),
    )


def _node_table(nodes: tuple[Node, ...]) -> Table:
    def label(name: str, title: str) -> Column:
        return Column(name=name, title=title, kind=ColumnKind.LABEL)

    rows: list[tuple[Cell, ...]] = []
    for node in nodes:
        group = node.role is LinkRole.SUSPECT_GROUP
        missing = Missing.NOT_APPLICABLE if group else Missing.NOT_STATED
        age: Cell = missing if node.age_years is None else node.age_years
        rows.append(
            (
                node.label,
                ROLE_LABELS[node.role].lower(),
                "mixed or not stated" if group else node.sex,
                age,
                node.country,
                node.status or "not stated",
                node.people,
                1,
            )
        )
    return Table(
        id="network-nodes",
        question=Question.NATURE,
        title="People of the case drawn as a network",
        base="one case",
        columns=(
            label("node", "Person or group"),
            label("role", "Role"),
            label("sex", "Sex"),
            Column(name="age_years", title="Age", kind=ColumnKind.MEASURE, unit="years", derived_from=("people",)),
            label("country", "Country"),
            label("status", "State of proceedings"),
            Column(name="people", title="People", kind=ColumnKind.COUNT, unit="people"),
            Column(name="cases", title="Cases behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple(rows),
        source=SOURCE,
        note=ONE_CASE.text,
    )


def _edge_table(links: list[CaseLink]) -> Table:
    def key(link: CaseLink) -> tuple[int, int, int, int]:
        return (
            ROLE_ORDER.index(link.from_role),
            link.from_number,
            ROLE_ORDER.index(link.to_role),
            link.to_number,
        )

    rows = tuple(
        (
            Node(role=link.from_role, number=link.from_number).label,
            Node(role=link.to_role, number=link.to_number).label,
            f"{ROLE_LABELS[link.from_role].lower()} and {ROLE_LABELS[link.to_role].lower()}",
            link.people,
            1,
        )
        for link in sorted(links, key=key)
    )
    return Table(
        id="network-edges",
        question=Question.NATURE,
        title="Ties of the case drawn as a network",
        base="one case",
        columns=(
            Column(name="from_node", title="From", kind=ColumnKind.LABEL),
            Column(name="to_node", title="To", kind=ColumnKind.LABEL),
            Column(name="relation", title="Between", kind=ColumnKind.LABEL),
            Column(name="people", title="People", kind=ColumnKind.COUNT, unit="people"),
            Column(name="cases", title="Cases behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=rows,
        source=SOURCE,
        note=ONE_CASE.text,
    )


def _country_table(nodes: tuple[Node, ...]) -> Table:
    found = sorted({n.country for n in nodes}, key=lambda name: (name == NOT_KNOWN, name))
    members = {name: [n for n in nodes if n.country == name] for name in found}
    return Table(
        id="network-by-country",
        question=Question.NATURE,
        title="Countries of the people in the case drawn as a network",
        base="one case",
        columns=(
            Column(name="country", title="Country", kind=ColumnKind.LABEL),
            Column(name="nodes", title="Nodes", kind=ColumnKind.COUNT, unit="nodes"),
            Column(name="people", title="People", kind=ColumnKind.COUNT, unit="people"),
            Column(name="cases", title="Cases behind", kind=ColumnKind.CONTRIBUTORS, unit="cases"),
        ),
        rows=tuple((name, len(here), sum(n.people for n in here), 1) for name, here in members.items()),
        source=SOURCE,
        note=ONE_CASE.text,
    )
