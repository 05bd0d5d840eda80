/* ------------------------------------------------------------------------------------------
   Sustained employment after key stage 4, with and without self-assessment

   Sustained: paid work on at least one day in five of the six months October to March,
   three years after the end of key stage 4. A self-assessment return for the tax year with
   income above nought counts as sustained too.

   Published as percentages; groups of fewer than ten people are suppressed.
   ------------------------------------------------------------------------------------------ */
set nocount on
if schema_id('study') is null exec('create schema study')
go

/* ---- the cohorts: one row a pupil ---- */
if object_id('tempdb..#cohort') is not null drop table #cohort

select
	pmr = ks4_pupilmatchingrefanonymous collate Latin1_General_BIN,
	ks4_year = max(left(ks4_acadyr, 4) + 1),
	fsm = max(isnull(ks4_fsm, 0)),
	sex = max(case ks4_gender when 'B' then 'M' when 'G' then 'F' else ks4_gender end)
into #cohort
from npd_i2."2002237".ks4pupil_2002_to_2014
where left(ks4_acadyr, 4) between '2007' and '2013'
	and ks4_endks = 1
	and ks4_pupilmatchingrefanonymous <> ''
group by ks4_pupilmatchingrefanonymous collate Latin1_General_BIN

/* ---- their keys in the tax records; a person may have several ---- */
if object_id('tempdb..#key') is not null drop table #key

select distinct
	c.pmr,
	edukey = e.edukey collate Latin1_General_BIN
into #key
from #cohort c
inner join leo_i2."2002237".learner_ae_id_to_pmr_lookup p on p.pupilmatchingrefanonymous collate Latin1_General_BIN = c.pmr
inner join leo_i2."2002237".learner_ae_id_to_edukey_lookup e on e.ae_id = p.ae_id
where e.edukey <> ''

create index ix_key on #key (edukey) include (pmr)

alter table #cohort add
	linked bit not null default 0,
	months int not null default 0,
	paye bit not null default 0,
	self_employed bit not null default 0

update #cohort set linked = 1 where pmr in (select pmr from #key)

/* ---- the six months, cohort by cohort ---- */
declare @year int = 2008, @last int, @from date, @month int, @month_start date, @rows int
select @last = max(ks4_year) from #cohort

while @year <= @last
begin
	-- three years on: KS4 in 2010, then October 2012 to March 2013
	set @from = datefromparts(@year + 2, 10, 1)
	set @month = 0

	while @month < 6
	begin
		set @month_start = dateadd(month, @month, @from)

		update c
		set months += 1
		from #cohort c
		where c.ks4_year = @year
			and exists (
				select 1
				from #key k
				inner join leo_i2."2002237".leo_employment j on j.edukey collate Latin1_General_BIN = k.edukey
				where k.pmr = c.pmr
					and j.startdate <= eomonth(@month_start)
					and (j.enddate >= @month_start or j.enddate is null)
			)

		set @rows = @@rowcount
		if @rows = 0
			print 'Nobody of ' + cast(@year as varchar(4)) + ' works in ' + convert(varchar(7), @month_start, 120)

		set @month = @month + 1
	end

	set @year = @year + 1
end

update #cohort set paye = 1 where months >= 5

/* ---- self-assessment: the tax year that ends in the April after the six months ---- */
update c
set self_employed = 1
from #cohort c
inner join #key k on k.pmr = c.pmr
inner join leo_i2."2002237".leo_self_assessment s on s.edukey collate Latin1_General_BIN = k.edukey
where left(s.taxyear, 4) + 1 = c.ks4_year + 3
	and isnull(s.earnings_self_employment, 0) > 0

if object_id('study.sustained') is not null drop table study.sustained

select
	c.ks4_year,
	g.grp,
	pupils = count(*),
	linked = sum(cast(linked as int)),
	paye = sum(cast(paye as int)),
	either = sum(case when paye = 1 or self_employed = 1 then 1 else 0 end),
	mean_months = avg(case when linked = 1 then months end)
into study.sustained
from #cohort c
cross apply (values
	('all'),
	(case when c.fsm = 1 then 'fsm' else 'not fsm' end),
	(case c.sex when 'M' then 'male' when 'F' then 'female' end)
) g (grp)
where g.grp is not null
group by c.ks4_year, g.grp

alter table study.sustained add
	paye_percent as cast(100.0 * paye / nullif(linked, 0) as decimal(5, 1)),
	either_percent as cast(100.0 * either / nullif(linked, 0) as decimal(5, 1))
go

-- with self-assessment nobody can have less
if exists (select * from study.sustained where either < paye)
begin
	raiserror('Self-assessment has taken somebody away.', 16, 1)
	return
end

select
	ks4_year,
	grp,
	pupils = case when pupils < 10 then null else pupils end,
	linked = case when pupils < 10 then null else linked end,
	paye_percent = iif(pupils < 10, null, paye_percent),
	either_percent = iif(pupils < 10, null, either_percent),
	mean_months = iif(pupils < 10, null, mean_months),
	note = case when pupils < 10 then 'c' else '' end
from study.sustained
order by ks4_year, grp
