"""Aggregate records: counts, estimates, findings. They hold no row about a person, a case or an address."""

from darkfigure.records.aggregate.accounting import FileAccount, IntakeAudit, RefusalCount, RefusedRow, tally
from darkfigure.records.aggregate.capture import CaptureCells, CaptureTable, TwoSamples
from darkfigure.records.aggregate.capture_operations import drop_list, merge_lists, restrict, split_by
from darkfigure.records.aggregate.estimand import Converted, Estimand, EstimandKind
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
from darkfigure.records.aggregate.lagged import LaggedEstimate, LagPoint, LeaseDecay, Reading
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
    "Converted",
    "Estimand",
    "EstimandKind",
    "EstimateResult",
    "FileAccount",
    "Finding",
    "IntakeAudit",
    "Interval",
    "LagPoint",
    "LaggedEstimate",
    "LeaseDecay",
    "Missing",
    "NotEstimable",
    "PopulationEstimate",
    "Quantity",
    "Question",
    "Reading",
    "Reason",
    "Refusal",
    "RefusalCount",
    "RefusedRow",
    "SurvivalEstimate",
    "Table",
    "TwoSamples",
    "UnitRows",
    "drop_list",
    "merge_lists",
    "placeholders",
    "restrict",
    "split_by",
    "tally",
]
