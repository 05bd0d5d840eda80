/* ------------------------------------------------------------------------------------------
   Cohort selection: pupils at the end of key stage 4, 2009/10 to 2015/16
   One row a pupil: results, what the spring census of that year says, and AE_ID.

   Reads    npd_i2   ks4pupil (both deliveries), spring census 2010 to 2016
            leo_i2   AE_ID to PMR lookup
   Writes   study.cohort

   Replace the project number by your own before you run it.
   ------------------------------------------------------------------------------------------ */
set nocount on
go

if schema_id('study') is null
	exec('create schema study')
go

-- ------------------------------------------------------------------------------------------
-- 1. Results. The two deliveries name the measures differently, and 2014 counts fewer
--    qualifications (the _ptq columns), so each year takes the column that was published.
-- ------------------------------------------------------------------------------------------
if object_id('study.wip#ks4') is not null drop table study.wip#ks4

create table study.wip#ks4 (
	pmr char(18) collate Latin1_General_BIN not null,
	ks4_year smallint not null,
	birth_year smallint null,
	birth_month tinyint null,
	sex char(1) null,
	laestab varchar(30) collate Latin1_General_BIN null,
	points int null,
	level2_em tinyint null,
	att8 float null
)

insert study.wip#ks4
select
	pmr = ks4_pupilmatchingrefanonymous collate Latin1_General_BIN,
	ks4_year = left(ks4_acadyr, 4) + 1,
	ks4_yearofbirth,
	ks4_monthofbirth,
	sex = case upper(left(ks4_gender, 1)) when 'B' then 'M' when 'G' then 'F' else upper(left(ks4_gender, 1)) end,
	nullif(ks4_laestab_anon, '') collate Latin1_General_BIN,
	points = case when ks4_acadyr = '2013/2014' then ks4_ptscnewe_ptq else ks4_ptscnewe end,
	level2_em = case when ks4_acadyr = '2013/2014' then ks4_level2_em_ptq else ks4_level2_em end,
	att8 = null
from npd_i2."2002237".ks4pupil_2002_to_2014
where left(ks4_acadyr, 4) + 1 between 2010 and 2014
	and ks4_endks = 1
	and ks4_pupilmatchingrefanonymous <> ''		-- a missing PMR is an empty string, not null

insert study.wip#ks4
select
	ks4_pupilmatchingrefanonymous collate Latin1_General_BIN,
	left(ks4_acadyr, 4) + 1,
	ks4_yearofbirth,
	ks4_monthofbirth,
	case upper(left(ks4_gender, 1)) when 'B' then 'M' when 'G' then 'F' else upper(left(ks4_gender, 1)) end,
	nullif(ks4_laestab_anon, '') collate Latin1_General_BIN,
	ks4_ptscnewe_ptq_ee,
	ks4_level2_em_94,
	ks4_att8
from npd_i2."2002237".ks4pupil_2015_to_2021
where left(ks4_acadyr, 4) + 1 in (2015, 2016)
	and ks4_endks = 1
	and ks4_pupilmatchingrefanonymous <> ''

-- ------------------------------------------------------------------------------------------
-- 2. One row a pupil: the last year in which the pupil is at the end of key stage 4,
--    within that year the better result (some pupils are entered by two schools)
-- ------------------------------------------------------------------------------------------
if object_id('tempdb..#best') is not null drop table #best

select *
into #best
from (
	select *,
		n = row_number() over (
			partition by pmr
			order by ks4_year desc, isnull(level2_em, 0) desc, isnull(points, -1) desc,
				isnull(att8, -1) desc, isnull(laestab, '') collate Latin1_General_BIN,
				birth_year, birth_month, sex
		)
	from study.wip#ks4
) k
where n = 1

create unique clustered index ix_best on #best (pmr)

-- ------------------------------------------------------------------------------------------
-- 3. The spring census of the same year. The columns carry the year in their names.
-- ------------------------------------------------------------------------------------------
if object_id('study.wip#census') is not null drop table study.wip#census

create table study.wip#census (
	pmr char(18) collate Latin1_General_BIN not null,
	year smallint not null,
	fsm tinyint null,
	sen varchar(10) null,
	ethnicity varchar(60) null,
	onroll tinyint null,
	enrolstatus char(1) null,
	recordstatus smallint null,
	laestab varchar(30) collate Latin1_General_BIN null
)

insert into study.wip#census
select pupilmatchingrefanonymous_spr10, 2010, fsmeligible_spr10, senprovision_spr10, ethnicgroupminor_spr10,
	onroll_spr10, enrolstatus_spr10, recordstatus_spr10, laestab_anon_spr10
from npd_i2."2002237".spring_census_2010
union all
select pupilmatchingrefanonymous_spr11, 2011, fsmeligible_spr11, senprovision_spr11, ethnicgroupminor_spr11,
	onroll_spr11, enrolstatus_spr11, recordstatus_spr11, laestab_anon_spr11
from npd_i2."2002237".spring_census_2011
union all
select pupilmatchingrefanonymous_spr12, 2012, fsmeligible_spr12, senprovision_spr12, ethnicgroupminor_spr12,
	onroll_spr12, enrolstatus_spr12, recordstatus_spr12, laestab_anon_spr12
from npd_i2."2002237".spring_census_2012
union all
select pupilmatchingrefanonymous_spr13, 2013, fsmeligible_spr13, senprovision_spr13, ethnicgroupminor_spr13,
	onroll_spr13, enrolstatus_spr13, recordstatus_spr13, laestab_anon_spr13
from npd_i2."2002237".spring_census_2013
union all
select pupilmatchingrefanonymous_spr14, 2014, fsmeligible_spr14, senprovision_spr14, ethnicgroupminor_spr14,
	onroll_spr14, enrolstatus_spr14, recordstatus_spr14, laestab_anon_spr14
from npd_i2."2002237".spring_census_2014
union all
select pupilmatchingrefanonymous_spr15, 2015, fsmeligible_spr15, senprovision_spr15, ethnicgroupminor_spr15,
	onroll_spr15, enrolstatus_spr15, recordstatus_spr15, laestab_anon_spr15
from npd_i2."2002237".spring_census_2015
union all
select pupilmatchingrefanonymous_spr16, 2016, fsmeligible_spr16, senprovision_spr16, ethnicgroupminor_spr16,
	onroll_spr16, enrolstatus_spr16, recordstatus_spr16, laestab_anon_spr16
from npd_i2."2002237".spring_census_2016

delete study.wip#census where pmr = ''
delete c from study.wip#census c where not exists (select 1 from #best b where b.pmr = c.pmr and b.ks4_year = c.year)

-- codes: text after the ethnic code, SEN on one scale, types of need in the wrong column
update study.wip#census
set ethnicity = left(ltrim(ethnicity), 4),
	sen = case
		when sen in ('S', 'E') then 'E'
		when sen in ('A', 'P', 'K') then 'K'
		when sen = 'N' then 'N'
	end

create index ix_census on study.wip#census (pmr, year) include (fsm, sen, ethnicity)

-- ------------------------------------------------------------------------------------------
-- 4. AE_ID: the smallest where a PMR has several
-- ------------------------------------------------------------------------------------------
if object_id('tempdb..#person') is not null drop table #person

select
	pmr = pupilmatchingrefanonymous collate Latin1_General_BIN,
	ae_id = min(ae_id),
	ae_ids = count(distinct ae_id)
into #person
from leo_i2."2002237".learner_ae_id_to_pmr_lookup
where pupilmatchingrefanonymous <> ''
group by pupilmatchingrefanonymous collate Latin1_General_BIN

-- ------------------------------------------------------------------------------------------
-- 5. The cohort
-- ------------------------------------------------------------------------------------------
if object_id('study.cohort') is not null drop table study.cohort

create table study.cohort (
	pmr char(18) collate Latin1_General_BIN not null primary key,
	ae_id bigint null,
	ks4_year smallint not null,
	birth_year smallint null,
	birth_month tinyint null,
	sex char(1) null,
	fsm tinyint null,
	sen char(1) null,
	ethnicity char(4) null,
	level2_em tinyint null,
	points int null,
	att8 float null,
	school_year_start as datefromparts(ks4_year - 1, 9, 1),
	age_in_months as (ks4_year - 1 - birth_year) * 12 + 8 - birth_month,
	minority as case when ethnicity in ('WBRI') then 0 when ethnicity is null then null else 1 end
)

insert into study.cohort (pmr, ae_id, ks4_year, birth_year, birth_month, sex, fsm, sen, ethnicity, level2_em, points, att8)
select b.pmr, p.ae_id, b.ks4_year, b.birth_year, b.birth_month, b.sex, c.fsm, c.sen,
	case when c.ethnicity in ('REFU', 'NOBT', 'MISS', 'INVA', 'N/A') then null else c.ethnicity end,
	b.level2_em, b.points, b.att8
from #best b
left join #person p on p.pmr = b.pmr
outer apply (
	select top 1 fsm, sen, ethnicity
	from study.wip#census s
	where s.pmr = b.pmr and s.year = b.ks4_year
	-- main or only registration first, then pupils on roll, then the supplier's own ranking
	order by case when enrolstatus in ('C', 'M') then 1 when onroll = 1 then 2 else 3 end,
		isnull(recordstatus, 0), isnull(laestab, '') collate Latin1_General_BIN,
		isnull(fsm, 9), isnull(sen, ''), isnull(ethnicity, '')
) c

declare @found int = (select count(*) from study.cohort), @expected int = (select count(*) from #best)
if @found <> @expected
	print 'Rows were lost or multiplied: ' + cast(@found as varchar(10)) + ' of ' + cast(@expected as varchar(10))

-- a look at the cohort, year by year
select
	ks4_year,
	pupils = count(*),
	linked = count(ae_id),
	fsm_known = count(fsm),
	fsm_share = cast(avg(1.0 * fsm) as decimal(5, 3)),
	level2_em_percent = cast(100.0 * sum(level2_em) / nullif(count(level2_em), 0) as decimal(5, 1))
from study.cohort
group by ks4_year
order by ks4_year

select pmr, ae_id, ks4_year, sex, fsm, sen, ethnicity, level2_em, points, att8, school_year_start, age_in_months, minority
from study.cohort
order by pmr collate Latin1_General_BIN
