/*
NCCIS: from a row a month to spells of the same activity, and who is NEET for how long

months 9 to 12 belong to the first year of nccis_acadyr, 1 to 8 to the second
a young person can have several rows a month: education before work before NEET before unknown
*/
use project
go
if schema_id('nccis') is null execute ('create schema nccis')
go
if object_id('tempdb.dbo.#m') is not null drop table #m
if object_id('nccis.spell') is not null drop table nccis.spell
if object_id('nccis.wip#act') is not null drop table nccis.wip#act
go
/* activity codes: those that are not here are grouped by their first digit further down */
create table nccis.wip#act (code smallint not null, grp varchar(4) collate Latin1_General_BIN not null, descr varchar(60) null, ord tinyint not null)
insert into nccis.wip#act values
(210, 'EDU', 'still of school age', 1),	(220, 'EDU', 'sixth form', 1),
(230, 'EDU', 'college', 1), (240, 'EDU', 'university', 1), (250, 'EDU', 'part time', 1), (260, 'EDU', 'gap year', 2)
insert nccis.wip#act select v.c, 'JOB', v.d, 3 from (values (310, 'apprentice'), (320, 'job with training'), (330, 'job without')) as v(c, d)
-- 610, 620 .. 690: number the rows of any view that is long enough
insert nccis.wip#act (ord, descr, grp, code) select 9, null, 'NEET', n from (select 610 + 10 * (row_number() over (order by (select null)) - 1) n from sys.columns) x where n < 700
insert nccis.wip#act (ord, descr, grp, code) values (99, 'nobody knows', 'NK', 810)
create unique clustered index u on nccis.wip#act (code)
go
select	pmr = n.nccis_pupilmatchingrefanonymous collate Latin1_General_BIN,
		m = cast(case when n.nccis_monthno >= 9 then left(n.nccis_acadyr, 4) else substring(n.nccis_acadyr, 6, 4) end + right('0' + cast(n.nccis_monthno as varchar(2)), 2) + '01' as date),
		idx = 12 * (left(n.nccis_acadyr, 4) - 2010) + (n.nccis_monthno + 3) % 12,
		code = n.nccis_current_activity_code,
		g = coalesce(a.grp, case n.nccis_current_activity_code / 100 when 2 then 'EDU' when 3 then 'JOB' when 4 then 'TRN' when 5 then 'OTH' when 6 then 'NEET' when 7 then 'OTH' else 'NK' end),
		la = isnull(n.nccis_lead_lea_code_anon, 'none'),
		sen = cast(case when n.nccis_send_flag = 'y' then 1 when n.nccis_send_flag = 'N' then 0 else null end as bit),
		k = row_number() over (partition by n.nccis_pupilmatchingrefanonymous collate Latin1_General_BIN, n.nccis_acadyr, n.nccis_monthno order by isnull(a.ord, 50), n.nccis_current_activity_code desc, n.nccis_lead_lea_code_anon, n.nccis_send_flag)
into	#m
from	npd_i2."2002237".nccis_2011_to_2021 n
		left join nccis.wip#act a on a.code = n.nccis_current_activity_code
where	n.nccis_pupilmatchingrefanonymous <> ''
		and n.nccis_monthno between 1 and 12
option (hash join)

print cast(@@rowcount as varchar(10)) + ' person-months'
delete from #m where k > 1
print cast(@@rowcount as varchar(10)) + ' of them doubled'
alter table #m drop column k
create unique clustered index ci on #m (pmr, m)

select g, n = count(*), mn = min(m), mx = max(m), codes = count(distinct code), [share] = count(*) * 100.0 / (select count(*) from #m) from #m group by g order by n desc, g

-- a run of the same activity has one difference of two row numbers; a month without a row ends it, too
;with i as (
	select pmr, m, g, la, idx,
		isl = row_number() over (partition by pmr order by m) - row_number() over (partition by pmr, g order by m),
		brk = idx - row_number() over (partition by pmr order by m)
	from #m
)
select pmr, spell = row_number() over (partition by pmr order by min(m)), g, start_m = min(m), end_m = eomonth(max(m)), months = count(*), las = count(distinct la),
	   prev = lag(g) over (partition by pmr order by min(m)), nxt = lead(g, 1, 'END') over (partition by pmr order by min(m))
into nccis.spell
from i
group by pmr, g, isl, brk

alter table nccis.spell alter column spell int not null
alter table nccis.spell alter column pmr char(18) collate Latin1_General_BIN not null
alter table nccis.spell add constraint pk_spell primary key (pmr, spell)
alter table nccis.spell add neet as (case when g = 'NEET' then months else 0 end), yrs as (months / 12), yrs_d as (months / 12.), long_ as (case when months > 3 then 'Y' else 'N' end)

select g, spells = count(*), people = count(distinct pmr), m = avg(months), m2 = avg(months * 1.00), y = avg(yrs), y2 = avg(yrs_d), longest = max(months), long_pct = 100 * sum(case long_ when 'y' then 1 else 0 end) / count(*), last_ = max(end_m), las = max(las)
from nccis.spell group by g having count(*) >= 1 order by g

select prev = isnull(prev, '-'), g, nxt, n = count(*) from nccis.spell where g in ('NEET', 'JOB') group by prev, g, nxt order by isnull(prev, '-'), g, nxt

-- the length of each NEET run once more, month by month, to be sure
declare @k int, @neet table (pmr char(18) collate Latin1_General_BIN not null, m date not null, len_ smallint not null default 1, primary key (pmr, m))
insert @neet (pmr, m) select pmr, m from #m where g = 'NEET'
set @k = 1
while @@rowcount > 0 and @k < 60
begin
	set @k = @k + 1
	update a set len_ = @k
	from @neet a
	where a.len_ = @k - 1 and exists (select * from @neet b where b.pmr = a.pmr and b.m = dateadd(month, 1 - @k, a.m))
end
select k = @k, mx = max(len_), n = count(*), chk = (select max(months) from nccis.spell where g = 'NEET') from @neet

-- one school year, a column a month
select * from (
	select g, mon = datename(month, m), pmr from #m where m between '2014-09-01' and '2015-08-31'
) s pivot (count(pmr) for mon in (September, October, November, December, January, February, March, April, May, June, July, August)) p
order by g

select top 5 la, n = count(*), neet = sum(case when g = 'NEET' then 1 else 0 end),
	rate = cast(round(100e0 * sum(case when g = 'NEET' then 1 else 0 end) / count(*), 2) as decimal(6,2)), rnk = rank() over (order by 1.0 * sum(case when g = 'NEET' then 1 else 0 end) / count(*) desc)
from #m group by la having count(*) > 50 order by 1.0 * sum(case when g = 'NEET' then 1 else 0 end) / count(*) desc, la

select n = count(*), s = sum(cast(sen as int)), a = avg(cast(sen as decimal(3,2))), mx = max(cast(sen as tinyint)), nulls = count(*) - count(sen) from #m
select y = year(dateadd(month, -8, m)), q = datepart(quarter, m), n = count(*), neet = convert(varchar(10), cast(100. * sum(case when g = 'NEET' then 1. else 0 end) / count(*) as decimal(4,1))) + '%' from #m group by year(dateadd(month, -8, m)), datepart(quarter, m) having year(dateadd(month, -8, m)) in (2012, 2013) order by 1, 2 desc
