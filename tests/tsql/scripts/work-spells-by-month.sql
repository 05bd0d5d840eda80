/*=====================================================================
  Work: employment records to spells, spells to months, months to rates
  Needs leo_employment and the EDUKEY lookup. Makes its own schema, jobs.
  =====================================================================*/
use project
go
set nocount, xact_abort on
set ansi_padding, ansi_warnings on
set transaction isolation level read uncommitted
go

if schema_id('jobs') is null
	exec ('create schema jobs authorization dbo')
go

-- ---------------------------------------------------------------- log
if object_id('jobs.wip#log', 'U') is null
create table jobs.wip#log (
	log_id int identity(1, 1) not null constraint pk_log primary key clustered,
	step varchar(60) not null,
	n bigint null,
	at datetime not null constraint df_at default (getdate())
)
else truncate table jobs.wip#log
go

-- ---------------------------------------------------------------- people
if object_id('jobs.edukey') is not null drop table jobs.edukey
create table jobs.edukey (
	edukey char(14) collate Latin1_General_BIN not null,
	ae_id bigint not null,
	multiplex tinyint not null,
	constraint pk_edukey primary key clustered (edukey) with (data_compression = page, fillfactor = 100),
	constraint uq_edukey unique nonclustered (ae_id, multiplex)
)
go

declare @from bigint = -1, @rows int = 1, @slice int = 1500, @n int = 0

if object_id('tempdb..#ae') is not null drop table #ae
create table #ae (ae_id bigint not null, edukey char(14) collate Latin1_General_BIN not null)

while @rows > 0
begin
	insert #ae with (tablock) (ae_id, edukey)
	select top (@slice) with ties ae_id, edukey
	from leo_i2."2002237".learner_ae_id_to_edukey_lookup with (nolock)
	where ae_id > @from and edukey <> ''
	order by ae_id

	select @rows = @@rowcount, @n += 1
	if @rows > 0 select @from = max(ae_id) from #ae

	declare @m varchar(200) = 'slice ' + cast(@n as varchar) + ': ' + cast(@rows as varchar(12)) + ' rows'
	raiserror (@m, 0, 1) with nowait
end

insert into jobs.wip#log (step, n) values ('pairs', (select count_big(*) from #ae))
go

-- one person only to a key: the smallest
insert jobs.edukey with (tablockx) (edukey, ae_id, multiplex)
select edukey, ae_id, row_number() over (partition by ae_id order by edukey)
from (select edukey, ae_id = min(ae_id) from #ae group by edukey) q
option (maxdop 1, recompile)

-- keys of work records that the lookup does not have: people of their own, with numbers below nought
if object_id('tempdb..#orphan') is not null drop table #orphan
select
	edukey = e.edukey collate Latin1_General_BIN,
	ae_id = -row_number() over (order by min(e.startdate), e.edukey collate Latin1_General_BIN)
into #orphan
from leo_i2."2002237".leo_employment e
where e.edukey <> ''
	and not exists (select * from jobs.edukey k where k.edukey = e.edukey collate Latin1_General_BIN)
group by e.edukey collate Latin1_General_BIN

insert jobs.edukey select edukey, ae_id, 1 from #orphan
insert into jobs.wip#log (step, n) values ('orphans', @@rowcount)
go

/* ------------------------------------------------------- records
   A job that goes on has no end, or one after the snapshot.
   --------------------------------------------------------------------*/
if object_id('jobs.wip#job') is not null drop table jobs.wip#job
create table jobs.wip#job (
	job_id int identity(1,1) not null,
	ae_id bigint not null,
	start_date date not null,
	end_date date not null,
	open_ended bit not null,
	guess_start bit not null,
	guess_end bit not null,
	days as datediff(day, start_date, end_date) + 1 persisted,
	[end tax year] as case when end_date >= datefromparts(year(end_date), 4, 6) then year(end_date) + 1 else year(end_date) end,
	primary key nonclustered (job_id)
)

declare @snapshot datetime = '20210405'
declare @y int = 1997, @done int = 0, @total int = 0

while @y <= year(@snapshot)
begin
	insert into jobs.wip#job with (tablock) (ae_id, start_date, end_date, open_ended, guess_start, guess_end)
	select
		k.ae_id,
		start_date = e.startdate,
		end_date = case
			when e.enddate is null or e.enddate = '9999-12-31' or e.enddate > @snapshot then @snapshot
			else e.enddate end,
		open_ended = iif(e.enddate is null or e.enddate > @snapshot, 1, 0),
		isnull(e.uncertainstartdate, 0),
		isnull(e.uncertainenddate, 0)
	from leo_i2."2002237".leo_employment as e
	inner join jobs.edukey as k on k.edukey = e.edukey collate Latin1_General_BIN
	where e.startdate >= datefromparts(@y, 1, 1)
		and e.startdate < datefromparts(@y + 1, 1, 1)
		and e.startdate <= @snapshot
		and (e.enddate >= e.startdate or e.enddate is null)

	set @done = @@rowcount
	set @total += @done
	if @done > 0 print convert(varchar(19), getdate(), 120) + ' ' + str(@y, 4) + ' ' + replicate('.', @done / 100) + ' ' + ltrim(str(@done))
	set @y += 1
end

insert into jobs.wip#log (step, n) select 'jobs', @total

create clustered index cx on jobs.wip#job (ae_id, start_date, end_date) with (data_compression = page, sort_in_tempdb = on)
create nonclustered index ix_end on jobs.wip#job (ae_id, end_date desc) include (open_ended, guess_start, guess_end) where open_ended = 0
update statistics jobs.wip#job with fullscan
go

-- jobs of one day of which both dates were guessed say nothing
begin transaction
	delete j
	from jobs.wip#job j
	where j.guess_start = 1 and j.guess_end = 1 and j.days <= 1

	if @@rowcount > 10000
	begin
		rollback
		raiserror ('more guessed records than %d', 16, 1, 10000)
		return
	end
commit transaction
go

-- result 1: by the tax year in which the jobs end
select [end tax year], n = count(*), mean = avg(days), mean2 = avg(days + 0.0), longest = max(days), open_ = sum(cast(open_ended as int)), guessed = sum(cast(guess_start | guess_end as int))
from jobs.wip#job
group by [end tax year]
having count(*) > 20
order by [end tax year] desc
go

/* ------------------------------------------------------- spells
   Packing: +1 at a start, -1 after an end; a gap of up to 7 days does not count.
   --------------------------------------------------------------------*/
declare @tolerance tinyint = 7

if object_id('jobs.spell') is not null drop table jobs.spell

;with c1 as (
	select ae_id, ts = start_date, type = 1, e = null, s = row_number() over (partition by ae_id order by start_date, job_id)
	from jobs.wip#job
	union all
	select ae_id, dateadd(day, @tolerance + 1, end_date), -1, row_number() over (partition by ae_id order by end_date, job_id), null
	from jobs.wip#job
),
c2 as (
	select c1.*, se = row_number() over (partition by ae_id order by ts, type desc) from c1
),
c3 as (
	select ae_id, ts, pair = floor((row_number() over (partition by ae_id order by ts) - 1) / 2 + 1)
	from c2
	where coalesce(s - (se - s) - 1, (se - e) - e) = 0
),
c4 as (
	select ae_id, start_date = min(ts), end_date = dateadd(day, -(@tolerance + 1), max(ts))
	from c3
	group by ae_id, pair
)
select
	ae_id,
	spell = isnull(cast(row_number() over (partition by ae_id order by start_date) as smallint), 0),
	start_date,
	end_date,
	months = datediff(month, start_date, end_date) + 1,
	full_months = datediff(month, start_date, dateadd(day, 1, end_date)) - case when day(dateadd(day, 1, end_date)) < day(start_date) then 1 else 0 end,
	years = cast(datediff(day, start_date, end_date) / 365.25 as decimal(5,2))
into jobs.spell
from c4

insert into jobs.wip#log (step, n) values ('spells', @@rowcount)
alter table jobs.spell add constraint pk_spell primary key clustered (ae_id, spell)
create index ix on jobs.spell (start_date) include (end_date)
go

-- the same by window functions must give the same
;with o as (
	select *, hi = max(end_date) over (partition by ae_id order by start_date, end_date, job_id rows between unbounded preceding and 1 preceding)
	from jobs.wip#job
), g as (
	select *, new_spell = case when hi is null or datediff(dd, hi, start_date) > 8 then 1 else 0 end from o
), n as (
	select *, sp = sum(new_spell) over (partition by ae_id order by start_date, end_date, job_id rows unbounded preceding) from g
), s as (
	select ae_id, sp, a = min(start_date), b = max(end_date) from n group by ae_id, sp
)
insert jobs.wip#log (step, n)
select 'only in packing', count(*) from (select ae_id, start_date, end_date from jobs.spell except select ae_id, a, b from s) x
union all
select 'only in windows', count(*) from (select ae_id, a, b from s except select ae_id, start_date, end_date from jobs.spell) x

-- result 2: the longest spells
select top 5 with ties ae_id, spell, start_date, end_date, months, full_months, years
from jobs.spell order by months desc, full_months desc, ae_id
go

/* ------------------------------------------------------- months
   The numbers come from the objects of the server.
   --------------------------------------------------------------------*/
if object_id('tempdb..#month') is not null drop table #month;
with tally (n) as (
	select top (datediff(month, '2003-04-01', '2021-04-01')) row_number() over (order by (select null)) - 1
	from sys.all_objects a cross join sys.all_objects b
)
select
	month_id = isnull(cast(n as smallint), 0),
	month_start = cast(dateadd(month, n, '2003-04-01') as date),
	month_end = eomonth(dateadd(month, n, '2003-04-01')),
	tax_year = year(dateadd(month, n, '2003-04-01')) + case when month(dateadd(month, n, '2003-04-01')) >= 4 then 1 else 0 end,
	label = left(datename(month, dateadd(month, n, '2003-04-01')), 3) + ' ' + right(cast(year(dateadd(month, n, '2003-04-01')) as varchar(4)), 2)
into #month
from tally

create unique clustered index cx on #month (month_id)

-- result 3
select n = count(*), first_ = min(month_start), last_ = max(month_end), mean_days = avg(day(month_end)), sd = round(stdev(day(month_end)), 8), label = max(label) from #month

if object_id('jobs.person_month') is not null drop table jobs.person_month
select
	s.ae_id,
	m.month_id,
	m.tax_year,
	d = sum(datediff(day, x.a, x.b) + 1),
	full_month = cast(max(case when s.start_date <= m.month_start and s.end_date >= m.month_end then 1 else 0 end) as bit)
into jobs.person_month
from jobs.spell s
join #month m on s.start_date <= m.month_end and s.end_date >= m.month_start
cross apply (select a = max(v) from (values (s.start_date), (m.month_start)) t(v)) a0
cross apply (select a = a0.a, b = (select min(v) from (values (s.end_date), (m.month_end)) t(v))) x
group by s.ae_id, m.month_id, m.tax_year

alter table jobs.person_month add constraint pk_pm primary key clustered (ae_id, month_id)
alter table jobs.person_month rebuild partition = all with (data_compression = page)
go

-- result 4: by tax year
select
	tax_year,
	people = count(distinct ae_id),
	person_months = count(*),
	full_months = sum(cast(full_month as int)),
	mean_months = count(*) / count(distinct ae_id),
	mean_months2 = count(*) * 1.0 / count(distinct ae_id),
	mean_days = avg(d),
	mean_days2 = avg(cast(d as decimal(9, 2))),
	share = cast(round(100.0 * sum(cast(full_month as int)) / count(*), 1) as decimal(4,1)),
	sd = round(stdev(d), 4),
	vp = round(varp(cast(d as float)), 4)
from jobs.person_month
group by tax_year
order by tax_year

-- result 5: from month to month
select prev, now = cur, n = count(*), pct = convert(decimal(5,2), 100.0 * count(*) / sum(count(*)) over (partition by prev))
from (
	select
		cur = case when pm.ae_id is null then 'out' else 'in' end,
		prev = lag(case when pm.ae_id is null then 'out' else 'in' end, 1, 'new') over (partition by p.ae_id order by m.month_id)
	from (select distinct ae_id from jobs.spell) p
	cross join (select month_id from #month where month_id between 100 and 160) m
	left join jobs.person_month pm on pm.ae_id = p.ae_id and pm.month_id = m.month_id
) t
group by prev, cur
order by prev, cur

-- result 6: how long first spells last
select distinct
	start_ty = year(dateadd(day, -95, start_date)) + 1,
	n = count(*) over (partition by year(dateadd(day, -95, start_date)) + 1),
	p25 = percentile_cont(0.25) within group (order by months) over (partition by year(dateadd(day, -95, start_date)) + 1),
	p50 = percentile_disc(0.5) within group (order by months) over (partition by year(dateadd(day, -95, start_date)) + 1)
from jobs.spell
where spell = 1 and start_date >= '2004-04-06'
order by 1

-- result 7
select step, n from jobs.wip#log order by log_id
print 'done ' + convert(varchar, getdate(), 120)
