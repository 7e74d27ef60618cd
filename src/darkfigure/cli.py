"""One verb for each thing a user does; imports nothing heavy before it is needed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from darkfigure import __version__
from darkfigure.errors import DarkfigureError

INTERNAL_EXIT = 70

app = typer.Typer(
    name="darkfigure",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Measure hidden crime against children from administrative records, offline, and release only what may be "
    "released.\n\nStart with [bold]darkfigure demo[/bold]: it makes a synthetic country, runs the whole study on "
    "it and prints where the report is.",
)

StudyFolder = Annotated[
    Path, typer.Argument(help="Study folder: holds study.toml, input/ and hand/.", show_default=False)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks; errors only.")]
Size = Annotated[
    str, typer.Option(help="'full' (125,032 reports) or 'small' (a hundredth of it).", metavar="full|small")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        help="File with the secret key for pseudonyms. Kept outside the study; made on the first run if absent."
    ),
]


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"darkfigure {__version__}")
        raise typer.Exit


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder to make; it becomes a study folder.")] = Path("demo"),
    size: Size = "full",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the synthetic world: same seed, same bytes.")] = 2020,
    quiet: Quiet = False,
) -> None:
    """Make the synthetic Philippine world in partners' formats, run the whole study on it, print where the report is.

    Example: darkfigure demo --out demo --size small
    """
    from darkfigure.study.demo import run_demo

    report = run_demo(out, size=_size(size), seed=seed, quiet=quiet)
    typer.echo(str(report))


@app.command()
def synth(
    study: StudyFolder,
    out: Annotated[Path | None, typer.Option(help="Where to write; the study folder itself if left out.")] = None,
    size: Size = "full",
    seed: Annotated[int | None, typer.Option(min=0, help="Seed; the study's own if left out.")] = None,
    quiet: Quiet = False,
) -> None:
    """Write a synthetic world's raw files as partners deliver them, with truth.json beside (not inside) them.

    Example: darkfigure synth studies/philippines --size small
    """
    from darkfigure.study.world import write_world

    target = write_world(study, out=out, size=_size(size), seed=seed, quiet=quiet)
    typer.echo(str(target))


@app.command()
def check(study: StudyFolder, key_file: KeyFile = None, quiet: Quiet = False) -> None:
    """Read the study's files only: what was read, what was refused and why, for each file.

    Rows in = rows accepted + rows refused, always. Exit code 0 when every file could be read.
    """
    from darkfigure.study.checking import check_study

    typer.echo(check_study(study, key_file=key_file, quiet=quiet))


@app.command()
def run(
    study: StudyFolder,
    key_file: KeyFile = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Take up the last reading of the reports if no file changed.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Walk the whole path: raw files to report.html, report.pdf, tables, figures and findings in release/.

    A study that names a registration is held against it: what was kept and every departure stands in the report.

    Example: darkfigure run studies/kosovo
    """
    from darkfigure.study.pipeline import run_study

    report = run_study(study, key_file=key_file, resume=resume, quiet=quiet)
    typer.echo(str(report))
    if not quiet:
        from darkfigure.study.plan.departures import registration_words

        for words in registration_words(report.parent):
            typer.echo(words, err=True)


@app.command()
def estimate(
    table: Annotated[Path, typer.Argument(help="A capture table as CSV.", show_default=False)],
    method: Annotated[list[str] | None, typer.Option(help="Estimator; may be given several times.")] = None,
    all_methods: Annotated[
        bool, typer.Option("--all", help="Every estimator of the registry side by side, and how far they agree.")
    ] = False,
    ordered: Annotated[bool, typer.Option("--ordered", help="Columns are occasions in order of time.")] = False,
    occasions: Annotated[
        str | None, typer.Option(help="Number of occasions for a table of frequencies, or 'inf'.", metavar="T|inf")
    ] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level.")] = 0.95,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, full precision.")] = False,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw all answers: .svg for a drawing, .html for a page.", metavar="FILE.svg|.html"),
    ] = None,
    reliability: Annotated[
        bool,
        typer.Option(
            "--reliability",
            help="Examine each method named: lists left out, joined, hidden; units left out. With --all, the first of "
            "each family that answers.",
        ),
    ] = False,
    merge: Annotated[
        list[str] | None, typer.Option(help="Join lists before estimating; may be given again.", metavar="A+B=AB")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(help="Leave a list out; may be given again.", metavar="LIST")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Estimate each group of this covariate and add them up.", metavar="GROUP")
    ] = None,
    covariates: Annotated[
        str | None, typer.Option(help="Covariates to keep; all if left out.", metavar="a,b|none")
    ] = None,
    formula: Annotated[
        str | None, typer.Option(help="Covariates of the methods that take a formula.", metavar="'~ a + b'")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of methods that draw random numbers; each has its own if left out.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Estimate how many units a capture table leaves out, by one method or all side by side.

    The table has 0/1 columns and count; or history,count; or captures,units (with --occasions); or one row a unit.
    Further columns are covariates. A method that these data cannot answer says why; that is no error.

    Two methods on six days of trapping. Example: darkfigure estimate hare.csv --ordered --method Mt --method Mth-chao

    All methods on four lists, as a page. Example: darkfigure estimate kosovo.csv --all --figure kosovo.html

    Does one number stand? Example: darkfigure estimate kosovo.csv --method loglinear-bic --reliability

    Two lists that feed each other. Example: darkfigure estimate uk.csv --merge GO+NG=GONG --method loglinear-stepwise

    Men and women apart. Example: darkfigure estimate dipper.csv --ordered --by sex --method Mt
    """
    from darkfigure.study.estimate_options import Changes
    from darkfigure.study.estimate_table import check_figure, run_estimate
    from darkfigure.study.progress import progress_bars

    if figure is not None:
        check_figure(figure)
    changes = Changes(
        merge=tuple(merge or ()), drop=tuple(drop or ()), covariates=_names(covariates), formula=formula, seed=seed
    )
    with progress_bars(quiet) as progress:
        run = run_estimate(
            table,
            methods=None if all_methods or not method else method,
            ordered=ordered,
            occasions=_occasions(occasions),
            level=level,
            changes=changes,
            by=by,
            reliability=reliability,
            progress=progress,
        )
    if figure is not None:
        run.figure(figure)
    typer.echo(_json(run.to_json()) if as_json else run.to_text())


@app.command()
def plan(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN.toml", help="The plan.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; beside the plan, with its name, if left out.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="That work at the same time.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, full precision.")] = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a study before it is done: error, coverage, chance of a number that may be published, what helps most.

    Worlds are drawn from the ranges the plan declares. A stopped run goes on where it was; the same plan and program
    give the same bytes. It also writes preregistration.toml: put it into the study folder and name it in study.toml
    under [preregistration], and `darkfigure run` says what was kept and names every departure.

    Example: darkfigure plan studies/plan-example.toml --out plan-results
    """
    from darkfigure.study.plan import next_step, render_plan, run_plan

    result, folder = run_plan(plan_file, out=out, processes=processes, quiet=quiet)
    if as_json:
        typer.echo(_json(result.to_json()))
        return
    typer.echo(render_plan(result))
    if not quiet:
        typer.echo(f"\nWritten: {folder / 'plan-result.html'}, and beside it JSON, CSV and preregistration.toml.")
        typer.echo(next_step(result))


@app.command()
def methods(
    name: Annotated[str | None, typer.Argument(help="One estimator; all if left out.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """List every estimator: question, needs, formula, assumptions, when it misleads, source.

    Example: darkfigure methods Mth-chao
    """
    from darkfigure.study.estimator_list import list_methods, render_methods

    typer.echo(_json(list_methods(name)) if as_json else render_methods(name))


@app.command()
def lagged(
    events: Annotated[
        Path, typer.Argument(help="Sightings as CSV or Parquet: columns entity, time.", show_default=False)
    ],
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level.")] = 0.95,
    bootstrap: Annotated[
        bool, typer.Option("--bootstrap", help="Interval from resampled identifiers, not from the influence of each.")
    ] = False,
    session_cut: Annotated[
        float | None,
        typer.Option(min=0, help="Sightings of one identifier within so many days count once; chosen if left out."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable, full precision.")] = False,
    figure: Annotated[
        Path | None,
        typer.Option(
            help="Draw the observed and the fitted lag curve: .svg for a drawing, .html for a page.",
            metavar="FILE.svg|.html",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Estimate how many sources are active at a time behind identifiers that change hands, such as IP addresses.

    Times are ISO 8601 dates, dates with times, or numbers of days. A question that these data cannot answer
    is said to be so, with the reason; that is no error.

    Example: darkfigure lagged sightings.csv --figure sightings.html
    """
    from darkfigure.study.lagged_table import check_lagged_figure, lagged_table, render_lagged, write_lagged_figure
    from darkfigure.study.progress import progress_bars

    if figure is not None:
        check_lagged_figure(figure)
    kind: Literal["sandwich", "bootstrap"] = "bootstrap" if bootstrap else "sandwich"
    with progress_bars(quiet) as progress:
        result = lagged_table(
            events, level=level, interval=kind, seed=seed, session_cut_days=session_cut, progress=progress
        )
    if figure is not None and result["status"] == "estimated":
        write_lagged_figure(result, figure)
    typer.echo(_json(result) if as_json else render_lagged(result))


def _names(text: str | None) -> tuple[str, ...] | None:
    """Names in a list with commas; none for the word none; ``None`` when nothing was said."""
    if text is None:
        return None
    return () if text == "none" else tuple(name.strip() for name in text.split(","))


def _json(value: object) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def _size(size: str) -> Literal["full", "small"]:
    if size == "full":
        return "full"
    if size == "small":
        return "small"
    raise typer.BadParameter("it is 'full' or 'small'", param_hint="--size")


def _occasions(occasions: str | None) -> int | Literal["inf"] | None:
    if occasions is None:
        return None
    if occasions == "inf":
        return "inf"
    if not occasions.isdigit() or int(occasions) < 1:
        raise typer.BadParameter("it is a whole number of 1 or more, or 'inf'", param_hint="--occasions")
    return int(occasions)


def _without_values(error: BaseException) -> str:
    """Name the place of a fault in this program without the message, which may carry a record's value."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "darkfigure" in f.filename]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
    return (
        f"E-INTERNAL {place}: the program met a fault of its own ({type(error).__name__}). No value is shown, to "
        "protect the records. Next: report this line and the command; the records stay where they are."
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error ends in one line without a record's value and with its own exit code.

    Parameters
    ----------
    arguments : list of str or None
        Command-line words; those of the process when left out.
    """
    # On matrices as small as ours a second BLAS thread costs more than it gives; it must be said before NumPy loads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run_command: Callable[..., object] = app
    try:
        run_command(args=arguments, prog_name="darkfigure")
    except DarkfigureError as error:
        typer.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        typer.echo(_without_values(error), err=True)
        sys.exit(INTERNAL_EXIT)


if __name__ == "__main__":
    main()
