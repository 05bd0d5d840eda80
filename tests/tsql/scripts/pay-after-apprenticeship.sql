/* pay after apprenticeships ------------------------------------------------------------- */
declare @from_tax_year int = 201213, @to_tax_year int = 201819
if @from_tax_year > @to_tax_year
begin
	print 'nothing to do'
	return
end
if schema_id('pay') is null exec('create schema pay authorization dbo')
if object_id('pay.person') is not null drop table pay.person
if object_id('pay.year') is not null drop table pay.[year]
if object_id('pay.log') is null create table pay.log (at datetime not null default getdate(), step varchar(50), n bigint)

create table pay.person (person int identity(1,1) primary key, ae_id bigint not null unique, n_edukeys int null, app_level tinyint null, app_end date null, ssa varchar(60) null)

-- persons with an apprenticeship aim that they achieved
insert pay.person (ae_id, app_level, app_end, ssa)
output 'person', inserted.person into pay.log (step, n)
select r.ae_id, x.lev, x.ended, x.ssa
from leo_i2."2002237".education_records_lookup r
cross apply (
	select top 1 lev = case a.programme_type when 2 then 3 when 3 then 2 when 10 then 2 when 20 then 4 when 21 then 5 when 25 then null end, ended = isnull(nullif(a.achievement_date, '1900-01-01'), a.end_date), ssa = cast(l.sectorsubjectareat1 as varchar(60))
	from lilr_i2."2002237".aims a
	left join lilr_i2."2002237".lars l on l.learnaimref = a.learning_aim_id and l.year = a.year
	where a.recordid = r.recordid and a.app = 1 and a.achievement > 0 and a.recordid > 0
	order by a.year desc, a.notional_level desc, a.sequence_index, l.sectorsubjectareat1
) x
where r.ae_id in (select ae_id from leo_i2."2002237".learner_ae_id_to_edukey_lookup)
	and r.ae_id = (select min(o.ae_id) from leo_i2."2002237".education_records_lookup o where o.recordid = r.recordid)
	and not exists (select 1 from leo_i2."2002237".education_records_lookup o where o.ae_id = r.ae_id and o.recordid > r.recordid)
delete pay.log where step = 'person'
insert pay.log (step, n) values ('persons', @@rowcount)

update p set n_edukeys = (select count(distinct e.edukey) from leo_i2."2002237".learner_ae_id_to_edukey_lookup e where e.ae_id = p.ae_id and e.edukey <> '') from pay.person p

select p.person, edukey = e.edukey collate Latin1_General_BIN into #keys from pay.person p join leo_i2."2002237".learner_ae_id_to_edukey_lookup e on e.ae_id = p.ae_id group by p.person, e.edukey collate Latin1_General_BIN
create unique index ix on #keys (edukey, person)
declare @dup int; select @dup = count(*) from (select edukey from #keys group by edukey having count(*) > 1) d
if @dup <> 0 print cast(@dup as varchar(10)) + ' keys belong to several'

create table pay.[year] (person int not null, tax_year int not null, ending as cast('20' + right(tax_year, 2) + '-04-05' as date), paye money null, self int null, months tinyint null,
	total as isnull(paye, 0) + isnull(self, 0), section char(1), region varchar(50), furlough_weeks int,
	constraint pk_year primary key (person, tax_year))

insert pay.year (person, tax_year, paye, section)
select k.person, e.taxyear, sum(e.earnings), max(left(e.main_section, 1))
from #keys k inner join leo_i2."2002237".leo_earnings e on e.edukey collate Latin1_General_BIN = k.edukey
where e.taxyear between @from_tax_year and @to_tax_year and e.earnings > 0
group by k.person, e.taxyear

merge pay.year as t
using (select k.person, s.taxyear, self = sum(s.earnings_self_employment) from #keys k inner join leo_i2."2002237".leo_self_assessment s on s.edukey = k.edukey collate database_default where s.taxyear >= @from_tax_year and s.taxyear <= @to_tax_year group by k.person, s.taxyear) s
	on t.person = s.person and t.tax_year = s.taxyear
when matched then update set t.self = s.self
when not matched by target and s.self > 0 then insert (person, tax_year, self) values (s.person, s.taxyear, s.self);

insert pay.log(step, n) select 'years', count_big(*) from pay.year

/* months in work: one day is enough. No calendar table needed */
update y
set months = m.n
from pay.year y
cross apply (
	select n = count(distinct d.k)
	from #keys k
	inner join leo_i2."2002237".leo_employment j on j.edukey = k.edukey collate Latin1_General_CI_AS
	cross join (values (0),(1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11)) d(k)
	where k.person = y.person
		and j.startdate <= dateadd(day, -1, dateadd(month, d.k - 11, dateadd(day, 1, y.ending)))
		and isnull(j.enddate, '99991231') >= dateadd(month, d.k - 12, dateadd(day, 1, y.ending))
) m

;with g as (select k.person, geo.taxyear, geo.gornm, rn = row_number() over (partition by k.person, geo.taxyear order by geo.gornm desc) from #keys k join leo_i2."2002237".leo_geography geo on geo.edukey = k.edukey collate Latin1_General_CI_AS and geo.gornm <> '')
update y set region = g.gornm from pay.year y join g on g.person = y.person and g.taxyear = y.tax_year and g.rn = 1

update pay.year set furlough_weeks = 0
update pay.year set furlough_weeks = c.w
from (select k.person, c.taxyear, w = max(c.cjrs_tot_wks) from leo_i2."2002237".leo_cjrs c, #keys k where k.edukey = c.edukey collate Latin1_General_BIN group by k.person, c.taxyear) c
where c.person = pay.year.person and c.taxyear = pay.year.tax_year

-- bands: a table of limits joined by inequality
declare @band table (lo money, hi money, name varchar(20))
insert @band values (0, 9999.99, 'under 10k'), (10000, 19999.99, '10k-20k'), (20000, 29999.99, '20k-30k'), (30000, $99999999, '30k and more')

select y.tax_year, level = isnull(cast(p.app_level as varchar(3)), '-'), b.name, n = count(*), mean = avg(y.total), [sum] = sum(y.total), months = avg(y.months), m2 = avg(y.months * 1.)
from pay.year y inner join pay.person p on p.person = y.person
left outer join @band b on y.total between b.lo and b.hi
group by y.tax_year, p.app_level, b.name
order by y.tax_year, p.app_level, b.name

-- growth of those in work in two years running
select cur.tax_year, n = count(*), growth = sum(cur.total) / nullif(sum(prev.total), 0) - 1, up = sum(case when cur.total > prev.total then 1 end), pct_up = 100 * sum(case when cur.total > prev.total then 1 else 0 end) / count(*),
	same_region = sum(case when cur.region = prev.region then 1 else 0 end)
from pay.year cur
inner join pay.year prev on prev.person = cur.person and prev.tax_year = cur.tax_year - 101
where cur.months = 12 and prev.months = 12
group by cur.tax_year
order by cur.tax_year

select p.ssa, n = count(*), first_pay = min(f.total), med = avg(f.total)
from pay.person p
outer apply (select top 1 y.total from pay.year y where y.person = p.person order by y.tax_year) f
group by p.ssa having count(*) > 1 order by p.ssa

select step, n from pay.log where step in ('persons', 'years') order by step
drop table #keys
