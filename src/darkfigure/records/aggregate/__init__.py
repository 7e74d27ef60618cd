"""Aggregate records: counts, estimates, findings. They hold no row about a person, a case or an address."""

from darkfigure.records.aggregate.accounting import FileAccount, IntakeAudit, RefusalCount, RefusedRow, tally
from darkfigure.records.aggregate.capture import CaptureCells, CaptureTable, TwoSamples
from darkfigure.records.aggregate.estimates import (
    Caution,
    EstimateResult,
    Interval,
    NotEstimable,
    PopulationEstimate,
    Quantity,
    Reason,
    SurvivalEstimate,
)
from darkfigure.records.aggregate.findings import (
    PLACES,
    Answer,
    Cell,
    Column,
    ColumnKind,
    Finding,
    Missing,
    Question,
    Refusal,
    Table,
    placeholders,
)
from darkfigure.records.aggregate.unit_rows import UnitRows

__all__ = [
    "PLACES",
    "Answer",
    "CaptureCells",
    "CaptureTable",
    "Caution",
    "Cell",
    "Column",
    "ColumnKind",
    "EstimateResult",
    "FileAccount",
    "Finding",
    "IntakeAudit",
    "Interval",
    "Missing",
    "NotEstimable",
    "PopulationEstimate",
    "Quantity",
    "Question",
    "Reason",
    "Refusal",
    "RefusalCount",
    "RefusedRow",
    "SurvivalEstimate",
    "Table",
    "TwoSamples",
    "UnitRows",
    "placeholders",
    "tally",
]
