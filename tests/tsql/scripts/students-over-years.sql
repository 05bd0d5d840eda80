/**************************************************************************
   HESA students 2004/05 - 2019/20 in one table
   the names of columns change: the institution in 2008, the end date in 2008,
   the sex in 2013, the aim and the subject in 2008, the tariff often
   nb  run it in the project's own database
**************************************************************************/
if (select count(*) from information_schema.schemata where schema_name='he')=0 exec ('create schema he')
go
if object_id (N'[he].[wip#panel]', N'U') is not null drop table [he].[wip#panel];
if object_id ('he.years') is not null drop table he.years
if object_id ('he.v_first') is not null drop view he.v_first
go
create table he.years
( yr int not null constraint pk_years primary key
, tab as ('hesa_i2.[2002237].hesa_' + cast(yr as char(4)))
, inst sysname null, sex sysname null, aim sysname null, subj sysname null, lft sysname null, tariff sysname null
, n int null default(0)
)
declare @i int
set @i = 2005
while (@i <= 2020) begin insert he.years (yr) values (@i) set @i = @i + 1 end

-- which name has each year? the catalogue knows
update y set inst = c.column_name
from he.years y inner join hesa_i2.information_schema.columns c on c.table_name = 'hesa_' + cast(y.yr as varchar(4)) and c.column_name in ('he_instid_anon', 'he_xinstid01__anon')

update y
set	sex = (select top 1 column_name from hesa_i2.information_schema.columns where table_name = 'HESA_' + ltrim(str(y.yr)) and column_name in ('he_gender','he_sexid') order by column_name desc),
	aim = (select max(column_name) from hesa_i2.information_schema.columns where table_name = 'HESA_' + ltrim(str(y.yr)) and (column_name = 'he_qualaim' or column_name = 'he_courseaim')),
	subj = coalesce(
		(select column_name from hesa_i2.information_schema.columns where table_name = concat('hesa_', y.yr) and column_name = 'he_xjacs01_1'),
		(select column_name from hesa_i2.information_schema.columns where table_name = concat('hesa_', y.yr) and column_name = 'he_sbjqa1'),
		(select column_name from hesa_i2.information_schema.columns where table_name = concat('hesa_', y.yr) and column_name = 'he_xhecos_1')),
	lft = case when y.yr < 2008 then 'he_dateleft' else 'he_enddate' end,
	tariff = x.t
from he.years as y
outer apply (select min(column_name) from hesa_i2.information_schema.columns c where c.table_name = 'hesa_' + convert(varchar(4), y.yr) and c.column_name like 'he[_]xtariff%') as x (t)

select * from he.years order by yr

create table [he].[wip#panel] (
	pmr char(18) collate Latin1_General_BIN not null
,	yr smallint not null
,	n tinyint not null
,	inst varchar(10) null
,	sex char(1) null
,	aim varchar(4) null
,	subj varchar(6) null
,	comdate date null
,	left_ date null
,	class varchar(2) null
,	qual varchar(4) null
,	level3 smallint null
,	tariff int null
,	sa as (left(subj, 1)) persisted
,	ay as cast(yr - 1 as char(4)) + '/' + right(cast(yr as char(4)), 2)
,	age_left as datediff(month, comdate, left_) / 12.0
,	constraint [pk_wip#panel] primary key clustered (pmr, yr, n) with (fillfactor = 100)
)
go
declare @sql nvarchar(max), @y int, @rows int, @total int = 0
declare yrs cursor local fast_forward for select yr from he.years order by yr
open yrs
fetch next from yrs into @y
while @@fetch_status = 0
begin
	select @sql = N'
insert he.wip#panel (pmr, yr, n, inst, sex, aim, subj, comdate, left_, class, qual, level3, tariff)
select h.he_pupilmatchingrefanonymous collate Latin1_General_BIN, @yr
	, row_number() over (partition by h.he_pupilmatchingrefanonymous collate Latin1_General_BIN order by isnull(h.he_stuload, 0) desc, h.he_comdate, h.' + quotename(inst) + N', h.he_xqobtn01, h.he_xclass01, h.' + quotename(subj) + N')
	, h.' + quotename(inst) + N'
	, case h.' + sex + N' when 1 then ''M'' when 2 then ''F'' end
	, convert(varchar(4), h.' + aim + N')
	, left(h.' + subj + N', 6), h.he_comdate, h.' + lft + N', h.he_xclass01, h.he_xqobtn01, h.he_xlev301
	, ' + isnull('nullif(h.' + tariff + ', 0)', 'null') + N'
from ' + tab + N' as h
where h.he_pupilmatchingrefanonymous > '''' and h.he_xpsr01 = 1
set @n = @@rowcount'
	from he.years where yr = @y

	exec sp_executesql @sql, N'@yr int, @n int output', @yr = @y, @n = @rows output
	update he.years set n = @rows where yr = @y
	set @total += @rows
	if @rows % 2 = 0 print 'year ' + str(@y, 4) + ': ' + convert(varchar, @rows) else raiserror ('year %d: %d rows', 0, 1, @y, @rows) with nowait
	fetch next from yrs into @y
end
close yrs
deallocate yrs
select total = @total, chk = (select sum(n) from he.years), mx = (select max(n) from he.wip#panel), last_ay = (select max(ay) from he.wip#panel), age = (select max(age_left) from he.wip#panel)
go
create nonclustered index ix_panel on he.[wip#panel] (yr, sa) include (class, qual)
alter index all on he.wip#panel rebuild
update statistics he.wip#panel
go
create view he.v_first as
select pmr, first_yr = min(yr), last_yr = max(yr), yrs = count(distinct yr), recs = count(*)
	, [completed] = max(case when qual is not null and qual <> '' then 1 else 0 end)
	, best = min(case class when '1' then 1 when '2' then 2 when '3' then 3 when '4' then 3 when '5' then 4 else null end)
from he.[wip#panel] where level3 = 2 group by pmr
go

-- first degrees: who is still there a year and two years after entry
;with f as (select v.*, gap = v.last_yr - v.first_yr + 1 - v.yrs from he.v_first v)
select	first_yr, n = count(*)
	, y2 = sum(case when p2.pmr is null then 0 else 1 end)
	, r2 = cast(100.0 * count(p2.pmr) / count(*) as decimal(5,2))
	, r3 = convert(decimal(5,2), 1e2 * count(p3.pmr) / count(*))
	, firsts = 100 * sum(case when best = 1 then 1 end) / nullif(sum(case when best > 0 then 1 end), 0)
	, gaps = sum(sign(gap))
	, [avg years] = avg(f.yrs), [avg years dec] = avg(cast(f.yrs as decimal(4,1)))
from	f
left join (select distinct pmr, yr from he.wip#panel) p2 on p2.pmr = f.pmr and p2.yr = f.first_yr + 1
left join (select distinct pmr, yr from he.wip#panel) p3 on p3.pmr = f.pmr and p3.yr = f.first_yr + 2
group by first_yr
order by first_yr

-- transfers: another institution than the year before
;with t as (
	select pmr, yr, inst, sa
		, prev_inst = lag(inst) over (partition by pmr order by yr)
		, prev_yr = lag(yr) over (partition by pmr order by yr)
		, prev_sa = lag(sa, 1, '?') over (partition by pmr order by yr)
	from he.wip#panel where n = 1
)
select yr, transfers = sum(case when inst <> prev_inst then 1 else 0 end)
	, subject_changes = sum(iif(sa <> prev_sa and prev_sa <> '?', 1, 0))
	, base = count(prev_inst)
	, per_1000 = 1000 * sum(case when inst <> prev_inst then 1 else 0 end) / count(prev_inst)
	, per_1000d = round(1000.0 * sum(case when inst <> prev_inst then 1 else 0 end) / count(prev_inst), 1)
from t where prev_yr = yr - 1 group by yr order by yr

-- degree class by sex
select sex, [1] as first, [2] as upper2, [3] as lower2, [4] as und2, [5] as third, isnull([A], 0) as other
from (select sex, class, pmr from he.wip#panel where class is not null) s
pivot (count(pmr) for class in ([1], [2], [3], [4], [5], [A])) p
order by sex desc

select yr, n = count(tariff), nulls = sum(case when tariff is null then 1 else 0 end), mean = avg(tariff), meanf = avg(tariff + 0e), sd = round(stdev(tariff), 3)
	, lo = min(tariff), hi = max(tariff), spread = (max(tariff) - min(tariff)) / 4
from he.wip#panel group by yr having count(tariff) > 1 order by yr

select q, n = count(*), lo = min(tariff), hi = max(tariff), pct = cast(count(*) as float) / sum(count(*)) over ()
from (select tariff, q = ntile(5) over (order by tariff, pmr, yr, n) from he.wip#panel where tariff is not null and yr between 2010 and 2015) x
group by q order by q

-- islands of years without a gap
select islands, n = count(*), mx = max(len_) from (
	select pmr, islands = max(isl), len_ = max(run) from (
		select pmr, isl = dense_rank() over (partition by pmr order by grp), run = count(*) over (partition by pmr, grp)
		from (select pmr, yr, grp = yr - row_number() over (partition by pmr order by yr) from (select distinct pmr, yr from he.wip#panel) d) g
	) h group by pmr
) i group by islands order by islands

-- the path of those who were at more than one institution
select top 10 p.pmr, path = stuff((select '-' + rtrim(q.inst) + isnull('(' + q.class + ')', '') from he.wip#panel q where q.pmr = p.pmr order by q.yr, q.n for xml path('')), 1, 1, '')
from he.wip#panel p group by p.pmr having count(distinct inst) > 1 order by p.pmr
drop view he.v_first
