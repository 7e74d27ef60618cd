"""Whatever reports say, the three shapes give the same tables and the same accounts."""

import tempfile
from dataclasses import fields
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.reports import ReportSource, read_reports
from darkfigure.records.restricted import AddressEvent, Flag, IncidentType, Role
from darkfigure.synth.report_model import SyntheticCapture, SyntheticReport
from darkfigure.synth.report_writers import write_report_csv, write_report_json, write_report_xml

WRITERS = {
    "cybertipline-csv": write_report_csv,
    "cybertipline-json": write_report_json,
    "cybertipline-xml": write_report_xml,
}
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=30)
TIMES = st.integers(631_152_000, 4_000_000_000)
ADDRESSES = st.one_of(
    st.integers(0xF0000000, 0xF0000010).map(lambda n: f"240.0.0.{n & 255}"),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda a: a.exploded.upper()),
    st.integers(0, 300).map(lambda n: f" ::ffff:240.0.0.{n}"),
    ANY_TEXT,
)
CAPTURES = st.builds(
    SyntheticCapture, address=ADDRESSES, role=st.sampled_from(Role), event=st.sampled_from(AddressEvent),
    time=st.one_of(st.none(), TIMES), zone_stated=st.booleans(), proxy=st.sampled_from(Flag),
)  # fmt: skip
COMMON = {
    "report_id": st.integers(1, 30), "received": TIMES, "incident": TIMES,
    "incident_type": st.sampled_from(IncidentType), "bundle_id": st.one_of(st.none(), st.integers(1, 5)),
    "service": st.sampled_from(("Service A", "Service B", "O'Neil & Co.")),
    "screen_name": st.sampled_from(("", "u<1>")),
}  # fmt: skip
REPORTS = st.one_of(
    st.builds(
        SyntheticReport, **COMMON, batched=st.just(Flag.NO), escalated=st.sampled_from((Flag.YES, Flag.NO)),
        captures=st.lists(CAPTURES, max_size=4).map(tuple), text=ANY_TEXT,
    ),
    st.builds(
        SyntheticReport, **COMMON, batched=st.just(Flag.YES), escalated=st.just(Flag.NO), captures=st.just(()),
        text=st.just(""),
    ),
)  # fmt: skip
"""Batched reports hold neither addresses nor text: the interface has no place for them."""


class ByLastBit:
    def country_of(self, addresses):
        return np.where(addresses & 1, b"PH", b"ZZ").astype("S2")


def columns(table):
    values = {f.name: getattr(table, f.name) for f in fields(table)}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(REPORTS, max_size=6, unique_by=lambda r: r.report_id))
def test_the_three_shapes_agree(reports):
    seen = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, write in WRITERS.items():
            write(reports, Path(folder) / kind)
            intake = read_reports(
                [ReportSource("s", kind, Path(folder) / kind)], pseudonymiser=Pseudonymiser(b"k" * 16),
                countries=ByLastBit(), synthetic_space="240.0.0.0/4",
            )  # fmt: skip
            refused = sorted((r.field, r.rule) for r in intake.audit.refused_rows)
            assert [p.code for p in intake.problems] == ([] if reports else ["E-INTAKE-24"])
            texts = [(t.report, t.text) for t in intake.texts]
            seen.append((columns(intake.reports), columns(intake.events), texts, refused))
    assert seen[0] == seen[1] == seen[2]
    entries = sum(len(r.captures) for r in reports)
    assert len(seen[0][0]["received"]) == len(reports)
    assert len(seen[0][1]["time"]) + len(seen[0][3]) == entries
