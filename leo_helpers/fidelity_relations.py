"""Small joins over several views, on which the fidelity report measures some targets.

They follow a person from one table to another: pay by years after key stage 4, say, needs pay, the
lookups and the key stage 4 record. ``{year}`` is the target's year; names such as ``lookup_pmr``
are tables that :class:`leo_helpers.fidelity_sql.Measurer` makes ready.
"""

from __future__ import annotations

__all__ = ["CENSUS", "DATED", "RELATIONS"]

#: Pupils of a spring census, once each.
CENSUS = """
    SELECT {pmr} AS pmr, {nc} AS nc, try_cast({nc} AS INTEGER) AS nc_number,
           left({ethnic}, 4) AS ethnic, {sex} AS sex
    FROM {census} WHERE {status} IS NULL OR {status} < 100
"""
#: Days with a job in each tax year whose dates are all known, each counted once; at most 365.
DATED = """
    WITH clipped AS (
        SELECT ae_id, y.range AS tax_year, greatest(s.startdate, make_date(y.range - 1, 4, 6)) AS a,
               least(coalesce(s.enddate, DATE '2021-04-05'), make_date(y.range, 4, 5)) AS b,
               s.uncertainstartdate = 1 AND s.startdate >= make_date(y.range - 1, 4, 6)
               OR s.uncertainenddate = 1 AND s.enddate <= make_date(y.range, 4, 5) AS guessed
        FROM spells s, range(2004, 2022) y
        WHERE s.startdate <= make_date(y.range, 4, 5)
          AND coalesce(s.enddate, DATE '2021-04-05') >= make_date(y.range - 1, 4, 6)
    ), ordered AS (
        SELECT *, max(b) OVER (PARTITION BY ae_id, tax_year ORDER BY a, b
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
        FROM clipped
    )
    SELECT ae_id, tax_year, least(sum(greatest(
        date_diff('day', greatest(a, coalesce(reach + 1, a)), b) + 1, 0)), 365) AS days
    FROM ordered GROUP BY ALL HAVING NOT bool_or(guessed)
"""
#: The joins by the name that ``targets.csv`` calls them.
RELATIONS = {
    "person": """
        SELECT l.ae_id, min(k._year) AS ks4_year, any_value(k.sex) AS sex, any_value(k.fsm) AS fsm,
               bool_or(e.ae_id IS NOT NULL) AS linked
        FROM lookup_pmr l
        JOIN ks4_people k ON k.pmr = l.pmr
        LEFT JOIN (SELECT DISTINCT ae_id FROM lookup_edukey) e ON e.ae_id = l.ae_id
        GROUP BY l.ae_id
    """,
    "adult_year": """
        WITH base AS (
            SELECT p.ae_id, p.sex, p.ks4_year, CAST(y.range AS INTEGER) AS tax_year,
                   CAST(y.range - p.ks4_year AS INTEGER) AS yak
            FROM person p, range(2004, 2022) y WHERE p.linked AND y.range >= p.ks4_year
        ), spell AS (
            SELECT DISTINCT e.ae_id, y.range AS tax_year FROM leo_benefit b
            JOIN lookup_edukey e USING (edukey), range(2004, 2022) y
            WHERE b.startdate <= make_date(y.range, 4, 5)
              AND coalesce(b.enddate, DATE '9999-12-31') >= make_date(y.range - 1, 4, 6)
        )
        SELECT base.*, yak + 16 AS age, yak + 15 AS august_age, pay.earnings AS nominal,
               pay.earnings * 365 / d.days / i.index AS yearly,
               pay.earnings IS NOT NULL AS employed,
               self.profit, self.ae_id IS NOT NULL AS self_employed,
               spell.ae_id IS NOT NULL AS claimed, furlough.ae_id IS NOT NULL AS furloughed,
               grant_.ae_id IS NOT NULL AS granted, later.ae_id IS NOT NULL AS trades_on,
               gain.total > 0 AS gained
        FROM base
        JOIN earnings_index i ON i.tax_year = base.tax_year
        LEFT JOIN pay ON pay.ae_id = base.ae_id AND pay.tax_year = base.tax_year
        LEFT JOIN dated d ON d.ae_id = base.ae_id AND d.tax_year = base.tax_year
        LEFT JOIN self ON self.ae_id = base.ae_id AND self.tax_year = base.tax_year
        LEFT JOIN self later
            ON later.ae_id = base.ae_id AND later.tax_year = base.tax_year + 1
        LEFT JOIN (SELECT ae_id, sum(profit) AS total FROM self
                   WHERE tax_year BETWEEN 2017 AND 2019 GROUP BY ae_id) gain
            ON gain.ae_id = base.ae_id AND base.tax_year = 2019
        LEFT JOIN spell ON spell.ae_id = base.ae_id AND spell.tax_year = base.tax_year
        LEFT JOIN furlough ON furlough.ae_id = base.ae_id AND furlough.tax_year = base.tax_year
        LEFT JOIN grant_ ON grant_.ae_id = base.ae_id AND base.tax_year = 2019
    """,
    "graduate_year": """
        SELECT g.ae_id, pay.tax_year, CAST(pay.tax_year - g.finished AS INTEGER) AS yag,
               pay.earnings * 365 / d.days / i.index AS yearly
        FROM graduate g JOIN pay USING (ae_id) JOIN earnings_index i USING (tax_year)
        JOIN dated d USING (ae_id, tax_year)
        WHERE pay.tax_year > g.finished
    """,
    "pupil_linked": """
        SELECT c.*, bool_or(e.ae_id IS NOT NULL) OVER (PARTITION BY l.ae_id) AS linked
        FROM ({census}) c JOIN lookup_pmr l USING (pmr)
        LEFT JOIN (SELECT DISTINCT ae_id FROM lookup_edukey) e ON e.ae_id = l.ae_id
    """,
    "ks3": """
        SELECT * FROM (SELECT ks3_pupilmatchingrefanonymous AS pmr,
                              CAST(right(ks3_acadyr, 4) AS INTEGER) AS year FROM {candidate})
        POSITIONAL JOIN {indicators}
    """,
    "two_keys": """
        SELECT l.ae_id, count(DISTINCT l.pmr) AS pmrs, count(DISTINCT e.edukey) AS edukeys
        FROM lookup_pmr l LEFT JOIN lookup_edukey e ON e.ae_id = l.ae_id GROUP BY l.ae_id
    """,
    "young_person": """
        SELECT p.ae_id, n._year AS year, n._year - p.ks4_year + 15 AS age,
               n.nccis_monthno AS month, n.nccis_current_activity_code AS activity
        FROM nccis n JOIN lookup_pmr l ON l.pmr = n.nccis_pupilmatchingrefanonymous
        JOIN person p USING (ae_id)
    """,
    "student": """
        SELECT p.*, h.entry FROM person p LEFT JOIN he_entry h USING (ae_id)
    """,
    "entrant": """
        SELECT e.ae_id, e.entry, e.entry + 1 NOT IN (
            SELECT year FROM he_rows r WHERE r.ae_id = e.ae_id) AS gone
        FROM he_entry e WHERE (e.ae_id, e.entry, 1) IN (SELECT (ae_id, year, study) FROM he_rows)
    """,
    "employer": """
        SELECT i.employees FROM paid e JOIN firm i ON i.entkey = e.main_enterprise
            AND i.sourceyear = CASE WHEN e._year <= 2017 THEN 2019 ELSE 2020 END
    """,
    "pupil_excluded": """
        SELECT c.*, coalesce(x.fixed, 0) AS fixed, coalesce(x.permanent, 0) AS permanent
        FROM ({census}) c LEFT JOIN (
            SELECT {exclusion_pmr} AS pmr, count(*) FILTER ({category} <> 'PERM') AS fixed,
                   count(*) FILTER ({category} = 'PERM' AND coalesce({twice}, 0) < 2) AS permanent
            FROM {exclusions} GROUP BY ALL
        ) x USING (pmr) WHERE c.pmr <> ''
    """,
    "pupil_care": """
        SELECT c.*, coalesce(n.open, FALSE) AS open, n.pmr IS NOT NULL AS in_need,
               coalesce(a.still, FALSE) AS looked_after, coalesce(n.plan, FALSE) AS plan
        FROM ({census}) c
        LEFT JOIN (SELECT cin_pupilmatchingrefanonymous AS pmr,
                          bool_or(cin_caseopen31march = 1) AS open,
                          bool_or(cin_caseopen31march = 1 AND cin_cppstartdate IS NOT NULL) AS plan
                   FROM {cin} WHERE cin_acadyr = {year} GROUP BY ALL) n USING (pmr)
        LEFT JOIN (SELECT cla_pupilmatchingrefanonymous AS pmr,
                          bool_or(cla_cla_31_march = 1) AS still
                   FROM {cla} WHERE cla_processing_year = {year} GROUP BY ALL) a USING (pmr)
        WHERE c.pmr <> ''
    """,
}
