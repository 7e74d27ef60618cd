"""How wrong the assumptions may be: linkage errors, dependence, breakdown values, and what a number counts."""

from darkfigure.estimate.sensitivity.breakdown import BreakdownRow, Held, held_at, how_wrong
from darkfigure.estimate.sensitivity.breakdown_figure import breakdown_svg
from darkfigure.estimate.sensitivity.conversions import (
    AddressClass,
    addresses_from_people,
    addresses_from_sources,
    addresses_per_source,
    people_from_addresses,
    persons_from_accounts,
    sources_from_addresses,
)
from darkfigure.estimate.sensitivity.departures import DEPARTURES, Departure, Standing
from darkfigure.estimate.sensitivity.dependence_bounds import (
    DependenceBounds,
    SizeAt,
    odds_ratio_bounds,
    top_interaction_bounds,
)
from darkfigure.estimate.sensitivity.headline import Headline, above, below, fell, rose
from darkfigure.estimate.sensitivity.linkage import linkage_corrected
from darkfigure.estimate.sensitivity.linkage_evidence import (
    LinkageErrors,
    checked_sample,
    declared_errors,
    lease_errors,
)
from darkfigure.estimate.sensitivity.linkage_many_lists import CellsCorrected, corrected_many_lists
from darkfigure.estimate.sensitivity.linkage_two_lists import LinkageCorrected, corrected_two_lists
from darkfigure.estimate.sensitivity.pairwise_bounds import PairLimit, PairwiseSet, limits_for_all, pairwise_set
from darkfigure.estimate.sensitivity.uncertain import (
    Uncertain,
    between,
    estimated,
    known,
    of_estimate,
    of_sample,
    of_share,
)

__all__ = [
    "DEPARTURES",
    "AddressClass",
    "BreakdownRow",
    "CellsCorrected",
    "Departure",
    "DependenceBounds",
    "Headline",
    "Held",
    "LinkageCorrected",
    "LinkageErrors",
    "PairLimit",
    "PairwiseSet",
    "SizeAt",
    "Standing",
    "Uncertain",
    "above",
    "addresses_from_people",
    "addresses_from_sources",
    "addresses_per_source",
    "below",
    "between",
    "breakdown_svg",
    "checked_sample",
    "corrected_many_lists",
    "corrected_two_lists",
    "declared_errors",
    "estimated",
    "fell",
    "held_at",
    "how_wrong",
    "known",
    "lease_errors",
    "limits_for_all",
    "linkage_corrected",
    "odds_ratio_bounds",
    "of_estimate",
    "of_sample",
    "of_share",
    "pairwise_set",
    "people_from_addresses",
    "persons_from_accounts",
    "rose",
    "sources_from_addresses",
    "top_interaction_bounds",
]
