"""The topics of the explorer: every variable has one, and it is where a reader would look."""

import re
from collections import Counter
from functools import cache

import explorer
import pytest
from common import EXPLORER

from leo_helpers.catalogue import load_catalogue

TITLES = [topic["title"] for topic in explorer.topics()]
YOUNG = "Attainment to age 14 (early years, key stages 1 to 3)"
#: Chosen by hand, with the topic under which a researcher would look for each.
EXPECTED = [
    ("sc_pupil", "PupilMatchingRefAnonymous_[term][yy]", "Keys and identifiers"),
    ("lookup_recid", "AE_ID", "Keys and identifiers"),
    ("cin_cpp", "CIN_ChildTableID", "Keys and identifiers"),
    ("leo_earnings", "TaxYear", "Year and state of the record"),
    ("ks2_pupil", "KS2_ACADYR", "Year and state of the record"),
    ("sc_pupil", "RecordStatus_[term][yy]", "Year and state of the record"),
    ("sc_pupil", "Gender_[term][yy]", "Sex, age and birth"),
    ("lilr_learners", "Sex", "Sex, age and birth"),
    ("absence", "YearOfBirth_ab[yy]", "Sex, age and birth"),
    ("ks4_pupil", "KS4_AIND", "Ethnicity, language and nationality"),
    ("hesa", "HE_NATION", "Ethnicity, language and nationality"),
    ("sc_pupil", "FirstLanguage_[term][yy]", "Ethnicity, language and nationality"),
    ("sc_pupil", "EVERFSM_6_[term][yy]", "Free meals and disadvantage"),
    ("ks4_pupil", "KS4_FSM6CLA1A", "Free meals and disadvantage"),
    ("ucas", "socioecon_group2010", "Free meals and disadvantage"),
    ("sc_pupil", "SENprovision_[term][yy]", "Special needs and disability"),
    ("cin_disabilities", "CIN_Disability", "Special needs and disability"),
    ("sc_pupil", "IDACIScore_15_[term][yy]", "Place and deprivation"),
    ("leo_geography", "GORNM", "Place and deprivation"),
    ("ucas", "polar4_quintile", "Place and deprivation"),
    ("sc_pupil", "URN_[term][yy]_anon", "School, provider or authority"),
    ("lilr_learners", "ukprn_anon", "School, provider or authority"),
    ("ks4_pupil", "KS4_ADMPOL", "School, provider or authority"),
    ("sc_pupil", "NCyearActual_[term][yy]", "Enrolment and year group"),
    ("sc_pupil", "ModeOfTravel_[term][yy]", "Enrolment and year group"),
    ("absence", "AuthorisedAbsence_Autumn_ab[yy]", "Absence"),
    ("absence", "TermlyReasonE_Autumn_ab[yy]", "Absence"),
    ("exclusions_t1", "Reason_ex[yy]", "Exclusions"),
    ("cla", "cla_PLACEMENT", "Care and need"),
    ("hesa", "HE_CARELEAVER", "Care and need"),
    ("ks2_pupil", "KS2_READLEV", YOUNG),
    ("eyfsp", "FSP_EYFSP_TOTAL", YOUNG),
    ("ks2_pupil", "KS2_EAL_PAPS", YOUNG),  # a term of a model, though it speaks of first language
    ("ks4_pupil", "KS4_P8SCORE_ORIG", "Attainment at 16 (key stage 4)"),
    ("sc_pupil", "MathsGCSEHighestPriorAttainment_[term][yy]", "Attainment at 16 (key stage 4)"),
    ("ks5_student", "KS5_GA_HOME_EC", "Attainment after 16"),  # home economics is no place
    ("lilr_aims", "AimTitle", "Courses, subjects and funding"),
    ("hesa", "HE_XTARIFF", "University application and entry"),
    ("ucas", "acceptance_route", "University application and entry"),
    ("nccis", "NCCIS_Current_Activity_Code", "Activity and destinations"),
    ("leo_earnings", "Earnings", "Pay and tax"),
    ("leo_earnings", "Main_SIC2007", "Jobs and firms"),
    ("leo_idbr", "Employees", "Jobs and firms"),
    ("leo_benefit", "Benefit_type", "Benefits and support in the pandemic"),
    ("lilr_aims", "OnUC_AtStart", "Benefits and support in the pandemic"),
]


@cache
def held():
    """Every variable with its topic, as the explorer gets them."""
    place = explorer.FIELDS.index("topic")
    tables = list(load_catalogue().tables)
    return {(tables[row[0]], row[1]): row[place] for row in explorer.variables()}


def test_every_variable_has_a_topic_and_every_topic_has_variables():
    number = Counter(held().values())
    assert set(TITLES) <= set(number) <= {*TITLES, explorer.OTHER}
    assert number[explorer.OTHER] < 0.05 * number.total()
    assert len(TITLES) == len(set(TITLES))


def test_tables_whose_rest_belongs_to_a_topic_exist_and_stand_once():
    named = [table for topic in explorer.topics() for table in topic.get("rest", ())]
    assert len(named) == len(set(named)) and set(named) <= set(load_catalogue().tables)


def test_every_pattern_fits_something():
    catalogue = load_catalogue()
    labels = {item.label for table in catalogue.tables for item in catalogue.variables(table)}
    idle = [
        pattern.pattern
        for topic in explorer.topics()
        for pattern in topic["labels"]
        if not any(pattern.search(label) for label in labels)
    ]
    assert not idle


@pytest.mark.parametrize(("table", "name", "topic"), EXPECTED)
def test_a_variable_is_where_a_reader_looks_for_it(table, name, topic):
    assert held()[table, name] == topic


@pytest.mark.site
@pytest.mark.browser
def test_the_filter_works_with_the_others_by_keyboard_and_in_the_link(page, address):
    page.goto(address + EXPLORER, wait_until="load")
    page.locator("#leo-state:empty").wait_for(state="attached")
    offered = page.locator("#leo-topic option").all_inner_texts()
    assert offered == ["all", *TITLES]
    page.focus("#leo-topic")
    page.keyboard.type("Place")
    page.keyboard.press("Tab")
    assert page.input_value("#leo-topic") == "Place and deprivation"
    page.select_option("#leo-table", "ucas")
    wanted = {f"{t}.{n}" for (t, n), k in held().items() if (t, k) == ("ucas", offered[7])}
    while page.locator("#leo-more").is_visible():
        page.click("#leo-more")
    ids = "all => all.map(row => row.dataset.id)"
    assert set(page.eval_on_selector_all("#leo-rows tr", ids)) == wanted and wanted
    page.wait_for_url(re.compile("#topic=Place.*&table=ucas$"))
    link = page.url
    page.goto("about:blank")
    page.goto(link, wait_until="load")
    assert page.input_value("#leo-topic") == "Place and deprivation"
    assert set(page.eval_on_selector_all("#leo-rows tr", ids)) <= wanted
    assert page.errors == [] and page.outside == []
