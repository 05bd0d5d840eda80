set nocount on
-- NCCIS: months not in education, employment or training; then furlough and the business register
if object_id('tempdb..#n') is not null drop table #n
if object_id('tempdb..##shared') is not null drop table ##shared
create table #n (pmr char(18) collate Latin1_General_BIN not null, ym int not null, status char(4) not null, source varchar(max) null)
declare @year int; set @year = 2011
declare @chunk table (code int, status char(4))
insert @chunk (code, status) select code, 'EDUC' from (select 210 code union select 220 union select 230 union select 240 union select 250 union select 260 union select 270) a
insert @chunk select v.code, v.status from (values (310,'EMPL'),(320,'EMPL'),(330,'EMPL'),(340,'EMPL'),(350,'EMPL'),(360,'EMPL'),(410,'TRNG'),(430,'TRNG'),(440,'TRNG'),(450,'TRNG'),(460,'TRNG'),(510,'NEET'),(520,'NEET'),(530,'NEET'),(540,'NEET'),(550,'NEET'),(610,'NEET'),(615,'NEET'),(616,'NEET'),(619,'NEET'),(620,'NEET'),(630,'NEET'),(640,'NEET'),(650,'NEET'),(670,'NEET'),(680,'NEET'),(710,'CUST'),(720,'CUST'),(810,'NK'),(820,'NK'),(830,'NK')) v(code, status)

while @year <= 2021
begin
	insert #n
	select n.nccis_pupilmatchingrefanonymous, 100 * (left(n.nccis_acadyr, 4) + case when n.nccis_monthno < 9 then 1 else 0 end) + n.nccis_monthno,
		isnull((select c.status from @chunk c where c.code = n.nccis_current_activity_code), case when n.nccis_current_activity_code between 100 and 199 then 'COMP' else '?' end),
		'code ' + cast(n.nccis_current_activity_code as varchar(max)) + isnull(', since ' + convert(varchar(10), n.nccis_current_activity_start_date, 103), '')
	from npd_i2.[2002237].nccis_2011_to_2021 n
	where right(n.nccis_acadyr, 4) = @year and len(n.nccis_pupilmatchingrefanonymous) > 0
	if (@@rowcount = 0) print 'none in ' + str(@year, 4)
	set @year += 1
end

;with d as (select *, rn = row_number() over (partition by pmr, ym order by case status when 'NEET' then 2 when '?' then 3 else 1 end, source collate Latin1_General_BIN) from #n)
delete d where rn > 1

alter table #n add d as datefromparts(ym / 100, ym % 100, 1), prev char(4) null, spell int null
go
update n set prev = (select p.status from #n p where p.pmr = n.pmr and p.d = dateadd(month, -1, n.d)) from #n n
update n set spell = s.spell from #n n inner join (select pmr, ym, spell = sum(case when isnull(prev, '') = status then 0 else 1 end) over (partition by pmr order by ym rows unbounded preceding) from #n) s on s.pmr = n.pmr and s.ym = n.ym

select pmr, spell, status = max(status), from_d = min(d), to_d = eomonth(max(d)), months = count(*) into ##shared from #n group by pmr, spell
create index ix on ##shared (pmr, spell) include (status, months)

select status, spells = count(*), people = count(distinct pmr), months = sum(months), mean = sum(months) * 1.0 / count(*), longest = max(months), never_ends = sum(case when to_d = l.last_d then 1 else 0 end)
from ##shared cross join (select last_d = max(to_d) from ##shared) l group by status order by status

-- transitions as a matrix
select [from] = a.status, [EDUC], [EMPL], [TRNG], [NEET], [NK] = isnull([NK], 0)
from (select a.status, nxt = b.status, a.pmr from ##shared a join ##shared b on b.pmr = a.pmr and b.spell = a.spell + 1) q
pivot (count(pmr) for nxt in ([EDUC], [EMPL], [TRNG], [NEET], [NK])) a
order by 1

-- recursive: the chain of each person's statuses as text
;with firsts as (select pmr, spell, status, n = row_number() over (partition by pmr order by spell), last = count(*) over (partition by pmr) from ##shared),
chain as (
	select pmr, n, last, path = cast(rtrim(status) as varchar(200)) from firsts where n = 1
	union all
	select f.pmr, f.n, f.last, cast(c.path + '>' + rtrim(f.status) as varchar(200)) from chain c inner join firsts f on f.pmr = c.pmr and f.n = c.n + 1 and f.n <= 6
)
select top 15 path, n = count(*) from chain c where n = last or n = 6 group by path order by count(*) desc, path
option (maxrecursion 50)
go
/* business register: the size of the main employer before and during furlough */
if schema_id('biz') is null exec('create schema biz')
if object_id('biz.firm') is not null drop table biz.firm
select entkey = i.entkey, i.sourceyear, i.employees, size = case when i.employees is null then null when i.employees < 10 then 'micro' when i.employees < 50 then 'small' when i.employees < 250 then 'medium' else 'large' end,
	sic2 = try_cast(left(i.sic2007, 2) as int), section = upper(left(ltrim(i.sectionname), 1)), alive = cast(case when i.death_month is null or i.death_month > '2020-03-01' then 1 else 0 end as bit)
into biz.firm
from leo_i2.[2002237].leo_idbr_enterprise i
where i.sourceyear in (2019, 2020)

alter table biz.firm alter column entkey varchar(20) collate Latin1_General_BIN not null
alter table biz.firm alter column sourceyear int not null
alter table biz.firm add constraint pk_firm primary key (entkey, sourceyear)

go
create view biz.big as select entkey, sourceyear from biz.firm where size in ('medium', 'large')

go
declare @size table (size varchar(10) primary key, ord tinyint)
insert @size values ('micro', 1), ('small', 2), ('medium', 3), ('large', 4)

select f.size, people = count(distinct e.edukey), furloughed = count(distinct c.edukey), pct = cast(100.0 * count(distinct c.edukey) / nullif(count(distinct e.edukey), 0) as decimal(5, 2)), wks = sum(c.cjrs_tot_wks)
from leo_i2.[2002237].leo_earnings e
left join biz.firm f on f.entkey = e.main_enterprise collate Latin1_General_BIN and f.sourceyear = 2020
left join leo_i2.[2002237].leo_cjrs c on c.edukey = e.edukey and c.taxyear = 202021
left join @size z on z.size = f.size
where e.taxyear = 201920 and e.edukey <> '' and (f.alive = 1 or f.alive is null)
group by f.size, z.ord
order by case when z.ord is null then 9 else z.ord end

select x = case when exists (select * from biz.big) then 'there are big firms' else 'none' end, n = (select count(*) from biz.big where sourceyear = 2020)
drop view biz.big
drop table biz.firm, ##shared, #n
