/*
	Work, benefits and pay after a degree
	=====================================

	leo_i2: employment (P45 spells), benefits, earnings, self-assessment, geography
	hesa_i2: one view a year

	People are known here by pid: all EDUKEYs and PMRs that share an AE_ID.
*/

use project
go
set nocount, xact_abort on
set statistics time off
set lock_timeout 5000
set transaction isolation level read uncommitted
go

if not exists (select * from sys.schemas where name = 'pay')
	exec sp_executesql N'create schema pay authorization dbo'
go

drop table if exists pay.people, pay.[p45], pay.benefits, pay.monthly, pay.grads, pay.annual, pay.errors, pay.[region lookup]
go

create table pay.errors (at datetime default getdate(), where_ sysname, number int, line int, message nvarchar(4000), check (number > 0))
go

print replicate('=', 60)
print 'People'
print replicate('=', 60)

------------------------------------------------------------ people
select	identity(int, 1, 1) as pid,
		x.ae_id
into	pay.people
from	(
		select ae_id from leo_i2.[2002237].learner_ae_id_to_pmr_lookup with (nolock)
		union
		select ae_id from leo_i2.[2002237].learner_ae_id_to_edukey_lookup with (nolock)
		) as x
where	x.ae_id > 0
order by x.ae_id

declare @people int = @@rowcount
declare @lastpid int = ident_current('pay.people')
print formatmessage('%i people, last pid %i', @people, @lastpid)
if @people <> ident_current('pay.people') raiserror('numbers have gaps', 16, 1)

alter table pay.people add constraint pk_people primary key nonclustered (pid), constraint ux_people unique clustered (ae_id)
alter table pay.people add edukeys tinyint, pmrs tinyint, first_pmr char(18) collate Latin1_General_BIN

if object_id('tempdb.dbo.#edu') is not null drop table #edu
select distinct p.pid, l.edukey collate Latin1_General_BIN as edukey
into #edu
from leo_i2.[2002237].learner_ae_id_to_edukey_lookup l
join pay.people p on p.ae_id = l.ae_id
where l.edukey <> ''

-- a key of several people goes to the smallest
delete e
from #edu e
where exists (select 1 from #edu o where o.edukey = e.edukey and o.pid < e.pid)

create unique clustered index ix_edu on #edu (edukey)

if object_id('tempdb.dbo.#pmr') is not null drop table #pmr
select p.pid, l.pupilmatchingrefanonymous collate Latin1_General_BIN as pmr, min(p.pid) over (partition by l.pupilmatchingrefanonymous) as smallest
into #pmr
from leo_i2.[2002237].learner_ae_id_to_pmr_lookup l
inner merge join pay.people p on p.ae_id = l.ae_id
where isnull(l.pupilmatchingrefanonymous, '') not in ('')

delete from #pmr where pid <> smallest
;with d as (select *, r = row_number() over (partition by pmr order by pid) from #pmr) delete d where r > 1
create unique clustered index ix_pmr on #pmr (pmr)

update p
set	edukeys = (select count(*) from #edu e where e.pid = p.pid),
	pmrs = (select count(*) from #pmr m where m.pid = p.pid),
	first_pmr = (select top 1 m.pmr from #pmr m where m.pid = p.pid order by m.pmr)
from pay.people p

select edukeys, pmrs, people = count(*) from pay.people group by edukeys, pmrs with rollup order by grouping(edukeys), grouping(pmrs), 1, 2
go

------------------------------------------------------------ P45
print 'P45'

declare @last date = '20210405', @n int, @pass int = 0

if object_id('tempdb..#w') is not null drop table #w
create table #w (w_id int identity(1, 1) primary key, pid int not null, s date not null, e date not null, soft bit not null default 0)

insert #w (pid, s, e, soft)
select e.pid, w.startdate, case when w.enddate is null or w.enddate > @last then @last else w.enddate end, w.uncertainstartdate | w.uncertainenddate
from leo_i2.[2002237].leo_employment w
inner join #edu e on e.edukey = w.edukey collate Latin1_General_BIN
where w.startdate <= @last and isnull(w.enddate, @last) >= w.startdate
order by e.pid, w.startdate, w.enddate, w.uncertainstartdate, w.uncertainenddate

create index ix_w on #w (pid, s) include (e)

-- merge the old way: stretch the earlier of two that overlap or touch, till nothing moves
set @n = 1
while @n > 0 and @pass < 50
begin
	update a
	set e = b.e
	from #w a
	inner join (
		select a.w_id, max(b.e) as e
		from #w a
		inner join #w b on b.pid = a.pid and b.w_id <> a.w_id and b.s between a.s and dateadd(dd, 1, a.e) and b.e > a.e
		group by a.w_id
	) b on b.w_id = a.w_id

	select @n = @@rowcount, @pass += 1
	print 'pass ' + convert(varchar(2), @pass) + ': ' + convert(varchar(10), @n)
end

-- those inside another go
delete b
from #w b
where exists (
	select *
	from #w a
	where a.pid = b.pid
	and a.w_id <> b.w_id
	and a.s <= b.s
	and a.e >= b.e
	and (a.s < b.s or a.e > b.e or a.w_id < b.w_id)
)

create table pay.[p45] (
	pid int not null,
	spell smallint not null,
	s date not null,
	e date not null,
	soft bit not null,
	days as 1 + datediff(day, s, e),
	[tax year start] as year(dateadd(day, -5, dateadd(month, -3, s))),
	primary key (pid, spell)
)

insert pay.p45 (pid, spell, s, e, soft)
select pid, row_number() over (partition by pid order by s), s, e, soft from #w
set @n = @@rowcount

-- the same again with windows; if they differ something is wrong
if object_id('tempdb..#g') is not null drop table #g
;with a as (
	select pid, s, e, m = max(e) over (partition by pid order by s, e rows between unbounded preceding and 1 preceding)
	from (
		select d.pid, w.startdate as s, isnull(nullif(w.enddate, '9999-12-31'), '2021-04-05') as e
		from leo_i2.[2002237].leo_employment as w, #edu as d
		where d.edukey = w.edukey collate Latin1_General_BIN
		and w.startdate <= '2021-04-05' and isnull(w.enddate, '2021-04-05') >= w.startdate
	) as q
), b as (
	select pid, s, e = case when e > '2021-04-05' then '2021-04-05' else e end, g = sum(case when s <= dateadd(day, 1, m) then 0 else 1 end) over (partition by pid order by s, e rows unbounded preceding)
	from a
)
select pid, g, s = min(s), e = max(e)
into #g
from b
group by pid, g

begin try
	if exists (
		select pid, s, e from pay.p45
		except
		select pid, s, cast(e as date) from #g
	) or exists (
		select pid, s, e from #g
		except
		select pid, s, e from pay.p45
	)
	begin
		declare @why varchar(100) = 'two ways differ'
		;throw 50001, @why, 2
	end
	else print 'Both ways give ' + ltrim(str(@n)) + ' spells'
end try
begin catch
	insert pay.errors (where_, number, line, message) values ('p45', error_number(), error_line(), error_message())
end catch

drop table #g
go

------------------------------------------------------------ benefits, by month
print 'benefits'
set datefirst 1

select	e.pid, kind = cast(rtrim(b.benefit_type) as char(4)), s = min(b.startdate), e = max(isnull(b.enddate, '2021-03-31')), oow = max(cast(b.out_of_work_benefit as tinyint)), n = count(*)
into	pay.benefits
from	leo_i2.[2002237].leo_benefit b
		inner join #edu e on e.edukey = b.edukey collate Latin1_General_BIN
where	b.startdate is not null
group by e.pid, b.benefit_type, b.startdate
having	max(isnull(b.enddate, '2021-03-31')) >= min(b.startdate)

alter table pay.benefits alter column pid int not null
alter table pay.benefits add benefit_id int identity(1000, 10) not null
go
alter table pay.benefits add constraint pk_benefits primary key clustered (benefit_id)
create index ix_benefits on pay.benefits (pid, s, e)
exec sp_rename 'pay.benefits.oow', 'out_of_work', 'column'
go

create table pay.monthly (
	pid int not null,
	m date not null,
	work_days tinyint not null constraint df_work default 0,
	ben_days tinyint not null constraint df_ben default 0,
	kinds varchar(30) null,
	[state] as case
		when work_days > 0 and ben_days > 0 then 'both'
		when work_days > 0 then 'work'
		when ben_days > 0 then 'benefit'
		else 'none' end,
	constraint pk_monthly primary key (pid, m)
)

declare @m date = '2015-01-01', @end date = '2016-12-01'

;with months as (
	select m = @m
	union all
	select dateadd(month, 1, m) from months where m < @end
)
insert pay.monthly (pid, m)
select p.pid, months.m
from pay.people p cross join months
where exists (select 1 from pay.p45 w where w.pid = p.pid and w.s < '2017-01-01' and w.e >= '2015-01-01')
or p.pid in (select pid from pay.benefits where s < '2017-01-01' and e >= '2015-01-01')
option (maxrecursion 200)

update t
set work_days = x.d
from pay.monthly t
inner join (
	select t.pid, t.m, d = sum(1 + datediff(day, iif(w.s > t.m, w.s, t.m), iif(w.e < eomonth(t.m), w.e, eomonth(t.m))))
	from pay.monthly t
	inner join pay.p45 w on w.pid = t.pid and w.s <= eomonth(t.m) and w.e >= t.m
	group by t.pid, t.m
) x on x.pid = t.pid and x.m = t.m

-- days on any benefit, one by one, as spells of different kinds overlap
declare @days table (d tinyint not null primary key)
declare @d tinyint = 0
while @d < 31 begin insert @days values (@d) set @d += 1 end

update t
set ben_days = x.n,
	kinds = x.kinds
from pay.monthly t
cross apply (
	select n = count(distinct d.d), kinds = left(max(k.list), 30)
	from @days d
	inner join pay.benefits b on b.pid = t.pid and dateadd(day, d.d, t.m) between b.s and b.e
	cross apply (
		select list = string_agg(rtrim(q.kind), '+') within group (order by q.kind)
		from (select distinct b2.kind from pay.benefits b2 where b2.pid = t.pid and b2.s <= eomonth(t.m) and b2.e >= t.m) q
	) k
	where month(dateadd(day, d.d, t.m)) = month(t.m)
) x
where x.n > 0

select *
from (select yr = year(m), [state], pid from pay.monthly) s
pivot (count(pid) for [state] in ([work], [benefit], [both], [none])) p
order by yr

select top (20) kinds, months = count(*), share = format(count(*) * 1.0 / sum(count(*)) over (), 'P1')
from pay.monthly
where kinds is not null
group by kinds
order by months desc, kinds
go

------------------------------------------------------------ graduates
create table pay.grads (
	pid int not null,
	grad_year smallint not null,
	level_ tinyint null,
	class varchar(20) null,
	jacs char(1) null,
	inst varchar(40) null,
	n_years tinyint null,
	constraint pk_grads primary key (pid, grad_year)
)
go

declare @y int, @sql nvarchar(max), @cols nvarchar(max), @has bit, @found int, @grand int = 0
declare years cursor local fast_forward for
	select cast(right(name, 4) as int) from hesa_i2.sys.views where name like 'hesa[_][0-9][0-9][0-9][0-9]' order by name
open years
fetch next from years into @y
while @@fetch_status = 0
begin
	set @has = case when exists (select 1 from hesa_i2.information_schema.columns where table_name = concat('hesa_', @y) and column_name = 'he_xclass01') then 1 else 0 end

	set @sql = N'
		select @n = count(*) from hesa_i2.[2002237].' + quotename(concat('hesa_', @y)) + N' where he_xqlev501 is not null
		insert pay.grads (pid, grad_year, level_, class, jacs, inst)
		select pid, @yr, l, c, j, i
		from (
			select p.pid, l = h.he_xqlev501, c = nullif(' + iif(@has = 1, N'h.he_xclass01', N'''''') + N', ''''), j = upper(left(h.he_xjacs01_1, 1)), i = h.he_xinstid01__anon,
				r = row_number() over (partition by p.pid order by h.he_xqlev501, h.he_xjacs01_1 collate Latin1_General_BIN, h.he_xinstid01__anon collate Latin1_General_BIN)
			from hesa_i2.[2002237].hesa_' + ltrim(@y) + N' h
			inner join #pmr p on p.pmr = h.he_pupilmatchingrefanonymous collate Latin1_General_BIN
			where h.he_xqobtn01 is not null and h.he_xqobtn01 <> ''''
		) q
		where r = 1'
	begin try
		exec sys.sp_executesql @stmt = @sql, @params = N'@yr smallint, @n int out', @yr = @y, @n = @found output
		set @grand += isnull(@found, 0)
	end try
	begin catch
		print concat('hesa ', @y, ': ', error_message())
		insert pay.errors (where_, number, line, message) select concat('hesa ', @y), error_number(), error_line(), error_message()
	end catch
	fetch next from years into @y
end
close years
deallocate years
print 'rows with a level: ' + format(@grand, 'N0', 'en-GB')

update g set n_years = x.n
from pay.grads as g
inner join (select pid, n = count(*) from pay.grads group by pid) as x on g.pid = x.pid

if @@rowcount = 0 print 'nobody graduated'

------------------------------------------------------------ pay by tax year, long to wide
if object_id('tempdb..#earn') is not null drop table #earn
select	e.pid, ty = cast(left(l.taxyear, 4) as smallint) + 1, paye = sum(cast(l.earnings as money)), jobs = sum(l.num_employments), sa = cast(0 as money)
into	#earn
from	leo_i2.[2002237].leo_earnings l inner join #edu e on e.edukey = l.edukey collate Latin1_General_BIN
where	l.earnings > 0
group by e.pid, left(l.taxyear, 4)

merge #earn as t
using (
	select e.pid, ty = left(s.taxyear, 4) + 1, sa = sum(convert(money, isnull(s.earnings_ptr, 0) + isnull(s.earnings_sole, 0)))
	from leo_i2.[2002237].leo_self_assessment s
	join #edu e on e.edukey = s.edukey collate Latin1_General_BIN
	group by e.pid, left(s.taxyear, 4) + 1
) as s
on s.pid = t.pid and s.ty = t.ty
when matched and s.sa <> 0 then update set sa = s.sa
when not matched by target and s.sa > 0 then insert (pid, ty, paye, jobs, sa) values (s.pid, s.ty, 0, 0, s.sa)
;
print concat('merged ', @@rowcount)

create unique clustered index ix_earn on #earn (pid, ty)

select g.pid, g.grad_year, y.n, ty = g.grad_year + y.n, e.paye, e.sa, total = e.paye + e.sa,
	real_ = round((e.paye + e.sa) / d.deflator, -2),
	worked = isnull(w.days, 0),
	daily = cast(e.paye / nullif(w.days, 0) as decimal(9, 2)),
	rank_ = rank() over (partition by g.grad_year, y.n order by e.paye + e.sa desc)
into pay.annual
from pay.grads g
cross apply (values (1), (3), (5)) y (n)
left join #earn e on e.pid = g.pid and e.ty = g.grad_year + y.n
outer apply (
	select days = sum(1 + datediff(day, case when s < f then f else s end, case when e > t then t else e end))
	from pay.p45 p
	cross apply (select f = datefromparts(g.grad_year + y.n - 1, 4, 6), t = dateadd(day, -1, datefromparts(g.grad_year + y.n, 4, 6))) ty
	where p.pid = g.pid and p.s <= ty.t and p.e >= ty.f
) w
cross apply (select deflator = power(cast(1.02 as float), g.grad_year + y.n - 2015)) d
where g.grad_year + y.n <= 2021
and not exists (select 1 from pay.grads o where o.pid = g.pid and o.grad_year < g.grad_year)

create clustered columnstore index cci on pay.annual
go

declare @list nvarchar(200) = N'', @q nvarchar(max)
select @list = @list + N', ' + quotename(n) from (select distinct n from pay.annual) x order by n
set @list = stuff(@list, 1, 2, N'')
set @q = N'select grad_year, ' + @list + N' from (select grad_year, n, total = cast(total as int) from pay.annual) a pivot (avg(total) for n in (' + @list + N')) p order by grad_year'
exec (@q)

create table [pay].[region lookup] (code char(9) primary key, name varchar(40) not null, north bit)
insert into [pay].[region lookup] (code, name, north)
select gor, max(gornm), max(case when gornm like 'north%' or gornm like 'yorkshire%' then 1 else 0 end)
from leo_i2.[2002237].leo_geography
where gor <> ''
group by gor

select r.name, people = count(distinct a.pid), median = max(m.med)
from pay.annual a
inner join #edu e on e.pid = a.pid
inner join leo_i2.[2002237].leo_geography g on g.edukey collate Latin1_General_BIN = e.edukey and left(g.taxyear, 4) + 1 = a.ty
inner join [pay].[region lookup] r on r.code = g.gor
outer apply (
	select top 1 med = percentile_cont(0.5) within group (order by cast(b.total as float)) over ()
	from pay.annual b
	where b.n = a.n and b.total is not null
) m
where a.n = 1
group by r.name
having count(distinct a.pid) >= 10
order by r.name
go

-- the numbers of benefits were for the index only
alter table pay.benefits drop constraint pk_benefits
alter table pay.benefits drop column benefit_id
go

select [schema] = s.name, [table] = t.name, cols = (select count(*) from sys.columns c where c.object_id = t.object_id)
from sys.tables t inner join sys.schemas s on s.schema_id = t.schema_id
where s.name = 'pay'
order by t.name
select where_, number, message from pay.errors
