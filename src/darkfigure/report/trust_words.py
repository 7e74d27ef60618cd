"""What do the report's numbers not count, and what happens when an assumption fails? Words by content."""

from __future__ import annotations

from darkfigure.records.aggregate import Question

NOT_COUNTED: tuple[tuple[Question, str], ...] = (
    (
        Question.PREVALENCE,
        "Addresses are not people, not devices and not children. Several people can share one address, and one person "
        "can use many. The estimate does not say how many children are harmed or how many people offend.",
    ),
    (
        Question.PREVALENCE,
        "Exploitation that no service reports is out of sight altogether: an estimate of the unseen reaches addresses "
        "that could have been reported, not those that never could.",
    ),
    (
        Question.CLASSIFICATION,
        "A report whose text says too little is counted as unknown. It is neither a yes nor a no.",
    ),
    (
        Question.NATURE,
        "Case files hold what was reported, investigated and written down. Children who were never found are in no "
        "file, and shares describe the reviewed files, not all victims, traffickers or customers.",
    ),
    (
        Question.HOTSPOT,
        "A referral is a case that one police force passed to another. A country with few referrals may have many "
        "cases that nobody referred.",
    ),
    (
        Question.PRACTICE,
        "Records of practice count convictions, interviews and trainings that took place. They do not say what "
        "caused them or how many more were needed.",
    ),
    (
        Question.LISTS,
        "A number worked out from lists counts those who could have come onto a list. Those who never could are not "
        "in it.",
    ),
)
"""What the numbers of each question leave out."""

OTHERWISE: tuple[tuple[str, str], ...] = (
    (
        "Closure",
        "If it fails, the estimate can be too high (what was seen early can no longer be seen again) or too low (what "
        "was in use for a short time is rarely seen at all).",
    ),
    ("Equal catchability", "If it fails, the estimate is too low: what is hard to see is missed by every method."),
    ("Independence", "If sightings come in bundles, the estimate is too low; if they exclude each other, too high."),
    (
        "Perfect matching",
        "If one unit counts as two, the estimate is too high; if two units count as one, it is too low.",
    ),
    ("No false captures", "If it fails, the estimate is too high."),
    ("Correct location", "If it fails, addresses of other countries are counted here, or ours elsewhere."),
)
"""What happens to an estimate when the assumption that begins with these words fails."""

CHECKS_ASKED: dict[str, str] = {
    "Estimate over distinct addresses seen": "Is the estimate at least the number seen?",
    "Chapman on two halves over Chao on weeks": "Do two methods that use the year differently agree? (ratio)",
    "Total implied by the second half over the first": "Do both halves of the year imply the same total? (ratio)",
    "Reports received over those in the window before": (
        "Did reporting stay level, so that a rise is not a rise of reporting alone? (reports over the year before)"
    ),
    "Total implied by distant over near recaptures": (
        "Are addresses seen again months later as often as weeks later, as in a closed population? (ratio)"
    ),
    "Total implied by near over next-week recaptures": (
        "Are addresses seen again the next week no more often than later, as when reports stand alone? (ratio)"
    ),
    "Estimate without the largest service over the estimate": (
        "Does the estimate stand without the largest reporting service? (ratio)"
    ),
    "Share of the addresses seen that are extra singletons": (
        "Are there no more addresses seen just once than their repeats account for? (share of those seen)"
    ),
    "Estimate per report received": "How many addresses does each report stand for?",
}
"""Plain questions behind the names of checks; an unknown check keeps its name."""

LIMITS = (
    "The protection rules look at this release alone. They cannot stop a reader who joins it to other publications, "
    "or to what he or she knows already, from learning more than the release says.",
    "Rules on small counts do not protect a group whose members all share one trait, and they do not judge whether a "
    "place or a practice should be named at all. A person who knows the field must read the report before it is "
    "published.",
)
"""What disclosure control by rules cannot do."""

CLOSURE_ASKED: dict[str, str] = {
    "Months apart over weeks apart": "Seen again months later",
    "Last quarter over the one before": "Arrivals in the last quarter",
    "Last four weeks over the third quarter": "Arrivals in the last four weeks",
    "First quarter over the one after": "Departures in the first quarter",
    "First four weeks over the second quarter": "Departures in the first four weeks",
    "Weeks apart over days apart": "Repeats within days",
}
"""Short names of the comparisons of closure; an unknown one keeps its name."""

CAUSES: dict[str, str] = {
    "all sightings": "All sightings",
    "the same services": "At the same services",
    "sources": "More sources",
    "reporting": "More reports per source",
    "services": "More services",
    "churn": "More addresses per source",
}
"""Possible causes of a change."""

CLAIMS: dict[str, str] = {
    "rose": "the rise is gone",
    "fell": "the fall is gone",
    "doubled": "it did not double",
}
"""What is gone when an assumption fails."""

FAILURES: dict[tuple[str, str], str] = {
    ("dependence", "earlier"): "Seen once, likelier seen again: {first} only",
    ("dependence", "later"): "Seen once, less likely seen again: {last} only",
    ("dependence", "both"): "The same: likelier {first}, less likely {last}",
    ("churn", "earlier"): "Addresses replaced by mid-year: {first} only",
    ("churn", "later"): "Addresses replaced by mid-year: {last} only",
    ("missed-links", "earlier"): "Same address not recognised: {first} only",
    ("missed-links", "later"): "Same address not recognised: {last} only",
    ("false-links", "earlier"): "Two addresses taken for one: {first} only",
    ("false-links", "later"): "Two addresses taken for one: {last} only",
    ("one-inflation", "earlier"): "Seen-once addresses spurious: {first} only",
    ("one-inflation", "later"): "Seen-once addresses spurious: {last} only",
    ("sharing", "earlier"): "More sources behind an address: {first}",
    ("sharing", "later"): "More sources behind an address: {last}",
}
"""Ways of being wrong, by assumption and place."""

FAMILIES: dict[str, str] = {
    "two samples": "Two halves compared",
    "alike units": "All alike",
    "units that differ": "Units differ",
    "lower bounds": "Lower bounds",
    "repeated counts": "Counts follow a law",
    "coverage": "Share of repeats",
    "jackknife": "Leave-one-out",
    "behaviour": "Seen once, changed",
    "lists that depend": "Lists depend",
}
"""Families of methods, by what they assume."""
