"""Free text: the sample, the coders' files, bounds and the refusal, which must come out of the texts."""

from __future__ import annotations

import csv
import stat
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from darkfigure.classify import CodeFile, TextCode, TextReason, analyse_text, draw_sample, read_codes, write_coder_sheet
from darkfigure.classify.bounds import bounds_with_sampling_error, text_bounds
from darkfigure.classify.codes import CodedText, join_codes
from darkfigure.errors import IntakeError, StudyError
from darkfigure.estimate.proportions import wilson_interval
from darkfigure.records.aggregate import Missing, Reason
from darkfigure.records.restricted import ReportTable, ReportText
from darkfigure.synth.coders import adjudicate, code_as_synthetic_coder, read_like_a_coder, write_codes
from darkfigure.synth.report_process import simulate_reports

CLEAR = "Payment discussed; adult offers material of a child in exchange for money."
OTHER = "Online enticement indicated."
DULL = "Automated detection; no further detail."
LIVE = "Payment discussed; live video mentioned."


def table_of(services, years, *, key=b"k"):
    received = [int(datetime(y, 6, 1, tzinfo=UTC).timestamp()) for y in years]
    names = tuple(sorted(set(services)))
    n = len(received)
    return ReportTable(
        report_key=np.array([key + str(i).encode() for i in range(n)], dtype="S32"),
        received=np.array(received, dtype=np.int64),
        incident=np.array(received, dtype=np.int64),
        incident_type=np.ones(n, dtype=np.int8),
        service=np.array([names.index(s) for s in services], dtype=np.int16),
        services=names,
        bundle_key=np.zeros(n, dtype="S32"),
        batched=np.zeros(n, dtype=np.int8),
        escalated=np.zeros(n, dtype=np.int8),
        has_text=np.ones(n, dtype=bool),
        source_index=np.zeros(n, dtype=np.int16),
        sources=("s",),
    )


def sample_of(texts, *, services=None, size=None, seed=3, key=b"k"):
    n = len(texts)
    reports = table_of(services or ["Service A"] * n, [2014 + i % 3 for i in range(n)], key=key)
    given = [ReportText(i, t) for i, t in enumerate(texts) if t]
    return draw_sample(given, reports, size=size or n, seed=seed)


def coded(sample, codes=None, *, coder, sample_id=""):
    """A code file from a function of the text (the careful reading when left out)."""
    rows = []
    for number, text in sample.readable():
        code, reason, live = codes(text) if codes else read_like_a_coder(text)
        rows.append(CodedText(number, TextCode(code), TextReason(reason) if reason else None, live == "yes"))
    return CodeFile(name=f"codes-{coder}.csv", coder=coder, rows=tuple(rows), sample_id=sample_id, sha256=coder * 4)


def answer_of(texts, *, max_width=0.3, services=None):
    sample = sample_of(texts, services=services)
    answer = analyse_text(
        sample, coded(sample, coder="a"), coded(sample, coder="b"), max_width=max_width, digests=("in",)
    )
    return {f.id: f for f in answer.findings}, {t.id: t for t in answer.tables}


# --- the sample


def test_sample_represents_services_and_years_in_proportion():
    services = ["Service A"] * 600 + ["Service B"] * 300 + ["Service C"] * 100
    years = [2014] * 300 + [2015] * 300 + [2014] * 150 + [2015] * 150 + [2015] * 100
    mixed = np.random.default_rng(5).permutation(1000).tolist()
    sample = draw_sample([], table_of([services[i] for i in mixed], [years[i] for i in mixed]), size=100, seed=1)
    strata = Counter(zip(sample.service, sample.year.tolist(), strict=True))
    wanted = {("Service A", 2014): 30, ("Service A", 2015): 30, ("Service B", 2014): 15, ("Service B", 2015): 15,
              ("Service C", 2015): 10}  # fmt: skip
    assert all(abs(strata[s] - n) <= 1 for s, n in wanted.items())
    assert np.unique(sample.report).size == 100
    assert sample.population == 1000


def test_every_report_has_the_same_chance():
    reports = table_of(["Service A"] * 40 + ["Service B"] * 7, [2014 + i % 2 for i in range(47)])
    drawn = np.zeros(47)
    for seed in range(600):
        drawn[draw_sample([], reports, size=10, seed=seed).report] += 1
    assert np.all(np.abs(drawn / 600 - 10 / 47) < 0.08)


def test_sample_depends_on_seed_and_order_but_not_on_pseudonyms():
    texts = [f"text {i}" for i in range(50)]
    first = sample_of(texts, size=20)
    assert first.text == sample_of(texts, size=20, key=b"other").text
    assert first.sample_id == sample_of(texts, size=20, key=b"other").sample_id
    assert first.text != sample_of(texts, size=20, seed=4).text
    assert first.sample_id != sample_of(texts, size=20, seed=4).sample_id


def test_sample_numbers_do_not_tell_the_service():
    services = ["Service A"] * 50 + ["Service B"] * 50
    sample = sample_of(["x"] * 100, services=services)
    first_half = Counter(sample.service[:50])
    assert 10 < first_half["Service A"] < 40


def test_small_populations_are_taken_whole_and_empty_ones_are_possible():
    assert len(sample_of(["a", "", "b"], size=50)) == 3
    assert sample_of(["a", "", "b"], size=50).readable()[0][1] in ("a", "b")
    assert len(draw_sample([], table_of([], []), size=5, seed=1)) == 0


def test_sheet_is_private_inert_and_holds_texts_to_read_only(tmp_path):
    sample = sample_of(["=1+1", "two\nlines", "", "  ", "plain"])
    path = tmp_path / "work" / "sheet.csv"
    write_coder_sheet(sample, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted(r["text"] for r in rows) == ["'=1+1", "plain", "two lines"]
    assert {r["sample_id"] for r in rows} == {sample.sample_id}
    assert [int(r["sample_number"]) for r in rows] == [n for n, _ in sample.readable()]
    assert not list(path.parent.glob("*.part"))


def test_repr_shows_no_text():
    assert "plain" not in repr(sample_of(["plain", "other"]))


# --- code files


def rows_for(sample, change=None):
    rows = [dict(r) for r in code_as_synthetic_coder(sample.readable(), coder="a", seed=1)]
    rows[0].update(change or {})
    return rows


@pytest.fixture
def sample():
    return sample_of([CLEAR, OTHER, DULL, "", "See attached file."])


def test_code_files_round_trip(tmp_path, sample):
    write_codes(rows_for(sample), tmp_path / "codes-a.csv")
    file = read_codes(tmp_path / "codes-a.csv")
    assert (file.coder, len(file.rows), file.sample_id) == ("a", 4, "")
    assert [r.number for r in file.rows] == [n for n, _ in sample.readable()]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": "unclear"}, "E-STUDY-31"),
        ({"reason": "boring", "code": "not_determinable"}, "E-STUDY-31"),
        ({"live_video": "maybe"}, "E-STUDY-31"),
        ({"coded_on": "2019-02-30"}, "E-STUDY-31"),
        ({"coded_on": "4 March"}, "E-STUDY-31"),
        ({"sample_number": "0"}, "E-STUDY-32"),
        ({"sample_number": "one"}, "E-STUDY-32"),
        ({"code": "osec_indicated", "reason": "boilerplate"}, "E-STUDY-34"),
        ({"code": "not_determinable", "reason": ""}, "E-STUDY-34"),
        ({"coder": "c"}, "E-STUDY-36"),
        ({"coder": ""}, "E-STUDY-36"),
        ({"sample_id": "zz"}, "E-STUDY-36"),
    ],
)
def test_rows_outside_the_codebook_are_refused(tmp_path, sample, change, code):
    write_codes(rows_for(sample, change), tmp_path / "codes-a.csv")
    with pytest.raises(StudyError) as caught:
        read_codes(tmp_path / "codes-a.csv")
    assert caught.value.code == code
    assert not any(len(v) > 3 and v in str(caught.value) for k, v in change.items() if k not in ("code", "reason"))


def test_a_number_twice_is_refused(tmp_path, sample):
    rows = rows_for(sample)
    write_codes([*rows, rows[0]], tmp_path / "codes-a.csv")
    with pytest.raises(StudyError) as caught:
        read_codes(tmp_path / "codes-a.csv")
    assert caught.value.code == "E-STUDY-32"


def test_a_row_that_is_no_row_is_refused(tmp_path, sample):
    path = tmp_path / "codes-a.csv"
    write_codes(rows_for(sample), path)
    path.write_text(path.read_text() + "9,,osec_indicated\n")
    with pytest.raises(StudyError) as caught:
        read_codes(path)
    assert caught.value.code == "E-STUDY-30"


def test_an_empty_or_unreadable_file_is_refused(tmp_path, sample):
    write_codes([], tmp_path / "codes-a.csv")
    with pytest.raises(StudyError) as caught:
        read_codes(tmp_path / "codes-a.csv")
    assert caught.value.code == "E-STUDY-36"
    with pytest.raises(IntakeError):
        read_codes(tmp_path / "missing.csv")


def test_codes_must_fit_the_sample(sample):
    a, b = coded(sample, coder="a"), coded(sample, coder="b")

    def with_rows(rows):
        return CodeFile(name="codes-b.csv", coder="b", rows=tuple(rows), sample_id="", sha256="")

    extra = CodedText(999, TextCode.OSEC, None, False)
    cases = [
        (a, with_rows(b.rows[1:]), None, "E-STUDY-33"),
        (a, with_rows([*b.rows, extra]), None, "E-STUDY-33"),
        (a, b, with_rows([extra]), "E-STUDY-33"),
        (a, coded(sample, coder="b", sample_id="0" * 16), None, "E-STUDY-35"),
        (a, coded(sample, coder="a"), None, "E-STUDY-37"),
    ]
    for first, second, third, code in cases:
        with pytest.raises(StudyError) as caught:
            join_codes(sample, first, second, third)
        assert caught.value.code == code
    assert join_codes(sample, a, coded(sample, coder="b", sample_id=sample.sample_id), None).unresolved == 0


def test_adjudication_decides_and_silence_means_not_determinable(sample):
    a = coded(sample, coder="a")
    b = coded(sample, lambda t: ("other_cse_indicated", "", "no") if t == CLEAR else read_like_a_coder(t), coder="b")
    number = next(n for n, t in sample.readable() if t == CLEAR)
    open_ = join_codes(sample, a, b, None)
    assert open_.unresolved == 1
    assert next(r for r in open_.final if r.number == number).code is TextCode.NOT_DETERMINABLE
    decision = CodeFile(name="c", coder="c", rows=(CodedText(number, TextCode.OSEC, None, False),), sample_id="",
                        sha256="")  # fmt: skip
    decided = join_codes(sample, a, b, decision)
    assert decided.unresolved == 0
    assert next(r for r in decided.final if r.number == number).code is TextCode.OSEC


def test_live_video_counts_when_either_coder_marks_it(sample):
    a = coded(sample, coder="a")
    b = coded(sample, lambda t: (*read_like_a_coder(t)[:2], "yes" if t == DULL else "no"), coder="b")
    assert sum(r.live_video for r in join_codes(sample, a, b, None).final) == 1


# --- bounds and the answer


def test_bounds_are_the_formula_of_the_codebook():
    codes = [TextCode.OSEC] * 12 + [TextCode.OTHER] * 28 + [TextCode.NOT_DETERMINABLE] * 30
    b = text_bounds(codes, sampled=100)
    c, q = 0.40, 0.30
    assert (b.lower, b.upper, b.width) == pytest.approx((c * q, c * q + 1 - c, 1 - c))
    interval = bounds_with_sampling_error(b, level=0.95)
    assert interval.lower < b.lower
    assert interval.upper > b.upper
    assert text_bounds([], sampled=5).osec_among_classifiable is None


def test_wilson_limits_at_the_edges():
    assert wilson_interval(0.0, 10, level=0.95).lower == 0
    assert wilson_interval(1.0, 10, level=0.95).upper == 1
    # Rule of three is near: 1 - 0.05 ** (1/n) is 0.26 for one-sided; Wilson's two-sided limit is 0.2775.
    assert wilson_interval(0.0, 10, level=0.95).upper == pytest.approx(0.2775, abs=5e-4)


def test_silent_texts_give_a_refusal_and_clear_texts_give_bounds():
    """The negative answer is a result of the texts, not of the code."""
    silent, tables = answer_of([DULL] * 60 + [""] * 35 + [CLEAR, OTHER, OTHER, OTHER, OTHER])
    share = silent["osec-share"]
    assert share.value is None
    assert share.refusal.reason is Reason.TOO_WIDE
    assert tables["text-bounds"].column("width")[0] == pytest.approx(0.95)
    assert (silent["text-osec-least"].value, silent["text-osec-most"].value) == pytest.approx((0.01, 0.96))

    clear, _ = answer_of([CLEAR] * 30 + [OTHER] * 55 + [DULL] * 15)
    share = clear["osec-share"]
    assert share.refusal is None
    assert (share.value, share.numerator, share.base, share.known, share.unknown) == (0.3, 30, 100, 85, 15)
    assert share.interval.lower < 0.3 < 0.45 < share.interval.upper


def test_the_declared_limit_decides():
    texts = [CLEAR] * 30 + [OTHER] * 30 + [DULL] * 40
    assert answer_of(texts, max_width=0.39)[0]["osec-share"].refusal is not None
    assert answer_of(texts, max_width=0.41)[0]["osec-share"].refusal is None


def test_live_video_is_counted_from_the_codes():
    assert answer_of([DULL, OTHER, CLEAR, ""])[0]["text-livestream-reports"].value == 0
    found = answer_of([DULL, LIVE, LIVE, ""])[0]["text-livestream-reports"]
    assert (found.value, found.base) == (2, 3)


def test_tables_add_up_and_say_why():
    services = ["Service A"] * 40 + ["Service B"] * 40
    texts = [DULL] * 38 + [OTHER, ""] + [CLEAR] * 30 + [OTHER] * 5 + ["See attached file.", "[redacted]", "", "", ""]
    findings, tables = answer_of(texts, services=services)
    by_service = tables["text-classifiable-by-service"]
    assert by_service.rows[0][:4] == ("Service A", 40, 39, 1)
    assert by_service.rows[1][:4] == ("Service B", 40, 37, 35)
    assert by_service.rows[by_service.total_row][:4] == ("All", 80, 76, 36)
    by_year = tables["text-classifiable-by-year"]
    assert [r[0] for r in by_year.rows] == ["2014", "2015", "2016", "All"]
    assert sum(by_year.column("texts_classifiable")[:-1]) == 36
    reasons = dict(tables["text-reasons"].rows)
    assert reasons["No text"] == 4
    assert reasons["Standard wording only"] == 38
    assert reasons["All"] == 80 - 36
    assert tables["text-codes"].column("both_coders") == (30, 6, 40)
    assert any(c.code == "C-TEXT-UNEVEN" for c in findings["osec-share"].cautions)
    assert not any(c.code == "C-TEXT-UNEVEN" for c in answer_of([DULL] * 9 + [CLEAR])[0]["osec-share"].cautions)


def test_agreement_reads_the_two_coders_not_the_final_code():
    texts = [CLEAR] * 20 + [OTHER] * 20 + [DULL] * 60
    sample = sample_of(texts)
    a = coded(sample, coder="a")
    wrong = {n for n, t in sample.readable()[::10]}
    b_rows = [
        CodedText(r.number, TextCode.OTHER if r.code is not TextCode.OTHER else TextCode.OSEC, None, False)
        if r.number in wrong
        else r
        for r in a.rows
    ]
    b = CodeFile(name="b", coder="b", rows=tuple(b_rows), sample_id="", sha256="b")
    answer = {f.id: f for f in analyse_text(sample, a, b, max_width=1.0).findings}
    for name in ("kappa", "alpha", "ac1"):
        finding = answer[f"text-agreement-{name}"]
        assert 0.7 < finding.value < 0.95
        assert finding.interval.lower < finding.value < finding.interval.upper
    assert any(c.code == "C-CODES-UNRESOLVED" for c in answer["osec-share"].cautions)
    again = {f.id: f for f in analyse_text(sample, a, b, max_width=1.0).findings}
    assert again == answer


def test_one_code_throughout_leaves_kappa_undefined_and_says_so():
    findings, tables = answer_of([DULL] * 20)
    assert findings["text-agreement-kappa"].refusal.reason is Reason.NOT_IDENTIFIED
    assert findings["text-agreement-ac1"].value == 1
    assert tables["text-agreement"].column("value")[0] is Missing.NOT_ESTIMABLE
    assert tables["text-bounds"].column("osec_among_classifiable")[0] is Missing.NOT_APPLICABLE


def test_uncoded_samples_are_refused_for_want_of_data(sample):
    answer = analyse_text(sample, None, None, max_width=0.3)
    assert [f.refusal.reason for f in answer.findings] == [Reason.NO_DATA]


def test_digests_of_inputs_and_codes_travel_with_findings():
    findings, _ = answer_of([DULL, OTHER])
    assert findings["osec-share"].source_digests == ("aaaa", "bbbb", "in")


def test_no_text_reaches_findings_or_tables():
    sample = sample_of(["MARKER-7731 payment discussed", DULL, OTHER])
    answer = analyse_text(sample, coded(sample, coder="a"), coded(sample, coder="b"), max_width=0.3)
    assert "MARKER" not in repr(answer)


# --- synthetic coders on the synthetic world


def test_coders_see_text_only_and_slip_apart():
    texts = [(i, DULL if i % 3 else OTHER) for i in range(1, 1001)]
    a, b = (code_as_synthetic_coder(texts, coder=c, seed=1) for c in "ab")
    right = [read_like_a_coder(t)[0] for _, t in texts]
    wrong_a = {i for i, r in enumerate(a) if r["code"] != right[i]}
    wrong_b = {i for i, r in enumerate(b) if r["code"] != right[i]}
    assert 10 < len(wrong_a) < 60
    assert wrong_a != wrong_b
    assert a == code_as_synthetic_coder(texts, coder="a", seed=1)
    third = adjudicate(texts, a, b, coder="c")
    assert {int(r["sample_number"]) - 1 for r in third} == wrong_a ^ wrong_b | {
        i for i in wrong_a & wrong_b if a[i]["code"] != b[i]["code"]
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_the_synthetic_study_cannot_tell_and_its_bounds_hold_the_truth(seed, tmp_path):
    world = simulate_reports(seed=seed, size="small")
    reports = table_of([r.service for r in world.reports],
                       [datetime.fromtimestamp(r.received, UTC).year for r in world.reports])  # fmt: skip
    texts = [ReportText(i, r.text) for i, r in enumerate(world.reports) if r.text]
    sample = draw_sample(texts, reports, size=400, seed=seed)
    read = sample.readable()
    rows = {c: code_as_synthetic_coder(read, coder=c, seed=seed, sample_id=sample.sample_id) for c in "ab"}
    files = {}
    for coder, coded_rows in (*rows.items(), ("c", adjudicate(read, rows["a"], rows["b"], coder="c"))):
        write_codes(coded_rows, tmp_path / f"{coder}.csv")
        files[coder] = read_codes(tmp_path / f"{coder}.csv")
    answer = {f.id: f for f in analyse_text(sample, files["a"], files["b"], files["c"], max_width=0.3).findings}
    assert answer["osec-share"].refusal.reason is Reason.TOO_WIDE
    assert answer["text-livestream-reports"].value == 0
    assert 0 < answer["text-classifiable-share"].value < 0.1
    truth = world.truth["kind"]["osec"] / len(world.reports)
    assert answer["text-osec-least"].value <= truth <= answer["text-osec-most"].value
    assert answer["text-agreement-ac1"].value > 0.9
