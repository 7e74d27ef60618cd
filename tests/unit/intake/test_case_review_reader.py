"""Case-review exports give the tables of the coder, and every row that breaks a rule is refused with its place."""

import time
from collections import Counter
from dataclasses import replace

import openpyxl
import pytest

from darkfigure.errors import IntakeError
from darkfigure.intake.case_review import read_case_review
from darkfigure.intake.xlsform import read_review_form
from darkfigure.records.restricted import LinkRole
from darkfigure.synth.case_world import simulate_case_review
from darkfigure.synth.kobo import write_case_review, write_kobo_export
from darkfigure.synth.xlsform import write_case_form

SHEETS = ("case_review", "victim", "trafficker", "customer", "case_link")


@pytest.fixture(scope="module")
def world():
    return simulate_case_review(seed=7, size="small")


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("input")
    write_case_review(world, path)
    return path / "cases"


@pytest.fixture
def book(folder):
    """The first coder's export, open for changes."""
    return openpyxl.load_workbook(folder / "case-review.xlsx")


@pytest.fixture
def read(book, tmp_path):
    """Save the changed export and read it."""

    def save_and_read(**options):
        book.save(tmp_path / "case-review.xlsx")
        return read_case_review(tmp_path / "case-review.xlsx", source="s", coder="A", **options)

    return save_and_read


def column_of(sheet, name):
    """Column of a question, whatever groups stand before it."""
    (column,) = [c.column for c in sheet[1] if c.value == name or str(c.value).endswith(f"/{name}")]
    return column


def put(book, sheet, row, **values):
    for name, value in values.items():
        book[sheet].cell(row=row, column=column_of(book[sheet], name.replace("__", "/"))).value = value


def get(book, sheet, row, name):
    return book[sheet].cell(row=row, column=column_of(book[sheet], name)).value


def row_where(book, sheet, **values):
    for row in range(2, book[sheet].max_row + 1):
        if all(get(book, sheet, row, name) == value for name, value in values.items()):
            return row
    raise AssertionError(values)


def refusals(audit):
    return [(r.file.rpartition(", ")[2], r.row, r.field, r.rule) for r in audit.refused_rows]


def test_both_coders_exports_give_their_tables(folder, world):
    for name, table in (("case-review", world.first), ("case-review-second-coder", world.second)):
        form = folder / "case-review-form.xlsx"
        found, audit = read_case_review(folder / f"{name}.xlsx", source="s", coder=table.coder, form=form)
        assert found == table
        assert audit.refused_rows == ()
        units = [(account.unit, account.rows_in, account.rows_accepted) for account in audit.accounts]
        sizes = [len(x) for x in (table.cases, table.victims, table.traffickers, table.customers, table.links)]
        assert units == [
            (unit, size, size)
            for unit, size in zip(("cases", "victims", "traffickers", "customers", "ties"), sizes, strict=True)
        ]
        assert all(account.unknown_elements > 5 for account in audit.accounts)
        assert len(audit.digests("s")) == 1, "one workbook, one digest"


@pytest.mark.parametrize("multiple_select", ["both", "summary", "details"])
@pytest.mark.parametrize("group_names", ["full", "none"])
def test_every_way_to_export_gives_the_same_table(world, tmp_path, multiple_select, group_names):
    path = tmp_path / "b.xlsx"
    write_kobo_export(world.first, path, multiple_select=multiple_select, group_names=group_names)
    found, _ = read_case_review(path, source="s", coder="A")
    assert found == world.first


def test_an_odk_export_gives_the_same_table(book, read, world):
    for sheet in SHEETS:
        for cell in book[sheet][1]:
            name = str(cell.value).replace("/", "-")
            name = {"_index": "KEY", "_parent_index": "PARENT_KEY"}.get(name, name)
            cell.value = name
            if name in ("KEY", "PARENT_KEY"):
                for row in range(2, book[sheet].max_row + 1):
                    key = book[sheet].cell(row=row, column=cell.column)
                    key.value = f"uuid:{key.value:08d}"
        if sheet != "case_review":
            book[sheet].title = f"case_review-{sheet}"
    found, audit = read()
    assert found == world.first
    assert audit.refused_rows == ()


def test_the_full_review_is_read_in_two_seconds(tmp_path):
    world = simulate_case_review(seed=2020, size="full")
    write_case_review(world, tmp_path)
    start = time.perf_counter()
    found, _ = read_case_review(tmp_path / "cases" / "case-review.xlsx", source="s", coder="A")
    assert time.perf_counter() - start < 2
    assert found == world.first


def test_order_of_rows_and_columns_does_not_matter(book, read, world):
    for name in SHEETS:
        sheet = book[name]
        rows = [[cell.value for cell in row][::-1] for row in sheet.iter_rows()]
        sheet.delete_rows(1, sheet.max_row)
        for row in (rows[0], *rows[:0:-1]):
            sheet.append(row)
    found, audit = read()
    assert audit.refused_rows == ()
    for records in ("cases", "victims", "traffickers", "customers", "links"):
        assert set(getattr(found, records)) == set(getattr(world.first, records))


@pytest.mark.parametrize(
    ("sheet", "change", "field", "rule"),
    [
        ("case_review", {"file_number": "SYN-12"}, "file_number", "not-a-whole-number"),
        ("case_review", {"file_number": 0}, "file_number", "out-of-range"),
        ("case_review", {"agency": "Women and Children Protection Center"}, "agency", "not-a-choice"),
        ("case_review", {"year": None}, "year", "missing"),
        ("case_review", {"year": 2016.5}, "year", "not-a-whole-number"),
        ("case_review", {"spotlight": True}, "spotlight", "not-a-choice"),
        ("victim", {"sex": "Female"}, "sex", "not-a-choice"),
        ("victim", {"age_years": 111}, "age_years", "out-of-range"),
        ("victim", {"age_years": -1}, "age_years", "out-of-range"),
        ("victim", {"age_years": "eleven"}, "age_years", "not-a-whole-number"),
        ("victim", {"relation": None}, "relation", "missing"),
        ("victim", {"relation": "   "}, "relation", "missing"),
        ("victim", {"province": "PH-ZZZ"}, "province", "not-a-choice"),
        ("victim", {"age_years": 3, "abuse_months": 48}, "abuse_months", "longer-than-life"),
        ("victim", {"rescued": "no"}, "rescue_group", "not-rescued"),
        ("victim", {"rescued": "no", "rescue_group": None}, "relation_in_group", "not-rescued"),
        ("victim", {"rescue_group": None}, "rescue_group", "group-incomplete"),
        ("victim", {"relation_in_group": None}, "relation_in_group", "group-incomplete"),
        ("victim", {"relation_in_group": "rescued_alone"}, "relation_in_group", "not-alone-in-group"),
        ("victim", {"rescue_group": 77}, "relation_in_group", "alone-in-group"),
        ("victim", {"_parent_table_name": "another_form"}, "_parent_table_name", "parent-table"),
        ("victim", {"_parent_index": 999}, "_parent_index", "no-parent"),
        ("victim", {"_parent_index": None}, "_parent_index", "no-parent"),
        ("victim", {"victim_notes": "=1+1"}, "column J", "formula-cell"),
        ("trafficker", {"channels__dark_web": 2}, "channels", "not-0-or-1"),
        ("trafficker", {"channels": "surface_web telegram"}, "channels", "not-a-choice"),
        ("trafficker", {"channels": "Surface web"}, "channels", "not-a-choice"),
        ("trafficker", {"channels": 7}, "channels", "not-a-choice"),
        ("trafficker", {"arrested": "no", "arrest_province": "PH-CEB"}, "arrest_province", "not-arrested"),
        ("customer", {"country": "XX"}, "country", "not-a-choice"),
        ("customer", {"status": "unknown to us"}, "status", "not-a-choice"),
        ("case_link", {"people": 2}, "people", "people-without-group"),
        ("case_link", {"to_number": 50}, "to_number", "link-end-missing"),
        ("case_link", {"to_role": "trafficker", "to_number": 1}, "to_number", "tie-to-itself"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_with_its_place(book, read, sheet, change, field, rule):
    if sheet == "victim":
        known = ("sibling", "other_familial", "not_related", "unknown")
        row = next(row for row in range(2, 60) if get(book, "victim", row, "relation_in_group") in known)
    else:
        row = 3
    before = Counter({name: book[name].max_row - 1 for name in SHEETS})
    put(book, sheet, row, **change)
    _, audit = read()
    place = "main sheet" if sheet == "case_review" else f"sheet {sheet}"
    assert (place, row, field, rule) in refusals(audit)
    in_sheet = [refusal for refusal in refusals(audit) if refusal[0] == place]
    assert len(in_sheet) == 1, "no other row of the sheet is refused"
    assert [account.rows_in for account in audit.accounts] == [before[name] for name in SHEETS]


def test_disagreement_between_the_two_conventions_is_refused(book, read):
    row = next(row for row in range(2, 20) if get(book, "trafficker", row, "channels/surface_web") == 1)
    put(book, "trafficker", row, channels__surface_web=0)
    _, audit = read()
    assert refusals(audit) == [("sheet trafficker", row, "channels", "multiple-select-disagrees")]


def test_a_ticked_choice_that_the_review_does_not_know_is_not_lost(book, read):
    sheet = book["trafficker"]
    sheet.cell(row=1, column=sheet.max_column + 1).value = "trafficker/channels/satellite_phone"
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row=row, column=sheet.max_column).value = int(row == 4)
    _, audit = read()
    assert refusals(audit) == [("sheet trafficker", 4, "channels", "not-a-choice")]


def test_a_refused_file_takes_everything_with_it(book, read, world):
    row = row_where(book, "case_review", spotlight="yes")
    number = get(book, "case_review", row, "file_number")
    put(book, "case_review", row, commercial="perhaps")
    found, audit = read()
    gone = [("main sheet", row, "commercial", "not-a-choice")]
    assert refusals(audit)[:1] == gone
    assert Counter(rule for *_, rule in refusals(audit)) == {"not-a-choice": 1, "parent-refused": 4 + 1 + 4 + 9}
    assert number not in {case.number for case in found.cases}
    assert len(found.victims) == len(world.first.victims) - 4
    assert found.links == ()


def test_a_file_with_a_formula_takes_everything_with_it(book, read):
    row = row_where(book, "case_review", spotlight="yes")
    put(book, "case_review", row, year="=2016")
    _, audit = read()
    assert Counter(rule for *_, rule in refusals(audit)) == {"formula-cell": 1, "parent-refused": 18}


def test_two_files_with_one_key_or_one_number_are_refused(book, read):
    put(book, "case_review", 3, _index=1)
    _, audit = read()
    rules = Counter(rule for *_, rule in refusals(audit))
    assert rules["duplicate-key"] == 2, "nobody can tell whose victims these are"
    assert rules["parent-refused"] + rules["no-parent"] > 0
    put(book, "case_review", 3, _index=2)
    put(book, "case_review", 4, file_number=get(book, "case_review", 3, "file_number"))
    _, audit = read()
    assert ("main sheet", 4, "file_number", "duplicate-number") in refusals(audit)


def test_a_file_without_a_key_is_refused(book, read):
    put(book, "case_review", 2, _index=None)
    _, audit = read()
    assert refusals(audit)[0] == ("main sheet", 2, "_index", "missing")


def test_the_second_of_two_people_with_one_number_is_refused(book, read):
    parent = get(book, "victim", 3, "_parent_index")
    row = next(row for row in range(4, 60) if get(book, "victim", row, "_parent_index") == parent)
    put(book, "victim", row, number=get(book, "victim", 3, "number"))
    _, audit = read()
    assert ("sheet victim", row, "number", "duplicate-number") in refusals(audit)


@pytest.mark.parametrize(
    ("wrong", "refusal"), [("girl", ("sex", "not-a-choice")), ("=1", ("column B", "formula-cell"))]
)
def test_a_refused_victim_does_not_leave_the_others_alone(book, read, world, wrong, refusal):
    """The size of a rescue group is what the coder wrote, refused rows included."""
    groups = Counter((v.case, v.rescue_group) for v in world.first.victims if v.rescued)
    pair = next(key for key, size in groups.items() if size == 2)
    row = next(
        row for row, victim in enumerate(world.first.victims, start=2) if (victim.case, victim.rescue_group) == pair
    )
    put(book, "victim", row, sex=wrong)
    _, audit = read()
    assert refusals(audit) == [("sheet victim", row, *refusal)]


def test_customers_without_one_lead_are_refused(book, read, world):
    (spotlight,) = [case.number for case in world.first.cases if case.spotlight]
    rows = [row for row, c in enumerate(world.first.customers, start=2) if c.case == spotlight]
    put(book, "customer", rows[1], lead="yes")
    found, audit = read()
    assert [r for r in refusals(audit) if r[3] == "lead-not-one"] == [
        ("sheet customer", row, "lead", "lead-not-one") for row in rows
    ]
    assert sum(rule == "link-end-missing" for *_, rule in refusals(audit)) == 4
    assert not [link for link in found.links if link.to_role is LinkRole.CUSTOMER]


def test_customers_need_a_file_that_tells_of_them(book, read, world):
    case = world.first.customers[0].case
    row = row_where(book, "case_review", file_number=case)
    put(book, "case_review", row, customer_information="no")
    _, audit = read()
    count = sum(customer.case == case for customer in world.first.customers)
    assert sum(rule == "no-customer-information" for *_, rule in refusals(audit)) == count


def test_other_sheets_are_accounted_for(book, read):
    extra = book.create_sheet("payment")
    extra.append(["amount", "_parent_index"])
    extra.append([50, 1])
    extra.append(["=1", 1])
    _, audit = read()
    account = audit.accounts[-1]
    assert (account.rows_in, account.rows_accepted, account.rows_refused) == (2, 0, 2)
    assert [r[1:] for r in refusals(audit)] == [(2, "(row)", "unknown-sheet"), (3, "(row)", "unknown-sheet")]
    assert "payment" not in account.file


def refused_code(read, **options):
    with pytest.raises(IntakeError) as caught:
        read(**options)
    return caught.value.code


def test_missing_sheets_columns_and_joins_are_refused(book, read):
    sheet = book["customer"]
    column = column_of(sheet, "travelled")
    sheet.cell(row=1, column=column).value = "Ever travelled to the Philippines?"
    assert refused_code(read) == "E-INTAKE-48"
    sheet.cell(row=1, column=column).value = "customer/age_years"
    assert refused_code(read) == "E-INTAKE-46"
    sheet.cell(row=1, column=column).value = "age_years"
    assert refused_code(read) == "E-INTAKE-49"
    book.remove(book["customer"])
    assert refused_code(read) == "E-INTAKE-47"
    for name in SHEETS:
        if name in book.sheetnames:
            for cell in book[name][1]:
                cell.value = str(cell.value).replace("_parent_index", "parent")
    assert refused_code(read) == "E-INTAKE-50"


def test_two_main_sheets_are_refused(book, read):
    book.copy_worksheet(book["case_review"]).title = "again"
    assert refused_code(read) == "E-INTAKE-47"


def test_codes_that_the_form_does_not_list_are_refused(folder, book, read, tmp_path):
    form = openpyxl.load_workbook(folder / "case-review-form.xlsx")
    for row in form["choices"].iter_rows(min_row=2):
        if (row[0].value, row[1].value) == ("sex", "transgender"):
            row[1].value = "female"
    form.save(tmp_path / "form.xlsx")
    found, audit = read(form=tmp_path / "form.xlsx")
    assert {rule for *_, rule in refusals(audit)} >= {"not-in-form"}
    assert not [t for t in found.traffickers if t.sex == "transgender"]


def test_another_form_is_refused(folder, read, tmp_path):
    def changed(edit):
        form = openpyxl.load_workbook(folder / "case-review-form.xlsx")
        edit(form)
        form.save(tmp_path / "form.xlsx")
        return tmp_path / "form.xlsx"

    def ask_sex_as_text(form):
        row = next(row for row in form["survey"].iter_rows(min_row=2) if row[1].value == "sex")
        row[0].value = "text"

    assert refused_code(read, form=changed(lambda form: form.remove(form["choices"]))) == "E-INTAKE-51"
    assert refused_code(read, form=changed(ask_sex_as_text)) == "E-INTAKE-51"
    assert refused_code(read, form=changed(lambda f: f["choices"].append(["sex", "other", "Other"]))) == "E-INTAKE-52"


def test_the_form_lists_the_codes_of_each_question(tmp_path):
    write_case_form(tmp_path / "form.xlsx")
    form = read_review_form(tmp_path / "form.xlsx", source="s")
    assert form.codes["case"]["spotlight"] == {"yes", "no"}
    assert form.codes["victim"]["relation_in_group"] >= {"rescued_alone", "sibling"}
    assert form.codes["trafficker"]["channels"] == {"surface_web", "dark_web", "money_service", "bank_transfer"}
    assert "age_years" not in form.codes["victim"]


def test_numbers_written_as_text_are_read(book, read, world):
    for name in SHEETS:
        for row in book[name].iter_rows(min_row=2):
            for cell in row:
                if isinstance(cell.value, int):
                    cell.value = f" {cell.value} "
                    cell.data_type = "s"
    found, audit = read()
    assert audit.refused_rows == ()
    assert found == replace(world.first)
