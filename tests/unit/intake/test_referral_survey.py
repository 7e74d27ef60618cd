from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import xlsxwriter

from darkfigure.errors import IntakeError
from darkfigure.intake.country_names import resolve_country
from darkfigure.intake.dates import DATE_FORMS, day_number, parse_date, year_of
from darkfigure.intake.pseudonyms import Pseudonymiser
from darkfigure.intake.referral_survey import ReferralLayout, read_referrals
from darkfigure.records.aggregate import IntakeAudit
from darkfigure.records.restricted import DefinitionMet, Referral
from darkfigure.reference.countries import countries

KEY = Pseudonymiser(b"a key for tests!")
COLUMNS = {
    "token": "Ref",
    "date": "Date",
    "country": "Country",
    "definition": "Met",
    "victims": "Victims",
    "suspects": "Suspects",
    "channel": "Channel",
}
LAYOUT = ReferralLayout(**COLUMNS, date_format="iso")
HEADER = "Ref,Date,Country,Met,Victims,Suspects,Channel"


def read_csv(folder: Path, *rows: str, layout: ReferralLayout = LAYOUT) -> tuple[tuple[Referral, ...], IntakeAudit]:
    path = folder / "agency.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return read_referrals(path, source="s", agency="A", layout=layout, pseudonymiser=KEY)


def read_xlsx(
    folder: Path, rows: list[list[object]], *, layout: ReferralLayout = LAYOUT, sheets: tuple[str, ...] = ("List",)
) -> tuple[tuple[Referral, ...], IntakeAudit]:
    path = folder / "agency.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name in sheets:
            page = book.add_worksheet(name)
            page.write_row(0, 0, HEADER.split(","))
            for number, row in enumerate(rows, start=1):
                for place, value in enumerate(row):
                    page.write(number, place, value, day if isinstance(value, datetime.date) else None)
    return read_referrals(path, source="s", agency="A", layout=layout, pseudonymiser=KEY)


def test_a_row_becomes_a_referral(tmp_path: Path) -> None:
    rows, audit = read_csv(tmp_path, "K-1,2016-03-12,Philippines,Yes,3,,INTERPOL")
    assert len(rows) == 1
    made = rows[0]
    assert (made.agency, made.row, made.country, made.victims, made.suspects) == ("A", 2, "PH", 3, None)
    assert (made.definition_met, made.channel) == (DefinitionMet.YES, "interpol")
    assert made.day == day_number(datetime.date(2016, 3, 12))
    assert made.token == KEY.of("referral A", "K-1")
    assert audit.accounts[0].rows_accepted == 1


@pytest.mark.parametrize(
    ("row", "field", "rule"),
    [
        (",2016-03-12,Philippines,Yes,1,1,other", "Ref", "token-missing"),
        ("K-0,2016-03-12,Philippines,Yes,1,1,other", "Ref", "token-repeated"),
        ("K-1,12/03/2016,Philippines,Yes,1,1,other", "Date", "date-malformed"),
        ("K-1,2016-02-30,Philippines,Yes,1,1,other", "Date", "date-malformed"),
        ("K-1,2016-03-12,Atlantis,Yes,1,1,other", "Country", "country-unknown"),
        ("K-1,2016-03-12,,Yes,1,1,other", "Country", "country-unknown"),
        ("K-1,2016-03-12,Philippines,Maybe,1,1,other", "Met", "definition-not-listed"),
        ("K-1,2016-03-12,Philippines,Yes,1.5,1,other", "Victims", "count-malformed"),
        ("K-1,2016-03-12,Philippines,Yes,1,several,other", "Suspects", "count-malformed"),
        ("K-1,2016-03-12,Philippines,Yes,1,1,by post", "Channel", "channel-not-listed"),
        ("K-1,2016-03-12,Philippines,Yes,1,1", "(row)", "too-few-fields"),
    ],
)
def test_a_faulty_row_is_refused_by_its_first_broken_rule(tmp_path: Path, row: str, field: str, rule: str) -> None:
    rows, audit = read_csv(tmp_path, "K-0,2016-03-01,Philippines,Yes,1,1,other", row)
    assert len(rows) == 1
    refused = audit.refused_rows
    assert [(r.row, r.field, r.rule) for r in refused] == [(3, field, rule)]
    assert (audit.accounts[0].rows_in, audit.accounts[0].rows_refused) == (2, 1)


def test_a_token_refused_for_another_reason_may_come_again(tmp_path: Path) -> None:
    rows, _ = read_csv(tmp_path, "K-1,no date,Philippines,Yes,1,1,other", "K-1,2016-03-01,Philippines,Yes,1,1,other")
    assert [r.row for r in rows] == [3]


def test_unknown_columns_are_counted_and_dropped(tmp_path: Path) -> None:
    layout = ReferralLayout(token="Ref", date="Date", country="Country", date_format="iso")
    rows, audit = read_csv(tmp_path, "K-1,2016-03-12,Philippines,Yes,3,2,other", layout=layout)
    assert audit.accounts[0].unknown_elements == 4
    assert (rows[0].victims, rows[0].definition_met) == (None, DefinitionMet.UNCLEAR)


def test_a_workbook_gives_the_same_referrals_as_a_csv_file(tmp_path: Path) -> None:
    text = ["K-1,2016-03-12,Philippines,Yes,3,,INTERPOL", "K-2,2016-04-01,Brazil,Probable,,2,"]
    typed: list[list[object]] = [
        ["K-1", datetime.date(2016, 3, 12), "Philippines", "Yes", 3, "", "INTERPOL"],
        ["K-2", "2016-04-01", "Brazil", "Probable", "", 2.0, ""],
    ]
    assert read_xlsx(tmp_path, typed)[0] == read_csv(tmp_path, *text)[0]


def test_cells_of_another_type_are_refused(tmp_path: Path) -> None:
    rows, audit = read_xlsx(
        tmp_path,
        [
            ["K-1", "2016-03-12", "Philippines", True, 1, 1, "other"],
            ["K-2", "2016-03-12", "Philippines", "Yes", 1.5, 1, "other"],
            ["K-3", "2016-03-12", "Philippines", "Yes", "=1+1", 1, "other"],
        ],
    )
    assert rows == ()
    assert [(r.row, r.rule) for r in audit.refused_rows] == [(2, "cell-type"), (3, "cell-type"), (4, "formula-cell")]


def test_the_sheet_must_be_clear(tmp_path: Path) -> None:
    row: list[list[object]] = [["K-1", "2016-03-12", "Philippines", "Yes", 1, 1, "other"]]
    named = ReferralLayout(**COLUMNS, date_format="iso", sheet="List")
    assert len(read_xlsx(tmp_path, row, layout=named, sheets=("Notes", "List"))[0]) == 1
    for layout, sheets in ((LAYOUT, ("Notes", "List")), (named, ("Other",))):
        with pytest.raises(IntakeError) as caught:
            read_xlsx(tmp_path, row, layout=layout, sheets=sheets)
        assert caught.value.code == "E-INTAKE-82"


def test_a_sheet_without_a_declared_column_is_refused(tmp_path: Path) -> None:
    layout = ReferralLayout(**(COLUMNS | {"victims": "Children"}), date_format="iso")
    with pytest.raises(IntakeError) as caught:
        read_xlsx(tmp_path, [], layout=layout)
    assert caught.value.code == "E-INTAKE-83"


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "agency.ods"
    path.write_bytes(b"")
    with pytest.raises(IntakeError) as caught:
        read_referrals(path, source="s", agency="A", layout=LAYOUT, pseudonymiser=KEY)
    assert caught.value.code == "E-INTAKE-81"


@pytest.mark.parametrize(
    "wrong",
    [
        {"date_format": "german"},
        {"country_format": "latin"},
        {"delimiter": "||"},
        {"victims": "Suspects"},
        {"token": ""},
    ],
)
def test_an_impossible_layout_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(IntakeError) as caught:
        ReferralLayout(**({**COLUMNS, "date_format": "iso"} | wrong))
    assert caught.value.code == "E-INTAKE-80"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2016-03-12", "iso"),
        ("3/12/2016", "us"),
        ("12 March 2016", "english"),
        ("12 mars 2016", "french"),
        ("12. mars 2016", "nordic"),
        ("12. marts 2016", "nordic"),
        ("12. maaliskuuta 2016", "nordic"),
    ],
)
def test_a_date_is_read_in_its_declared_form_and_no_other(text: str, form: str) -> None:
    read = {f for f in DATE_FORMS if parse_date(text, form=f) is not None}  # type: ignore[arg-type]
    assert form in read
    assert read <= ({form} | ({"french", "nordic"} if "mars" in text else set()))
    assert parse_date(text, form=form) == datetime.date(2016, 3, 12)  # type: ignore[arg-type]


def test_every_month_name_is_its_month() -> None:
    norwegian = [
        "januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november",
        "desember",
    ]  # fmt: skip
    english = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]  # fmt: skip
    for number, (nordic, name) in enumerate(zip(norwegian, english, strict=True), start=1):
        assert parse_date(f"1. {nordic} 2014", form="nordic") == datetime.date(2014, number, 1)
        assert parse_date(f"1 {name} 2014", form="english") == datetime.date(2014, number, 1)


def test_year_of_a_day_number() -> None:
    assert year_of(day_number(datetime.date(2017, 12, 31))) == 2017
    assert year_of(day_number(datetime.date(2018, 1, 1))) == 2018


@pytest.mark.parametrize("form", ["iso2", "iso3", "english", "french", "nordic"])
def test_no_name_stands_for_two_countries(form: str) -> None:
    field = {"iso2": lambda c: (c.iso2,), "iso3": lambda c: (c.iso3,), "english": lambda c: (c.english, *c.also)}
    names = field.get(form, lambda c: getattr(c, form))
    for country in countries().values():
        for name in names(country):
            assert resolve_country(name, form=form) == country.iso2  # type: ignore[arg-type]


def test_names_are_read_in_the_declared_language_only() -> None:
    assert resolve_country("Brésil", form="french") == "BR"
    assert resolve_country("BRE\u0301SIL", form="french") == "BR"
    assert resolve_country("Brésil", form="english") is None
    assert resolve_country("PHL", form="iso2") is None
