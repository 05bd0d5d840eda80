-- Pay by rank in the exams; a do-file turned into SQL
-- (Stata: use ks5, merge 1:m, collapse, ...)
use project
go
set nocount on
set ansi_nulls on
set quoted_identifier on
go

declare @startyr int, @endyr int
set @startyr = 2008
set @endyr   = 2014

-- ======= preserve
if object_id('tempdb..#ks4') is not null drop table #ks4
if object_id('tempdb..#earn') is not null drop table #earn
if object_id('tempdb..#panel') is not null drop table #panel

-- gen cohort = ...
select	ks4_pupilmatchingrefanonymous as pmr,
		cast(left(ks4_acadyr,4) as int)+1 as cohort,
		ks4_gender as gender,
		ks4_fsm as fsm,
		ks4_ptscnewe as pts,
		/* comment in the middle
		   of a statement */
		ks4_level2_em as l2em,
		row_number() over(partition by ks4_pupilmatchingrefanonymous order by (select null)) as dup
into #ks4
from npd_i2.[2002237].ks4pupil_2002_to_2014 with (nolock)
where cast(left(ks4_acadyr,4) as int)+1 between @startyr and @endyr
and ks4_endks = 1
and ks4_pupilmatchingrefanonymous <> ''

-- duplicates drop
delete from #ks4 where dup > 1
print concat('dropped ', @@rowcount, ' duplicates')

alter table #ks4 drop column dup
alter table #ks4 add z_pts float, decile int, female bit
go
-- egen z = std(pts), by(cohort)
update a
set a.z_pts = (a.pts - b.m) / nullif(b.s, 0),
	a.female = case when a.gender in ('F','G') then 1 when a.gender is null then null else 0 end
from #ks4 a
left join (select cohort, avg(pts * 1.0) as m, stdev(pts) as s from #ks4 group by cohort) b
on a.cohort = b.cohort

-- xtile decile = pts, nq(10)
;with q as (select pmr, cohort, ntile(10) over (partition by cohort order by pts, pmr) as d from #ks4 where pts is not null)
update k set decile = q.d from #ks4 k join q on q.pmr = k.pmr and q.cohort = k.cohort
go
-- merge 1:m with earnings
select k.pmr, k.cohort, k.female, k.decile, e.taxyear, sum(e.earnings) as earn, count(*) as njobs, max(e.earnings) as mainjob
into #earn
from #ks4 k
inner join leo_i2.[2002237].learner_ae_id_to_pmr_lookup l1 on l1.pupilmatchingrefanonymous = k.pmr
inner join leo_i2.[2002237].learner_ae_id_to_edukey_lookup l2 on l2.ae_id = l1.ae_id
inner join leo_i2.[2002237].leo_earnings e on e.edukey = l2.edukey
group by k.pmr, k.cohort, k.female, k.decile, e.taxyear
option (maxdop 4)

-- tsset, gen L.earn
select *,
	2000 + cast(right(cast(taxyear as varchar(6)),2) as int) - cohort as yrs_since,
	lag(earn) over (partition by pmr order by taxyear) as earn_l1,
	lead(earn, 1, 0) over (partition by pmr order by taxyear) as earn_f1,
	earn - lag(earn, 1, null) over (partition by pmr order by taxyear) as d_earn,
	first_value(earn) over (partition by pmr order by taxyear rows between unbounded preceding and current row) as first_earn,
	avg(earn) over (partition by pmr order by taxyear rows between 2 preceding and current row) as ma3,
	sum(earn) over (partition by pmr order by taxyear) as cum_earn,
	count(*) over (partition by pmr) as T
into #panel
from #earn
where earn > 0

-- winsorise at 99
alter table #panel add p99 float, earn_w money
go
update p set p99 = q.p99
from #panel p
inner join (
	select distinct taxyear, percentile_cont(0.99) within group (order by earn) over (partition by taxyear) as p99
	from #panel
) as q on q.taxyear = p.taxyear
update #panel set earn_w = case when earn > p99 then p99 else earn end

-- tabstat earn, by(decile) s(n mean sd p10 p50 p90)
select distinct decile, yrs_since,
	count(*) over (partition by decile, yrs_since) as n,
	round(avg(cast(earn_w as float)) over (partition by decile, yrs_since), 2) as mean,
	round(stdev(cast(earn_w as float)) over (partition by decile, yrs_since), 2) as sd,
	percentile_cont(0.1) within group (order by earn_w) over (partition by decile, yrs_since) as p10,
	percentile_cont(0.5) within group (order by earn_w) over (partition by decile, yrs_since) as p50,
	percentile_disc(0.9) within group (order by earn_w) over (partition by decile, yrs_since) as p90
from #panel
where decile is not null
order by decile, yrs_since

-- regress by hand: b = cov/var
select female,
	n = count(*),
	b = round((count(*)*sum(x*y) - sum(x)*sum(y)) / nullif(count(*)*sum(x*x) - square(sum(x)), 0), 4),
	a = round((sum(y)*sum(x*x) - sum(x)*sum(x*y)) / nullif(count(*)*sum(x*x) - power(sum(x), 2), 0), 4),
	r = round((count(*)*sum(x*y) - sum(x)*sum(y)) / nullif(sqrt((count(*)*sum(x*x) - square(sum(x))) * (count(*)*sum(y*y) - square(sum(y)))), 0), 4)
from (
	select p.female, x = cast(p.yrs_since as float), y = log(p.earn)
	from #panel p where p.earn > 0 and p.female is not null
) t
group by female
order by female;

-- tab cohort decile, row
select cohort,
	[1],[2],[3],[4],[5],[6],[7],[8],[9],[10]
from (select cohort, decile, pmr from #ks4) s
pivot (count(pmr) for decile in ([1],[2],[3],[4],[5],[6],[7],[8],[9],[10])) p
order by cohort

-- reshape wide
select pmr,
	max(case when yrs_since = 1 then earn end) as earn1,
	max(case when yrs_since = 2 then earn end) as earn2,
	max(case when yrs_since = 3 then earn end) as earn3
from #panel
group by pmr
having count(distinct yrs_since) > 2
order by pmr collate Latin1_General_BIN
drop table #ks4
drop table #earn, #panel
