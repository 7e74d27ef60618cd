"""Hand-made releases for the report's tests: one like the Philippine study, one of four lists.

Every number here is invented for the tests. Tables have the columns that the analyses release.
"""

import math
from dataclasses import replace
from datetime import date, timedelta

from darkfigure.disclosure import Policy, Release, StudyFace, release
from darkfigure.records.aggregate import (
    Answer,
    Caution,
    Column,
    ColumnKind,
    Finding,
    Interval,
    Missing,
    Question,
    Reason,
    Refusal,
    Table,
)

LABEL, COUNT, SHARE, ESTIMATE, MEASURE, CONTRIBUTORS = (
    ColumnKind.LABEL,
    ColumnKind.COUNT,
    ColumnKind.SHARE,
    ColumnKind.ESTIMATE,
    ColumnKind.MEASURE,
    ColumnKind.CONTRIBUTORS,
)
NA = Missing.NOT_APPLICABLE
FILES = "Case files of two law-enforcement units"
REPORTS = "CyberTipline reports"
SELECTED = Caution("C-SELECTED", "The files are those that were available; they are no sample of all cases.")
CHURN = Caution(
    "C-CHURN", "Addresses come into use and go out of use within the year, which makes the estimate too high."
)


def face(*, synthetic=True):
    return StudyFace(
        title="Online sexual exploitation of children in the Philippines",
        subtitle="Prevalence, nature and hotspot: an invented release for tests",
        country="Philippines",
        period="2010-01-01 to 2017-12-31",
        authors="The darkfigure authors",
        version="1.0",
        date="2026-11-21",
        synthetic=synthetic,
        input_digest="ab" * 32,
        policy=(("Policy", "study policy"), ("Withheld", "counts from 1 to 2")),
    )


def lenient(threshold=3):
    return Policy(name="study policy", threshold=threshold, rounding_base=1, complementary=1, reason="a test")


def column(name, kind, title=None, unit="", decimals=0, derived=()):
    return Column(
        name=name,
        title=title or name.replace("_", " ").capitalize(),
        kind=kind,
        unit=unit,
        decimals=decimals,
        derived_from=derived,
    )


def table(table_id, question, title, columns, rows, *, source=FILES, note="", total_row=None, protected=True, base=""):
    return Table(
        id=table_id,
        question=question,
        title=title,
        base=base or "all units of this test",
        columns=tuple(columns),
        rows=tuple(tuple(r) for r in rows),
        source=source,
        note=note,
        total_row=total_row,
        protected=protected,
    )


def categories(table_id, title, label, unit, counts, *, unknown=0, include=False):
    """Rows of counts with shares of known and of all, interval and bounds, as the nature tables have them."""
    stated, other = ("share_all", "share_known") if include else ("share_known", "share_all")
    names = (stated, "lower", "upper", other, "bound_lower", "bound_upper")
    columns = [column(label, LABEL), column(unit, COUNT, unit=unit)]
    columns += [*(column(name, SHARE, derived=(unit,)) for name in names), column("cases", CONTRIBUTORS)]
    known = sum(counts.values())
    whole = known + unknown
    rows = []
    for name, n in counts.items():
        of = {"share_known": n / known, "share_all": n / whole}
        low, high = max(0.0, of[stated] - 0.08), min(1.0, of[stated] + 0.08)
        rows.append((name, n, of[stated], low, high, of[other], n / whole, (n + unknown) / whole, n))
    if unknown:
        of = {"share_known": NA, "share_all": unknown / whole}
        rows.append(("unknown", unknown, of[stated], NA, NA, of[other], NA, NA, unknown))
    rows.append(("all", whole, 1.0, NA, NA, 1.0, NA, NA, whole))
    return table(table_id, Question.NATURE, title, columns, rows, total_row=len(rows) - 1)


def weekly():
    start, rows = date(2010, 1, 3), []
    for week in range(417):
        end = start + timedelta(days=7 * week)
        addresses = int(40 + 2.2 * week + 0.006 * week**2 + 60 * math.sin(week / 5) ** 2)
        rows.append((end.isoformat(), addresses, int(addresses * 0.8 + 20 * math.cos(week / 3) + 30), NA))
    columns = [column("week_end", LABEL), column("addresses", COUNT), column("reports", COUNT), column("marks", LABEL)]
    return table(
        "weekly-addresses", Question.PREVALENCE, "Addresses and reports by week", columns, rows, source=REPORTS
    )


def breaks():
    rows = [
        ("2012", "2012-01-01", "A photo-matching tool is adopted by a large service", "public source"),
        ("Jun 2014", "2014-06-01", "Service D begins to report", "the reports of this study"),
        ("Jul 2014", "2014-07-01", "Service E begins to report", "the reports of this study"),
    ]
    columns = [column(c, LABEL) for c in ("when", "start", "text", "source")]
    title = "Known changes of detection and reporting"
    return table("reporting-breaks", Question.PREVALENCE, title, columns, rows, protected=False, source=REPORTS)


def windows():
    """Estimates by window, every method on some windows, the year ends, the truth and the rates."""
    names = {f"{y}-12-31": f"Dec {y}" for y in range(2014, 2018)}
    estimates, lines, truth, decembers, rates = [], [], [], [], []
    days = {date(2014, 1, 1) + timedelta(days=28 * k) for k in range(52)} | {date(y, 12, 31) for y in range(2014, 2018)}
    for end in sorted(days):
        iso, t = end.isoformat(), (end - date(2014, 12, 31)).days / 365
        n = 23_333.0 * math.exp(0.418 * t)
        seen = int(n * 0.62)
        name = names.get(iso, NA)
        estimates.append((iso, name, seen, n, n * 0.97, n * 1.03, n * 1.02, n * 1.1, n * 0.85, n * 1.2, "yes", NA))
        truth.append((iso, name, int(n * 1.02), n, n * 0.97, n * 1.03, -0.02, "yes"))
        if name is not NA or end.day % 9 == 0:
            lines += [(iso, m, "estimated", n * f) for m, f in (("chapman", 1.1), ("M0", 0.85), ("Mh-darroch", 1.22))]
        if name is not NA:
            year_end = (iso, name)
            decembers += [
                (*year_end, "chao-bc", "estimated", n, n * 0.97, n * 1.03, 400.0, NA, NA),
                (*year_end, "M0", "estimated", n * 0.85, n * 0.84, n * 0.86, 200.0, NA, NA),
                (*year_end, "Mh-darroch", "estimated", n * 1.22, n * 1.1, Missing.NOT_ESTIMABLE, 900.0, NA, NA),
                (*year_end, "Mh-poisson2", "not-estimable", *[Missing.NOT_ESTIMABLE] * 4, "diverged", "Ran away."),
            ]
            rates.append((*year_end, "allocated addresses", "declared", n / 548.48, n / 565, n / 530))
    window_columns = [
        column("window_end", LABEL),
        column("label", LABEL),
        column("observed", COUNT),
        *(column(c, ESTIMATE) for c in ("n_total", "lower", "upper", "chao_bc", "chapman", "panel_min", "panel_max")),
        column("overlaps", LABEL),
        column("reason", LABEL),
    ]
    panel_columns = [column(c, LABEL) for c in ("window_end", "label", "method", "status")]
    panel_columns += [column(c, ESTIMATE) for c in ("n_total", "lower", "upper", "standard_error")]
    panel_columns += [column(c, LABEL) for c in ("reason", "explanation")]
    line_columns = [column(c, LABEL) for c in ("window_end", "method", "status")] + [column("n_total", ESTIMATE)]
    truth_columns = [column("window_end", LABEL), column("label", LABEL), column("truth", MEASURE)]
    truth_columns += [column(c, ESTIMATE) for c in ("n_total", "lower", "upper")]
    truth_columns += [column("relative_error", ESTIMATE, decimals=2), column("covered", LABEL)]
    rate_columns = [column(c, LABEL) for c in ("window_end", "label", "denominator", "role")]
    rate_columns += [column(c, ESTIMATE, decimals=1) for c in ("rate_per_10k", "lower", "upper")]
    q = Question.PREVALENCE
    return [
        table("window-estimates", q, "Addresses seen and in use, by window", window_columns, estimates, source=REPORTS),
        table("window-panel", q, "Every method, by window", line_columns, lines, source=REPORTS),
        table("panel-december", q, "Every method at every year end", panel_columns, decembers, source=REPORTS),
        table("window-truth", q, "Addresses truly in use", truth_columns, truth, source="synthetic world"),
        table("rates", q, "Rates per 10,000 addresses", rate_columns, rates, source=REPORTS),
    ]


def countries():
    rows = [
        ("US", "United States", -98.6, 39.8, 8321, 4021, 8321),
        ("GB", "United Kingdom", -1.5, 52.5, 912, 640, 912),
        ("AU", "Australia", 134.5, -25.7, 820, 512, 820),
        ("CA", "Canada", -101.9, 57.8, 410, 300, 410),
        ("DE", "Germany", 10.3, 51.1, 88, 70, 88),
        ("SE", "Sweden", 16.7, 62.8, 41, 30, 41),
        ("BR", "Brazil", -53.1, -10.8, 24, 20, 24),
        ("ZA", "South Africa", 25.1, -29.0, 2, 2, 2),
        ("ZZ", "Country not known", NA, NA, 120, 100, 120),
    ]
    columns = [column("country", LABEL), column("name", LABEL), column("lon", MEASURE), column("lat", MEASURE)]
    columns += [column("reports", COUNT), column("addresses", COUNT), column("contributors", CONTRIBUTORS)]
    title = "Countries whose addresses stand in one report with an address of the study country"
    return table("coreported-countries", Question.PREVALENCE, title, columns, rows, source=REPORTS)


def cases_by_year():
    counts = {2010: 0, 2011: 4, 2012: 5, 2013: 7, 2014: 1, 2015: 12, 2016: 20, 2017: 43}
    columns = [column("year", LABEL), column("cases", COUNT), column("files_behind", CONTRIBUTORS)]
    return table(
        "cases-by-year", Question.NATURE, "Cases by year", columns, [(str(y), n, n) for y, n in counts.items()]
    )


def places():
    spots = [
        ("PH-00", "Metro Manila", 3, 7, 61, 19),
        ("PH-CEB", "Cebu", 7, 12, 90, 31),
        ("PH-PAM", "Pampanga", 3, 5, 40, 12),
        ("PH-ABR", "Abra", 3, 2, 0, 0),
        ("PH-DAS", "Davao del Sur", 8, 18, 1, 1),
        ("PH-LAG", "Laguna", 4, 8, 12, 0),
        ("PH-ZAN", "Zamboanga del Norte", 4, 16, 0, 4),
        ("PH-PLW", "Palawan", 1, 12, 0, 0),
    ]
    columns = [column("province", LABEL), column("name", LABEL), column("region", LABEL)]
    columns += [column("tile_col", MEASURE), column("tile_row", MEASURE)]
    columns += [column("victims", COUNT), column("arrests", COUNT)]
    columns += [column("class_code", MEASURE, derived=("victims", "arrests"))]
    rows = []
    for code, name, col, row, victims, arrests in spots:
        kind = (2 if arrests else 1) if victims else (3 if arrests else 0)
        rows.append((code, name, "a region", col, row, victims, arrests, kind))
    return table("places-victims-by-province", Question.NATURE, "Victims and arrests by province", columns, rows)


def network():
    home = "Philippines"
    people = [
        ("Trafficker 1", "trafficker", "female", 36, home, "arrested", 1),
        ("Customer 1", "customer", "male", 57, "Australia", "sentenced", 1),
        ("Customer 2", "customer", "male", 58, "Australia", "sentenced", 1),
        ("Customer 3", "customer", "male", 48, "Germany", "sentenced", 1),
        ("Customer 4", "customer", "male", Missing.NOT_STATED, "United States", "under investigation", 1),
        *((f"Victim {i}", "victim", sex, age, home, "rescued", 1) for i, sex, age in
          ((1, "girl", 7), (2, "girl", 11), (3, "boy", 10), (4, "girl", 11))),
        ("Further suspects 1", "further suspects", "mixed or not stated", NA, home, "under investigation", 10),
    ]  # fmt: skip
    labels = ("node", "role", "sex")
    node_columns = [column(c, LABEL) for c in labels] + [column("age_years", MEASURE, unit="years")]
    node_columns += [column("country", LABEL), column("status", LABEL), column("people", COUNT)]
    edges = [("Trafficker 1", name, "a tie", 10 if "suspects" in name else 1) for name, *_ in people[1:]]
    edge_columns = [column(c, LABEL) for c in ("from_node", "to_node", "relation")] + [column("people", COUNT)]
    return [
        table("network-nodes", Question.NATURE, "People of one case", node_columns, people, protected=False),
        table("network-edges", Question.NATURE, "Ties of one case", edge_columns, edges, protected=False),
    ]


def hotspots():
    counts = {"Philippines": 237, "Mexico": 27, "Brazil": 19, "India": 18, "Thailand": 5, "Romania": 4, "Cambodia": 3}
    whole = sum(counts.values())
    columns = [column("country", LABEL), column("referrals", COUNT)]
    columns += [column(c, SHARE, derived=("referrals",)) for c in ("share", "share_lower", "share_upper")]
    rows = [(c, n, n / whole, max(0.0, n / whole - 0.05), min(1.0, n / whole + 0.05)) for c, n in counts.items()]
    note = "Absence of a country is not evidence that it has no problem."
    by_country = table("referrals-by-country", Question.HOTSPOT, "Referrals by country", columns, rows, note=note)
    left_out = [(a, c, int(n * f)) for a, f in (("FBI", 0.4), ("NCA", 0.8)) for c, n in counts.items()]
    out_columns = [column("agency_left_out", LABEL), column("country", LABEL), column("referrals", COUNT)]
    title = "Referrals by country when one agency is left out"
    out = table("referrals-leave-one-out", Question.HOTSPOT, title, out_columns, left_out, protected=False)
    regions = {
        "North America": (3225, 900),
        "Europe": (1649, 300),
        "Asia/Pacific": (819, 60),
        "Latin America": (401, 20),
    }
    region_columns = [column("region", LABEL), column("reports", COUNT), column("share_of_reports", SHARE)]
    region_columns += [column("within_region", COUNT), column("with_other_regions", COUNT)]
    region_rows = [(r, n, n / 4800, alone, n - alone) for r, (n, alone) in regions.items()]
    title = "Online-enticement reports by region"
    by_region = table("enticement-by-region", Question.HOTSPOT, title, region_columns, region_rows)
    names = list(regions)
    pairs = [(a, b, 1200 // (1 + 2 * i + 3 * j)) for i, a in enumerate(names) for j, b in enumerate(names) if j >= i]
    pair_columns = [column("region_a", LABEL), column("region_b", LABEL), column("reports", COUNT)]
    return [
        by_country,
        out,
        by_region,
        table("enticement-region-pairs", Question.HOTSPOT, "Reports that touch two regions", pair_columns, pairs),
    ]


def other_tables():
    questions = [("How many?", "Reports", "Mark-recapture"), ("Who and how?", "Case files", "Case file review"),
                 ("Where?", "Referrals", "Survey of agencies")]  # fmt: skip
    advice = [
        (
            "1",
            "Give investigators the staff the growing caseload demands.",
            "4 dedicated law enforcement",
            "case-files",
        ),
        ("2", "Pay for more research.", "2 research, analysis and monitoring", "osec-share; victims-female"),
    ]
    odd = [("=HYPERLINK(0)", 12, 0.5), ("@text", 0, Missing.NOT_STATED), ("Plain", 1, 0.25)]
    labels = [column(c, LABEL) for c in ("question", "source", "method")]
    return [
        table("study-questions", Question.ACCOUNTING, "Questions", labels, questions, protected=False),
        table(
            "recommendations",
            Question.RECOMMENDATIONS,
            "Recommendations",
            [column(c, LABEL) for c in ("number", "recommendation", "capabilities", "findings")],
            advice,
            protected=False,
        ),
        table(
            "odd-labels",
            Question.PRACTICE,
            "A table without a figure",
            [column("label", LABEL), column("cases", COUNT), column("share", SHARE)],
            odd,
        ),
        table(
            "intake-accounts",
            Question.ACCOUNTING,
            "Rows read, accepted and refused",
            [column("source", LABEL), *(column(c, MEASURE) for c in ("rows_in", "rows_accepted", "rows_refused"))],
            [("case-review", 92, 90, 2)],
            protected=False,
        ),
    ]


def nature():
    return [
        cases_by_year(),
        categories("cases-by-initiation", "How the cases began", "beginning", "case_files",
                   {"referral from law enforcement abroad": 59, "referral at home": 15, "online investigation": 10},
                   unknown=8, include=True),
        categories("victims-by-sex", "Victims by sex", "sex", "victims", {"female": 328, "male": 53}),
        categories("victims-by-age-band", "Victims by age", "age_years", "victims",
                   {"under 3": 12, "3 to 5": 30, "6 to 10": 80, "11 to 17": 140, "18 and over": 28}, unknown=91),
        categories("victims-by-relation", "Victims by relation to the trafficker", "relation", "victims",
                   {"biological parent": 89, "other relative": 91, "other": 37}, unknown=164),
        categories("victims-by-relation-in-group", "What victims rescued together were to each other", "relation",
                   "victims", {"siblings": 110, "other family": 36, "not related": 22}, unknown=107, include=True),
        categories("traffickers-by-sex", "Traffickers by sex", "sex", "traffickers",
                   {"female": 93, "male": 44, "transgender": 4}),
        categories("customers-by-country", "Lead customers by country", "country", "referrals",
                   {"United States": 15, "Sweden": 11, "Australia": 8}, unknown=10, include=True),
        categories("process-commercial-element", "Cases by commercial element", "state", "case_files",
                   {"confirmed": 76, "not confirmed": 16}, include=True),
        places(),
        *network(),
    ]  # fmt: skip


def finding(finding_id, question, statement, value, unit, **more):
    more.setdefault("estimand", f"what {finding_id} counts")
    return Finding(id=finding_id, question=question, statement=statement, value=value, unit=unit, **more)


def findings():
    p, n = Question.PREVALENCE, Question.NATURE
    return (
        finding("reports-total", p, "{value} reports were received.", 125_032, "reports", source_digests=("cd" * 32,)),
        finding(
            "addresses-estimated-2017",
            p,
            "An estimated {value} addresses ({interval}) were used in the year to December.",
            81_723.4,
            "addresses",
            interval=Interval(79_912.0, 83_591.0, 0.95, "log-normal"),
            assumptions=("Closure: no address comes into use or goes out of use within the window.",),
            cautions=(CHURN,),
            headline=True,
        ),
        finding(
            "methods-refused-2017", p, "Of {base} methods tried, {value} could not answer.", 5, "methods",
            base=14, base_label="methods", protected=False,
        ),
        finding(
            "osec-share",
            Question.CLASSIFICATION,
            "The share is {value}.",
            None,
            "share",
            estimand="share of reports that concern online sexual exploitation of children for gain",
            refusal=Refusal(Reason.TOO_WIDE, "Too few texts can be classed: the bounds are too wide."),
            headline=True,
        ),
        finding("case-files", n, "The review covers {value} case files.", 92, "case files", cautions=(SELECTED,)),
        finding(
            "victims-female",
            n,
            "{value} of the victims were girls or women ({numerator} of {base}; interval {interval}).",
            328 / 381,
            "share",
            numerator=328,
            base=381,
            base_label="victims named in the reviewed files",
            known=381,
            unknown=0,
            interval=Interval(0.81, 0.90, 0.95, "clustered"),
            cautions=(SELECTED,),
            headline=True,
        ),
        finding("victims-age-median", n, "Half were {value} years old or younger.", 11.0, "years", base=381, known=290,
                unknown=91, base_label="victims"),
        finding("victims-apart", n, "{value} of the victims were found apart, of {base}.", 2, "victims", base=381),
        finding("rows-read", Question.ACCOUNTING, "{value} rows were read.", 318_437, "rows", protected=False),
    )  # fmt: skip


def trust():
    """Tables of the chapter on trust: two years, of which the last is not closed."""
    q, years = Question.TRUST, ("Dec 2016", "Dec 2017")
    tests = ("Months apart over weeks apart", "Last quarter over the one before", "Weeks apart over days apart")
    closure = [
        (year, test, 1.02 + 0.9 * (year == "Dec 2017") * (test == tests[0]), 0.9 + 0.8 * (year == "Dec 2017"), 2.4,
         1.6, "broken" if (year, test) == ("Dec 2017", tests[0]) else "kept", 40)
        for year in years
        for test in tests
    ]  # fmt: skip
    missing = (Missing.NOT_ESTIMABLE,) * 3
    closure.append(("Dec 2017", "Last four weeks over the third quarter", *missing, 1.25, "no address to compare", 0))
    curve = [
        (year, f"{lag} days", lag, 30.0 - 0.05 * lag * (year == "Dec 2017"), NA if year == "Dec 2016" else 29.0, 40)
        for year in years
        for lag in (4.0, 23.0, 76.0, 150.0, 270.0)
    ]
    failures = [
        (claim, "2014 to 2017", name, place, scale, value / (1 + (claim == "doubled")), value, 40)
        for claim in ("rose", "doubled")
        for name, place, scale, value in (
            ("dependence", "earlier", "times", 5.3), ("dependence", "both", "times", 3.0),
            ("churn", "later", "share", 0.72), ("false-links", "earlier", "share", 0.19),
        )
    ]  # fmt: skip
    failures.append(("rose", "2014 to 2017", "dependence", "later", "times", NA, NA, 40))
    causes = [
        (pair, cause, low, high, 40)
        for pair in ("2016 to 2017", "2014 to 2017")
        for cause, low, high in (
            ("all sightings", 3.9, 3.9), ("the same services", 4.2, 4.2), ("sources", 3.4, 3.7),
            ("reporting", 1.1, 1.3), ("services", 0.93, 0.93), ("churn", Missing.NOT_ESTIMABLE, Missing.NOT_ESTIMABLE),
        )
    ]  # fmt: skip
    methods = [("two samples", "chapman", "estimate", 81_723.4), ("alike units", "M0", "estimate", 80_500.0),
               ("repeated counts", "zt-geometric", "estimate", 150_000.0),
               ("lower bounds", "chao", "lower-bound", 79_000.0),
               ("units that differ", "Mh-poisson2", "refusal", Missing.NOT_ESTIMABLE)]  # fmt: skip
    counted = [("Estimated addresses in use", "addresses", "addresses used at least once", "It is not people.")]
    verdicts = [("2016-12-31", "Dec 2016", "closed enough", NA), ("2017-03-31", NA, "cannot tell", NA),
                ("2017-12-31", "Dec 2017", "churning", "Addresses change hands.")]  # fmt: skip

    def labelled(names, *more):
        return [*(column(n, LABEL) for n in names), *more]

    def numbered(*names):
        return [column(n, ESTIMATE) for n in names]

    ratio = numbered("ratio", "lower", "upper")
    behind = column("recaptures", CONTRIBUTORS)
    return [
        table("what-is-counted", q, "What each kind of number counts",
              labelled(("number", "unit", "counts", "is_not")), counted, protected=False),
        table("closure-tests", q, "Totals that addresses seen again imply",
              [*labelled(("label", "test"), *ratio), column("limit", MEASURE), column("outcome", LABEL), behind],
              closure),
        table("window-verdicts", q, "Whether the same addresses stayed in use",
              labelled(("window_end", "label", "verdict", "cause")), verdicts),
        table("lag-curve", q, "Pairs of sightings of one address",
              [*labelled(("label", "lag")), column("lag_days", MEASURE),
               *numbered("observed_per_million", "fitted_per_million"), behind], curve),
        table("overturned", q, "How wrong would we have to be?",
              [*labelled(("claim", "years", "assumption", "place", "scale")), *numbered("value", "with_sampling"),
               behind], failures),
        table("causes-of-change", q, "What may lie behind the change",
              [*labelled(("years", "cause")), *numbered("lower", "upper"), behind], causes),
        table("method-agreement", q, "Every method", [*labelled(("family", "method", "kind")), *numbered("n_total")],
              methods),
    ]  # fmt: skip


def philippine_answer():
    tables = [weekly(), breaks(), *windows(), countries(), *nature(), *hotspots(), *other_tables(), *trust()]
    return Answer(findings(), tuple(tables))


def philippine_release(*, threshold=3) -> Release:
    return release(philippine_answer(), lenient(threshold), face())


def lists_answer():
    q, names = Question.LISTS, ("EXH", "ABA", "OSCE", "HRW")
    sizes = [("EXH", 1131, 340), ("ABA", 845, 260), ("OSCE", 3280, 2120), ("HRW", 820, 190)]
    overlaps = [(a, b, 90 + 37 * i * j, 1e7 / (90 + 37 * i * j)) for i, a in enumerate(names, 1)
                for j, b in enumerate(names, 1) if j > i]  # fmt: skip
    bad = [Missing.NOT_ESTIMABLE] * 4
    panel = [
        ("loglinear-main", "estimated", 10_356.0, 9_100.0, 11_600.0, 320.0, "", ""),
        ("Mh-chao", "estimated", 8_421.0, 8_000.0, 8_900.0, 350.0, "", ""),
        (
            "Mth-darroch",
            "estimated",
            17_800.0,
            12_000.0,
            Missing.NOT_ESTIMABLE,
            330.0,
            "",
            "The interval has no upper end.",
        ),
        ("Mb", "not-estimable", *bad, "unordered-lists", "The lists have no order."),
    ]
    sizes_columns = [column("list", LABEL), column("units", COUNT), column("only_here", COUNT)]
    overlap_columns = [column("list_a", LABEL), column("list_b", LABEL), column("overlap", COUNT)]
    overlap_columns += [column("pair_estimate", ESTIMATE, derived=("overlap",))]
    panel_columns = [column("method", LABEL), column("status", LABEL)]
    panel_columns += [column(c, ESTIMATE) for c in ("n_total", "lower", "upper", "aic")]
    panel_columns += [column("reason", LABEL), column("explanation", LABEL)]
    source = "capture table"
    capture_columns = [column("lists", LABEL), column("units", COUNT)]
    captures = [(str(k), n) for k, n in ((1, 2910), (2, 1180), (3, 270), (4, 40))]
    return Answer(
        (
            finding("lists-observed", q, "The lists together name {value} people.", 4_400, "people", headline=True),
            finding("lists-estimated", q, "Perhaps {value} people ({interval}).", 10_356.0, "people", headline=True,
                    interval=Interval(9_100.0, 11_600.0, 0.95, "profile"), assumptions=("The lists are independent.",)),
        ),
        (
            table("list-sizes", q, "People on each list", sizes_columns, sizes, source=source),
            table("list-overlaps", q, "Overlap of each pair", overlap_columns, overlaps, source=source),
            table("captures", q, "On how many lists", capture_columns, captures, source=source),
            table("panel", q, "Every method on the same lists", panel_columns, panel, source=source),
        ),
    )  # fmt: skip


def lists_release() -> Release:
    about = replace(face(synthetic=False), title="People killed in four lists", country="", period="1999")
    return release(lists_answer(), lenient(), about)
