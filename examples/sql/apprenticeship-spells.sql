/* ------------------------------------------------------------------------------------------
   Apprenticeship spells from yearly aims

   The ILR has a row for each aim and each academic year in which it is open, so a two-year
   apprenticeship stands there two or three times with the same start date. Read year by
   year: all aims in one statement run for hours inside.

   Spells of a person are joined when the gap is 30 days or less.

   Writes   study.apprenticeship
   ------------------------------------------------------------------------------------------ */
set nocount on
set ansi_warnings on
go

if schema_id('study') is null exec ('create schema study')
go

if object_id('study.wip#app') is not null drop table study.wip#app
create table study.wip#app (
	recordid bigint not null,
	year smallint not null,				-- end of the academic year
	programme_type smallint not null,
	start_date date not null,
	planned_end date null,
	end_date date null,
	compstatus int null
)
go

/* ---- year by year ---- */
declare @y int, @to int, @n int
select @y = min(year), @to = max(year) from lilr_i2."2002237".aims

while @y <= @to
begin

	insert into study.wip#app
	select
		a.recordid,
		cast(right(a.academicyear, 2) as int) + 2000,
		a.programme_type,
		a.start_date,
		a.end_date_expected,
		nullif(a.end_date, '1900-01-01'),
		nullif(a.compstatus, -1)
	from lilr_i2."2002237".aims a
	where a.year = @y
		and a.app = 1
		-- intermediate, advanced and higher apprenticeships, and standards
		and a.programme_type in (2, 3, 10, 20, 21, 22, 23, 25)
		and a.start_date <> '1900-01-01'
		and isnull(a.recordid, 0) > 0

	set @n = @@rowcount
	if @n = 0 print 'No apprenticeships in ' + cast(@y + 1 as varchar(4))

	set @y += 1
end

create index ix_app on study.wip#app (recordid, programme_type, start_date) include (end_date, compstatus)
go

/* ---- one row an aim: the last year says how it ended ---- */
if object_id('tempdb..#aim') is not null drop table #aim

select
	recordid, programme_type, start_date,
	last_year = max(year),
	years_seen = count(distinct year),
	rows_seen = count(*)
into #aim
from study.wip#app
group by recordid, programme_type, start_date

alter table #aim add end_date date null, planned_end date null, completed bit not null default 0, withdrawn bit null

update a
set end_date = x.end_date,
	planned_end = x.planned_end,
	completed = x.completed,
	withdrawn = x.withdrawn
from #aim a
cross apply (
	select
		end_date = max(p.end_date),
		planned_end = max(p.planned_end),
		completed = max(case when p.compstatus = 2 then 1 else 0 end),
		withdrawn = max(case when p.compstatus = 3 then 1 else 0 end)
	from study.wip#app p
	where p.recordid = a.recordid and p.programme_type = a.programme_type
		and p.start_date = a.start_date and p.year = a.last_year
) x

-- aims without an end run to the planned end, but never past the last year in which they were reported
update #aim
set end_date = case
		when planned_end is null then datefromparts(last_year, 7, 31)
		when planned_end < datefromparts(last_year, 7, 31) then planned_end
		else datefromparts(last_year, 7, 31)
	end
where end_date is null

delete #aim where end_date < start_date

/* ---- people ---- */
if object_id('tempdb..#person_aim') is not null drop table #person_aim

select
	r.ae_id,
	level = case when a.programme_type in (2) then 2 when a.programme_type = 3 then 3 when a.programme_type in (10, 20, 21, 22, 23) then 4 else 0 end,
	a.start_date, a.end_date, a.completed, a.withdrawn, a.years_seen
into #person_aim
from #aim a
inner join leo_i2."2002237".education_records_lookup r on r.recordid = a.recordid

/* ---- spells ---- */
if object_id('study.apprenticeship') is not null drop table study.apprenticeship

create table study.apprenticeship (
	ae_id bigint not null,
	spell tinyint not null,
	start_date date not null,
	end_date date not null,
	aims int not null,
	highest_level int not null,
	completed bit not null,
	withdrawn bit not null,
	days as datediff(day, start_date, end_date) + 1,
	months as datediff(month, start_date, end_date),
	start_year as year(start_date) + case when month(start_date) >= 8 then 1 else 0 end,
	outcome as case when completed = 1 then 'completed' when withdrawn = 1 then 'withdrawn' else 'open or unknown' end,
	constraint pk_apprenticeship primary key clustered (ae_id, spell)
)

insert study.apprenticeship (ae_id, spell, start_date, end_date, aims, highest_level, completed, withdrawn)
select
	ae_id, spell, min(start_date), max(end_date), count(*), max(level),
	max(cast(completed as int)),
	case when max(cast(completed as int)) = 1 then 0 else max(cast(withdrawn as int)) end
from (
	select *,
		spell = sum(is_new) over (partition by ae_id order by start_date, end_date, level)
	from (
		select *,
			is_new = case
				when datediff(day, max(end_date) over (
						partition by ae_id order by start_date, end_date, level
						rows between unbounded preceding and 1 preceding), start_date) <= 30
				then 0 else 1 end
		from #person_aim
	) a
) b
group by ae_id, spell

-- how many spells, and how they end
select highest_level, outcome, spells = count(*), mean_days = avg(days), longest = max(months)
from study.apprenticeship
group by highest_level, outcome
order by highest_level, outcome

select ae_id, spell, start_date, end_date, days, months, start_year, aims, highest_level, completed, withdrawn, outcome
from study.apprenticeship
order by ae_id, spell
