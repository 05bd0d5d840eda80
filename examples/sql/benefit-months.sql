/* ------------------------------------------------------------------------------------------
   Benefit spells to months

   Claims overlap: the same person can have two benefits at once, under two EDUKEYs.
   They are joined to spells first, then spread over months.

   A month counts if there is a benefit on at least one of its days. Days are counted once.
   Tax years by their end: April 2010 to March 2011 is 2011 (months, so the first five days
   of April go with the new year).
   ------------------------------------------------------------------------------------------ */
set nocount on
if schema_id('study') is null exec('create schema study')
go

-- people: the smallest AE_ID of each EDUKEY
drop table if exists study.wip#edukey
select
	edukey = edukey collate Latin1_General_BIN,
	ae_id = min(ae_id)
into study.wip#edukey
from leo_i2."2002237".learner_ae_id_to_edukey_lookup
where edukey <> ''
group by edukey collate Latin1_General_BIN

create unique clustered index ix on study.wip#edukey (edukey)
go

declare @first date = '2005-04-01', @last date = '2021-03-31'

drop table if exists study.wip#claim

select
	e.ae_id,
	scheme = case
		when b.benefit_type in ('UAA', 'UAB', 'UBC', 'UBD', 'UCE', 'UDF', 'UNA') then 'UC'
		when b.benefit_type in ('JSA', 'JTA') then 'JSA'
		else 'other' end,
	out_of_work = cast(b.out_of_work_benefit as int),
	-- an open claim has 9999-12-31 or nothing; the data stop at the end of the window
	start_date = case when b.startdate < @first then @first else b.startdate end,
	end_date = case when isnull(nullif(b.enddate, '9999-12-31'), @last) > @last then @last else isnull(nullif(b.enddate, '9999-12-31'), @last) end
into study.wip#claim
from leo_i2."2002237".leo_benefit b
inner join study.wip#edukey e on e.edukey = b.edukey collate Latin1_General_BIN
where b.startdate <= @last
	and (b.enddate is null or b.enddate >= @first)
	and (b.enddate is null or b.enddate >= b.startdate)

print 'claims in the window: ' + cast(@@rowcount as varchar(10))
go

/* ---- spells: a claim that begins later than the day after all earlier ones have ended starts a new one.
        Done twice, for any benefit (0) and for out-of-work benefits only (1) ---- */
drop table if exists study.wip#spell
create table study.wip#spell (
	ae_id bigint not null,
	only_out_of_work bit not null,
	spell int not null,
	start_date date not null,
	end_date date not null,
	days as datediff(day, start_date, end_date) + 1,
	primary key (ae_id, only_out_of_work, spell)
)

declare @kind bit = 0
declare @pass int = 0

while @pass < 2
begin
	set @kind = @pass

	;with claims as (
		select ae_id, start_date, end_date,
			reached = max(end_date) over (
				partition by ae_id order by start_date, end_date
				rows between unbounded preceding and 1 preceding)
		from study.wip#claim
		where @kind = 0 or out_of_work = 1
	), starts as (
		select *, is_new = case when reached is null or start_date > dateadd(day, 1, reached) then 1 else 0 end
		from claims
	), numbered as (
		-- no ROWS here: claims with the same dates must get the same number
		select *, spell = sum(is_new) over (partition by ae_id order by start_date, end_date)
		from starts
	)
	insert into study.wip#spell (ae_id, only_out_of_work, spell, start_date, end_date)
	select ae_id, @kind, spell, min(start_date), max(end_date)
	from numbered
	group by ae_id, spell

	set @pass = @pass + 1
end
go

/* ---- a calendar of months ---- */
declare @calendar table (
	month_start date primary key,
	month_end date not null,
	tax_year smallint not null
)

;with months as (
	select m = cast('2005-04-01' as date)
	union all
	select dateadd(month, 1, m) from months where m < '2021-03-01'
)
insert @calendar
select m, eomonth(m), year(dateadd(month, 9, m))
from months
option (maxrecursion 400)

if (select count(*) from @calendar) <> 192
	throw 50001, 'The calendar should have sixteen years of months.', 1;

drop table if exists study.benefit_months

select
	s.ae_id,
	c.tax_year,
	c.month_start,
	any_days = sum(case when s.only_out_of_work = 0 then d.days else 0 end),
	oow_days = sum(case when s.only_out_of_work = 1 then d.days else 0 end)
into study.benefit_months
from study.wip#spell s
inner join @calendar c on c.month_start <= s.end_date and c.month_end >= s.start_date
cross apply (
	select days = datediff(day,
		case when s.start_date > c.month_start then s.start_date else c.month_start end,
		case when s.end_date < c.month_end then s.end_date else c.month_end end) + 1
) d
group by s.ae_id, c.tax_year, c.month_start

create unique index ix on study.benefit_months (ae_id, month_start) include (any_days, oow_days)

-- no month can have more days than the calendar gives it
if exists (select 1 from study.benefit_months where any_days > day(eomonth(month_start)) or oow_days > any_days)
	raiserror('Days were counted twice.', 16, 1)
go

/* ---- one row a person and tax year ---- */
select
	ae_id,
	tax_year,
	months_any = count(*),
	months_oow = sum(case when oow_days > 0 then 1 else 0 end),
	days_any = sum(any_days),
	days_oow = sum(oow_days),
	mean_days = avg(any_days),			-- whole days: avg of an int is an int
	share_oow = cast(1.0 * sum(oow_days) / sum(any_days) as decimal(6, 4))
from study.benefit_months
group by ae_id, tax_year
order by ae_id, tax_year
