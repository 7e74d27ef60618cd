"""Can the partners' files be read? Intake only, as a text for the terminal."""

from __future__ import annotations

from pathlib import Path

from darkfigure.records.aggregate import IntakeAudit
from darkfigure.study.inputs import read_inputs
from darkfigure.study.key import study_key
from darkfigure.study.progress import progress_bars
from darkfigure.study.spec import read_spec

SHOWN_FILES = 12
"""Files listed one by one for each source; larger deliveries are summed up."""


def check_study(folder: Path, *, key_file: Path | None = None, quiet: bool = False) -> str:
    """Read a study's files and say what was read, what was refused and why, for each source and file.

    Parameters
    ----------
    folder : Path
        Study folder.
    key_file : Path or None
        Key of the pseudonyms.
    quiet : bool
        No progress bars.

    Returns
    -------
    str
        Text of at most 100 columns; holds no record's value.
    """
    spec = read_spec(folder)
    key = study_key(spec, folder=folder, key_file=key_file)
    with progress_bars(quiet) as progress:
        inputs = read_inputs(spec, folder=folder, key=key, progress=progress)
    problems = inputs.reports.problems if inputs.reports is not None else ()
    notes = [f"Differs: {p.where}: {p.problem}. {p.remedy}" for p in problems]
    return "\n".join([render_audit(inputs.audit), *notes])


def render_audit(audit: IntakeAudit) -> str:
    """Write an audit as a table: one line a source and unit, then one line for each rule that refused rows.

    Parameters
    ----------
    audit : IntakeAudit

    Returns
    -------
    str
    """
    lines = [f"{'source':<24}{'rows of':<14}{'files':>6}{'in':>10}{'accepted':>10}{'refused':>9}"]
    places = dict.fromkeys((a.source, a.unit) for a in audit.accounts)
    for source, unit in places:
        accounts = [a for a in audit.accounts if (a.source, a.unit) == (source, unit)]
        totals = [sum(getattr(a, f) for a in accounts) for f in ("rows_in", "rows_accepted", "rows_refused")]
        lines.append(
            f"{source:<24}{unit:<14}{len(accounts):>6}{totals[0]:>10,}{totals[1]:>10,}{totals[2]:>9,}"
        )  # fmt: skip
        rules: dict[tuple[str, str], int] = {}
        for account in accounts:
            for refusal in account.refusals:
                rules[(refusal.field, refusal.rule)] = rules.get((refusal.field, refusal.rule), 0) + refusal.rows
        lines += [
            f"    {rows:>8,} refused: field {field}, rule {rule}" for (field, rule), rows in sorted(rules.items())
        ]
        touched = [a for a in accounts if a.rows_refused][:SHOWN_FILES]
        lines += [
            f"             in {a.file}: {a.rows_refused:,} of {a.rows_in:,}" for a in touched if len(accounts) > 1
        ]
    rows_in = sum(a.rows_in for a in audit.accounts)
    refused = sum(a.rows_refused for a in audit.accounts)
    lines.append(f"Rows in {rows_in:,} = accepted {rows_in - refused:,} + refused {refused:,}.")
    return "\n".join(lines)
