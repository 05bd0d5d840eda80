/* ------------------------------------------------------------------------------------------
   Time in care, from overlapping periods to spells, and the need recorded before it

   A period in care is given by its first day and its length in days. A child can have
   several that overlap or follow each other at once; what touches is one spell. It is done
   twice, with LAG over the latest end so far and with NOT EXISTS, and both must agree.

   The children-in-need referrals are as they came: an open case has no closure date.

   Writes   care.spell      one row a child and spell
   ------------------------------------------------------------------------------------------ */
set nocount on
set datefirst 1			-- weeks begin on Monday
set dateformat dmy
go

if not exists (select 1 from sys.schemas where name = 'care')
	exec sp_executesql N'create schema care'
go

/* ---- drop what an earlier run has left; the list is short, so a loop will do ---- */
declare @tables table (i int identity(1, 1) not null primary key, t varchar(100) not null)
insert into @tables (t) select 'care.' + v.n from (values ('wip#period'), ('wip#referral'), ('wip#month'), ('spell')) v (n)

declare @i int = (select min(i) from @tables), @t varchar(100), @drop nvarchar(400)
while @i is not null
begin
	select @t = t, @drop = N'drop table ' + t from @tables where i = @i
	if object_id(@t, 'U') is not null
		exec sp_executesql @drop
	delete from @tables where i = @i
	select @i = min(i) from @tables
end
go

/* ---- periods in care ---- */
create table care.wip#period (
	id int identity(100, 1) not null,
	pmr char(18) collate Latin1_General_BIN not null,
	[start] date not null,
	[end] date not null,
	length_days as datediff(day, [start], [end]) + 1,
	check ([end] >= [start]),
	constraint pk_period primary key nonclustered (id)
)

insert care.wip#period (pmr, [start], [end])
select distinct
	cla_pupilmatchingrefanonymous,
	cla_poc_start,
	dateadd(day, cla_poc_length - 1, cla_poc_start)
from npd_i2."2002237".cla_2006_to_2021
where cla_poc_start is not null
	and cla_poc_length > 0
	and cla_pupilmatchingrefanonymous <> ''

print 'periods in care: ' + ltrim(str(@@rowcount))

create clustered index ix_period on care.wip#period (pmr, [start]) include ([end])
go

/* ---- referrals as a child in need; not those without further action ---- */
create table care.wip#referral (
	pmr char(18) collate Latin1_General_BIN not null,
	referred date not null,
	closed date null,
	need varchar(4) null
)

insert care.wip#referral
select cin_pupilmatchingrefanonymous, cin_cinreferraldate, nullif(cin_cinclosuredate, '31/12/9999'), nullif(cin_primaryneedcode, '')
from npd_i2."2002237".cin_2009_to_2021
where cin_cinreferraldate between '1/4/2000' and '31/3/2021'
	and isnull(cin_referralnfa, 0) = 0
	and isnull(cin_reasonforclosure, '') <> 'RC8'
	and cin_pupilmatchingrefanonymous <> ''
group by cin_pupilmatchingrefanonymous, cin_cinreferraldate, cin_cinclosuredate, cin_primaryneedcode

-- the same referral is there once a census year: keep the last state of it
;with repeated as (
	select *, n = row_number() over (partition by pmr, referred order by isnull(closed, '99991231') desc, need)
	from care.wip#referral
)
delete from repeated where n > 1
go

/* ---- spells ---- */
;with reached as (
	select pmr, [start], [end],
		before = max([end]) over (partition by pmr order by [start], [end] rows between unbounded preceding and 1 preceding)
	from care.wip#period
), flagged as (
	select *, is_new = case when before >= dateadd(day, -1, [start]) then 0 else 1 end
	from reached
), numbered as (
	select *, spell = sum(is_new) over (partition by pmr order by [start], [end] rows unbounded preceding)
	from flagged
)
select pmr, spell, first_day = min([start]), last_day = max([end]), periods = count(*)
into care.spell
from numbered
group by pmr, spell

select a.pmr, first_day = a.[start]
into #check
from care.wip#period a
where not exists (
		select *
		from care.wip#period b
		where b.pmr = a.pmr
			and b.[start] < a.[start]
			and b.[end] >= dateadd(day, -1, a.[start])
	)
group by a.pmr, a.[start]

if exists (select pmr, first_day from care.spell except select pmr, first_day from #check)
	or exists (select pmr, first_day from #check except select pmr, first_day from care.spell)
begin
	raiserror('The two ways of making spells do not agree.', 16, 1)
	return
end
drop table #check

alter table care.spell alter column spell int not null
alter table care.spell add need varchar(4) null, days_before int null, days as datediff(day, first_day, last_day) + 1
go

/* ---- the last referral on or before the first day in care ---- */
update s
set need = r.need,
	days_before = datediff(day, r.referred, s.first_day)
from care.spell s
cross apply (
	select top (1) n.need, n.referred
	from care.wip#referral n
	where n.pmr = s.pmr and n.referred <= s.first_day
	order by n.referred desc
) r

print 'with a referral before: ' + cast(@@rowcount as varchar(10))
go

/* ---- days in care by financial year ---- */
create table care.wip#month ([month] date not null primary key, last_day date not null, fy as year([month]) - case when month([month]) < 4 then 1 else 0 end)

declare @m date = '1/4/2005'
while @m < convert(date, '01/04/2021', 103)
begin
	insert care.wip#month values (@m, dateadd(day, -1, dateadd(month, 1, @m)))
	set @m = dateadd(month, datediff(month, 0, @m) + 1, 0)
end

select m.fy, children = count(distinct s.pmr), days = sum(d.days),
	running = sum(sum(d.days)) over (order by m.fy rows unbounded preceding),
	change = sum(d.days) - lag(sum(d.days), 1, 0) over (order by m.fy)
from care.wip#month m
inner join care.spell s on s.first_day <= m.last_day and s.last_day >= m.[month]
cross apply (
	select days = 1 + datediff(day,
		iif(s.first_day > m.[month], s.first_day, m.[month]),
		iif(s.last_day < m.last_day, s.last_day, m.last_day))
) d
group by m.fy
order by m.fy

/* ---- one row a spell ---- */
select pmr, spell, first_day, last_day, days, periods,
	weekday = datepart(weekday, first_day),		-- 1 is Monday, see SET DATEFIRST
	need = isnull(need, '-'), days_before,
	weeks = datediff(week, first_day, last_day),	-- Sundays, whatever DATEFIRST says
	starts = row_number() over (order by first_day, pmr, spell)
from care.spell
order by pmr, spell
