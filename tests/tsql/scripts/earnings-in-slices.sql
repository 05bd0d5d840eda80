/* Pay of each tax year, in slices of keys; floats throughout */
use project
if schema_id('dis') is null exec ('create schema dis')
if object_id('dis.wip#a') is not null drop table dis.wip#a
if object_id('dis.wip#b') is not null drop table dis.wip#b
if object_id('dis.wip#c') is not null drop table dis.wip#c

create table dis.wip#a (
	edukey char(14) collate Latin1_General_BIN not null,
	taxyear int not null,
	earn float null,
	spells int null,
	real_earn as earn / case taxyear when 201011 then .9e0 when 201112 then .95e0 else 1e end,
	logearn as case when earn > 0e then log(earn) end,
	band as case when isnull(earn, 0) = 0 then 'none' when earn < 1e4 then 'low' else 'high' end,
	primary key (edukey, taxyear)
)
go
declare @y int = 201011, @n int
while @y <= 201819
begin
	insert dis.wip#a (edukey, taxyear, earn)
	select e.edukey, e.taxyear, sum(e.earnings)
	from leo_i2.[2002237].leo_earnings e
	where e.taxyear = @y and nullif(e.edukey, '') is not null
	group by e.edukey, e.taxyear
	set @n = @@rowcount
	if @n = 0 break
	print cast(@y as varchar(6)) + ' ' + cast(@n as varchar(10))
	set @y += 101
end
create index ix on dis.wip#a (taxyear) include (edukey, earn)
alter table dis.wip#a rebuild
go
update a
set spells = x.n
from dis.wip#a a
outer apply (
	select n = count(*)
	from leo_i2.[2002237].leo_employment j
	where j.edukey collate Latin1_General_BIN = a.edukey
	and j.startdate < datefromparts(a.taxyear / 100 + 1, 4, 6)
	and isnull(j.enddate, '9999-12-31') >= datefromparts(a.taxyear / 100, 4, 6)
) x

select taxyear, n = count(*), people = count(distinct edukey), mean = avg(earn), real_mean = sum(real_earn) / count(*), per_spell = sum(earn) / nullif(sum(spells), 0), share_low = sum(case band when 'low' then 1e else 0e end) / sum(case when band <> 'none' then 1 else 0 end), sd = stdev(logearn), gm = exp(avg(logearn))
into dis.wip#b
from dis.wip#a
group by taxyear

select *, growth = mean / lag(mean) over (order by taxyear) - 1, idx = 100 * mean / first_value(mean) over (order by taxyear), r = rank() over (order by mean desc)
from dis.wip#b
order by taxyear

declare @max float, @min float, @k int
select @max = max(mean), @min = min(mean), @k = count(*) from dis.wip#b
if @max / @min > 1.5e0 print 'ratio ' + str(@max / @min, 6, 2)

-- slices with ties
declare @from char(14) = '', @rows int = 1
create table dis.wip#c (edukey char(14) collate Latin1_General_BIN not null, years int, first_y int, gap bit default 0, constraint pk_c primary key clustered (edukey))
while @rows > 0
begin
	if object_id('tempdb..#s') is not null drop table #s
	select top (100) with ties edukey, taxyear into #s from dis.wip#a where edukey > @from order by edukey
	set @rows = @@rowcount
	insert dis.wip#c (edukey, years, first_y) select edukey, count(*), min(taxyear) from #s group by edukey
	select @from = max(edukey) from #s
	if @from is null break
end
update c set gap = 1 from dis.wip#c c where exists (select 1 from dis.wip#a a where a.edukey = c.edukey and a.taxyear > c.first_y and not exists (select 1 from dis.wip#a b where b.edukey = a.edukey and b.taxyear = a.taxyear - 101))
select years, n = count(*), gaps = sum(cast(gap as int)), pct = 100e0 * sum(cast(gap as int)) / count(*) from dis.wip#c group by years with rollup order by grouping(years), years
select top 3 with ties edukey, years from dis.wip#c order by years desc, edukey
delete a from dis.wip#a a inner join dis.wip#c c on c.edukey = a.edukey where c.years = 1
select left_ = count(*) from dis.wip#a
drop table dis.wip#a, dis.wip#b, dis.wip#c
