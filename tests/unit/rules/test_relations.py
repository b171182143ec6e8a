"""What must hold between rules: ids, replacements, waivers; and what `suture rules check` finds beside mistakes."""

from datetime import date

import pytest
from tests.builders import SERVICE_DATE, a_clinician, a_day, a_visit

from suture.rules.book import Source, load, load_all, read
from suture.rules.errors import RulebookRefused
from suture.rules.evaluate import compile_day
from suture.rules.lint import lint, notes
from suture.rules.lint_day import lint_day

COMMON = "because: b, owner: o"
LAW = f'{{id: law, kind: forbid, when: "v.dur > 20", severity: law, {COMMON}}}'
DEAR = f'{{id: dear, kind: avoid, when: "v.dur > 20", weight: 5, {COMMON}}}'
HOURS = f"{{id: hours, kind: limit, per: [clinician, day], max_minutes: 480, {COMMON}}}"
WAIVER = "{id: storm, rule: RULE, from: 2026-03-01, until: 2026-03-31, because: b, approved_by: [me]MORE}"


def a_file(*rules: str, waiver: str = "") -> str:
    text = "version: 1\nrules:\n" + "".join(f"- {rule}\n" for rule in rules)
    return text + (f"waivers:\n- {waiver}\n" if waiver else "")


def waived(rule: str, more: str = "") -> str:
    return WAIVER.replace("RULE", rule).replace("MORE", more)


def refused(text: str) -> list[str]:
    with pytest.raises(RulebookRefused) as caught:
        load(text, name="book.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (a_file(DEAR, DEAR), "book.yaml:4:8: rule dear, id: the id is not unique – line 3 has a rule … [schema]"),
        (
            a_file(DEAR.replace("dear", "rule-10"), DEAR.replace("dear", "rule-lo")),
            "cannot tell this id from 'rule-10'",
        ),
        (a_file(DEAR.replace("dear", "dеar")), "letters that only look like those of 'dear'"),
        (a_file(DEAR, DEAR.replace("id: dear", "id: other, replaces: deer")), "no rule 'deer' – did you mean dear?"),
        (
            a_file(LAW, LAW.replace("id: law", "id: mine, replaces: law")),
            "rule mine, replaces: 'law' is law … [law]",
        ),
        (a_file(DEAR, DEAR.replace("id: dear", "id: mine, replaces: dear")), "has a narrower scope"),
        (
            a_file(DEAR, HOURS.replace("id: hours", "id: mine, replaces: dear, scope: {branch: [X]}")),
            "a limit cannot take the place of a avoid",
        ),
        (
            a_file(HOURS, HOURS.replace("id: hours", "id: mine, replaces: hours, scope: {patient: [X]}")),
            "a limit for some patients cannot replace one",
        ),
        (a_file(DEAR, waiver=waived("deer")), "rule storm, rule: there is no rule 'deer' – did you mean dear?"),
        (a_file(LAW, waiver=waived("law")), "rule storm, rule: 'law' is law: a waiver quotes an authority … [law]"),
        (a_file(DEAR, waiver=waived("dear").replace("until: 2026-03-31, ", "")), "until is missing"),
        (
            a_file(DEAR, waiver=waived("dear").replace("03-31", "02-01")),
            "rule storm, until: until 2026-02-01 is before from … [range]",
        ),
        (a_file(HOURS, waiver=waived("hours", ", scope: {patient: [P]}")), "cannot be waived for some patients"),
        ("version: 1\npacks: [us-federal]\n", "there is no pack 'us-federal'"),
    ],
)
def test_what_does_not_fit_together_is_refused(text, said):
    assert any(all(part in line for part in said.split(" … ")) for line in refused(text)), refused(text)


def test_ids_are_unique_over_all_files_and_the_hash_is_of_all():
    one, two = Source("one.yaml", a_file(DEAR)), Source("two.yaml", a_file(HOURS))
    assert load_all([one, two]).hash == load(a_file(HOURS, DEAR), name="both").hash
    with pytest.raises(RulebookRefused, match=r"three.yaml:3:.*line 3 of one.yaml has a rule of this id already"):
        load_all([one, two, Source("three.yaml", a_file(DEAR))])


def test_a_waiver_is_part_of_the_hash_and_a_law_with_an_authority_may_be_waived():
    book = load(a_file(LAW, waiver=waived("law", ", authority: CMS")), name="book.yaml")
    assert book.hash != load(a_file(LAW), name="book.yaml").hash
    assert [w.id for w in book.waived(date(2026, 3, 31))] == ["storm"]
    assert book.waived(date(2026, 4, 1)) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            a_file(DEAR.replace("v.dur > 20", "true")),
            "book.yaml:3:34: rule dear, when: the condition reads … [constant]",
        ),
        (a_file(DEAR.replace("v.dur > 20", "1 == 2")), "it is always false"),
        (a_file(DEAR.replace("v.dur > 20", "1/0 == 1")), "rule dear, when: division by 0 fails for every … [fault]"),
        (a_file(DEAR, waiver=waived("dear")), "book.yaml:5:"),
        (a_file(DEAR, waiver=waived("dear")), "rule storm, until: the waiver expired on Mar 31, 2026 … [waiver]"),
        (a_file(DEAR.replace("v.dur > 20", "v.type == 'wоund'")), "'wоund' only looks like 'wound'"),
        (a_file(DEAR.replace("weight", "scope: {patient: [Р-01]}, weight")), "'Р-01' only looks like 'P-01'"),
    ],
)
def test_what_can_be_read_and_makes_no_sense_is_found(text, said):
    found = [str(p) for p in lint(load(text, name="book.yaml"), date(2026, 4, 1))]
    assert any(all(part in line for part in said.split(" … ")) for line in found), found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("v.dur > 20", "v.dur  >  20"),
        ("v.dur > 20", "20 < v.dur"),
        ("v.dur > 20", "!(v.dur <= 20)"),
        ("v.dur > 20", "(v.dur) > (10 + 10)"),
        ("v.start >= hm('14:00')", "hm('14:00') <= v.start"),
        ("c.role == 'RN' && v.is_first", "v.is_first && ('RN' == c.role)"),
        ("c.role in ['RN', 'LPN']", "c.role in ['LPN', 'RN', 'LPN']"),
        ("c.role in ['RN']", "c.role == 'RN'"),
        ("v.is_first || (v.dur > 20 || c.id in v.banned)", "(v.dur > 20 || v.is_first) || c.id in v.banned"),
        ("!!v.is_first == true", "v.is_first"),
        ("!(c.role != 'RN')", "c.role == 'RN'"),
    ],
)
def test_rules_that_say_the_same_in_other_words_are_identical(one, other):
    twin = DEAR.replace("dear", "twin")
    text = a_file(DEAR.replace("v.dur > 20", one), twin.replace("v.dur > 20", other))
    (found,) = lint(load(text, name="book.yaml"), SERVICE_DATE)
    assert str(found).startswith("book.yaml:4:")
    assert "rule twin, when: it says the same as rule dear – remove one of them [identical]" in str(found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("v.dur > 20", "v.dur < 20"),
        ("v.dur > 20", "v.dur >= 20"),
        ("v.start - v.dur > 1", "v.dur - v.start > 1"),
        ("c.role == 'RN'", "c.role != 'RN'"),
        ("c.id in v.banned", "c.id in p.preferred"),
        ("v.is_first && v.dur > 20", "v.is_first || v.dur > 20"),
        ("v.creds.all(x, x in c.creds)", "c.creds.all(x, x in v.creds)"),
        ("v.type == '1'", "v.priority == 1"),
    ],
)
def test_rules_that_say_something_else_are_not_identical(one, other):
    twin = DEAR.replace("dear", "twin")
    text = a_file(DEAR.replace("v.dur > 20", one), twin.replace("v.dur > 20", other))
    assert list(lint(load(text, name="book.yaml"), SERVICE_DATE)) == []


def test_what_can_be_said_of_the_rules_that_can_be_read_is_said_in_the_same_run():
    broken = DEAR.replace("dear", "typo").replace("v.dur", "v.dura")
    half = DEAR.replace("dear", "half").replace("v.dur > 20", "v.dur == v.dur").replace("because: b, ", "")
    twins = (DEAR, DEAR.replace("dear", "twin"))
    reading = read([Source("book.yaml", a_file(broken, half, *twins, waiver=waived("dear")))])
    found = {(p.rule_id, p.code) for p in (*reading.problems, *lint(reading.book, date(2026, 4, 1), reading.halves))}
    assert found == {
        ("typo", "name"),
        ("half", "schema"),
        ("half", "constant"),
        ("twin", "identical"),
        ("storm", "waiver"),
    }


def test_a_rulebook_too_large_to_look_into_says_how_much_was_left_out():
    long = [DEAR.replace("dear", f"l-{n}").replace("v.dur > 20", f"v.type == '{'x' * 1_900}{n}'") for n in range(60)]
    (found,) = lint(load(a_file(*long), name="book.yaml"), SERVICE_DATE)
    assert str(found).startswith("book.yaml:1:1: note: 8 conditions were not checked") and str(found).endswith(
        "[later]"
    )


def test_a_sound_book_has_nothing_to_object_to():
    text = a_file(LAW, DEAR, HOURS, waiver=waived("dear"))
    assert list(lint(load(text, name="book.yaml"), date(2026, 3, 31))) == []


def test_on_a_day_rules_that_contradict_each_other_or_never_fire_are_found():
    text = a_file(
        f"{{id: only-one, kind: forbid, when: \"c.id == 'E-01'\", {COMMON}}}",
        f"{{id: only-two, kind: forbid, when: \"c.id == 'E-02' && v.type == 'routine'\", {COMMON}}}",
        f"{{id: some, kind: forbid, when: \"c.id == 'E-02' && v.dur > 0\", {COMMON}}}",
        f'{{id: idle, kind: forbid, when: "v.dur > 600", {COMMON}}}',
    )
    book = load(text, name="book.yaml")
    day = a_day(clinicians=[a_clinician(1), a_clinician(2)], visits=[a_visit()])
    found = [str(p) for p in lint_day(book, compile_day(book, day), SERVICE_DATE)]
    assert len(found) == 2
    assert "rule only-one: with only-two it leaves no clinician for visit V-01 on Mar 24, 2026" in found[0]
    assert found[0].endswith("[contradiction]")
    assert "book.yaml:6:8: warning: rule idle: it never fires on Mar 24, 2026" in found[1]
    assert found[1].endswith("[never]")


def test_what_does_not_bind_yet_is_noted_and_is_no_mistake():
    gate = f"{{id: accepted, kind: gate, needs: staff_accepted, {COMMON}}}"
    only = f"{{id: only, kind: require, that: \"v.only == '' || v.only == c.id\", {COMMON}}}"
    book = load(a_file(gate, only, LAW), name="book.yaml")
    assert list(lint(book, SERVICE_DATE)) == []
    found = [str(p) for p in notes(book)]
    assert len(found) == 2
    assert "note: rule accepted: it holds nothing back yet" in found[0] and found[0].endswith("[later]")
    assert "note: rule only, that: v.only is '' for every visit yet" in found[1] and found[1].endswith("[later]")
