/*
	Secondary school careers of those who ended key stage 4 in 2009 to 2012:
	schools, moves, free meals, SEN, exclusions and absence from year 7 on, and the way from KS2 to KS4

	leaves   study.wip#roll      a row for each pupil and census, 2004 to 2012
	         study.wip#excl      exclusions, 2004 to 2012
	         study.careers       a row for each pupil
*/
use project
set nocount on
go

if schema_id('study') is null exec ('create schema study')
if object_id('study.careers') is not null drop table study.careers
if object_id('study.wip#roll', 'U') is not null drop table study.wip#roll
if object_id('study.wip#excl') is not null drop table study.wip#excl
if object_id('tempdb..#cohort') is not null drop table #cohort
go

-------------------------------------------------------------------------------
-- 1. who: the last record of KS4, the best one of its year
-------------------------------------------------------------------------------
select
	pmr, ks4_year, points, level2
into #cohort
from (
	select
		pmr = ks4_pupilmatchingrefanonymous collate Latin1_General_BIN,
		ks4_year = 2000 + cast(right(ks4_acadyr, 2) as int),
		points = ks4_ptscnewe,
		level2 = ks4_level2_em,
		pick = row_number() over (
			partition by ks4_pupilmatchingrefanonymous
			order by ks4_acadyr desc, isnull(ks4_ptscnewe, -1) desc, isnull(ks4_level2_em, -1) desc)
	from npd_i2.[2002237].ks4pupil_2002_to_2014
	where ks4_endks = 1
		and ks4_acadyr between '2008/2009' and '2011/2012'
		and isnull(ks4_pupilmatchingrefanonymous, '') <> ''
) k
where pick = 1

alter table #cohort alter column pmr varchar(18) collate Latin1_General_BIN not null
alter table #cohort add primary key (pmr)
go

-------------------------------------------------------------------------------
-- 2. the census of every term; which columns a view has is asked, not known
-------------------------------------------------------------------------------
create table study.wip#roll (
	pmr varchar(18) collate Latin1_General_BIN not null,
	[year] smallint not null,
	term char(3) not null,						-- aut, spr, sum
	school varchar(30) collate Latin1_General_BIN null,
	ncyear varchar(4) null,
	fsm smallint null,
	sen varchar(4) null,
	enrol varchar(4) null,
	since date null,
	seq as [year] * 3 + case term when 'aut' then 1 when 'spr' then 2 else 3 end,
	grade as try_cast(ncyear as int),
	stage as case when try_cast(ncyear as int) between 7 and 9 then 3 when try_cast(ncyear as int) in (10, 11) then 4 end,
	sen_rank as case when sen in ('S', 'E') then 3 when sen in ('P', 'K') then 2 when sen = 'A' then 1 when sen = 'N' then 0 end
)

declare @views table (i int identity primary key, name sysname, suffix varchar(6), y smallint, term char(3))
insert @views (name, suffix, y, term)
select
	t.table_name,
	case when t.table_name like 'plasc%' then right(t.table_name, 2) else c.term + right(t.table_name, 2) end,
	2000 + right(t.table_name, 2),
	c.term
from npd_i2.information_schema.tables t
	cross apply (
		select term = case left(t.table_name, 3) when 'pla' then 'spr' else left(replace(t.table_name, 'summer', 'sum'), 3) end
	) c
where t.table_schema = '2002237'
	and (t.table_name like 'plasc[_]%' or t.table_name like '%[_]census[_]20[0-9][0-9]')
	and right(t.table_name, 4) between '2004' and '2012'
order by right(t.table_name, 4), t.table_name

declare @i int = 1, @last int, @sql nvarchar(max), @name sysname, @suffix varchar(6), @y smallint, @term char(3), @sen sysname, @total int = 0
select @last = max(i) from @views

while @i <= @last
begin
	select @name = name, @suffix = suffix, @y = y, @term = term from @views where i = @i

	set @sen = null
	select top 1 @sen = column_name
	from npd_i2.information_schema.columns
	where table_name = @name and column_name in ('senprovision_' + @suffix, 'senstatus_' + @suffix)
	order by column_name

	set @sql = replace(replace(N'
		insert study.wip#roll (pmr, [year], term, school, ncyear, fsm, sen, enrol, since)
		select c.pmr, @y, @term, nullif(laestab_anon_~, ''''), ncyearactual_~, fsmeligible_~, {sen}, enrolstatus_~, entrydate_~
		from npd_i2.[2002237].' + quotename(@name) + N' v
			inner join #cohort c on c.pmr = v.pupilmatchingrefanonymous_~ collate Latin1_General_BIN
		where @y > c.ks4_year - 5 and @y < = c.ks4_year
		set @n = @@rowcount', '{sen}', isnull('nullif(' + @sen + ', '''')', 'null')), '~', @suffix)

	declare @n int
	exec sp_executesql @sql, N'@y smallint, @term char(3), @n int output', @y, @term, @n = @n output
	if @n = 0 print @name + ' has nobody of the cohort'
	select @total += @n, @i += 1
end
print 'Census rows: ' + cast(@total as varchar(10))
go

-- one record for each pupil and census: where they are the main pupil, then who came last
;with doubled as (
	select *, pick = row_number() over (
		partition by pmr, [year], term
		order by case when enrol in ('C', 'M') then 1 else 2 end, since desc, school, fsm desc, sen, ncyear)
	from study.wip#roll
)
delete doubled where pick > 1

create unique clustered index ix_roll on study.wip#roll (pmr, [year], term)
create index ix_roll_school on study.wip#roll (school) include (pmr, fsm)
alter table study.wip#roll rebuild with (data_compression = page)
go

-------------------------------------------------------------------------------
-- 3. exclusions: two layouts
-------------------------------------------------------------------------------
create table study.wip#excl (
	pmr varchar(18) collate Latin1_General_BIN not null,
	ended smallint not null,			-- academic year by its end
	permanent bit not null,
	sessions int null,
	day_ date null,
	days as sessions / 2e
)

insert into study.wip#excl (pmr, ended, permanent, day_)
select pupilmatchingrefanonymous_ex04, 2004, case permanentexclusionind_ex04 when 'P' then 1 else 0 end, startdate_ex04
from npd_i2.[2002237].exclusions_2004
union all
select pupilmatchingrefanonymous_ex05, 2005, iif(permanentexclusionind_ex05 = 'P', 1, 0), startdate_ex05
from npd_i2.[2002237].exclusions_2005

declare @y int = 2006, @text varchar(max) = ''
while @y <= 2012
begin
	set @text = @text + case @text when '' then '' else ' union all ' end + replace('
		select pupilmatchingrefanonymous_ex!, 2000 + !, case category_ex! when ''PERM'' then 1 else 0 end, sessions_ex!, startdate_ex!
		from npd_i2.[2002237].exclusions_table_1_20! where category_ex! <> ''LNCH''', '!', right(str(@y), 2))
	set @y = @y + 1
end
insert study.wip#excl (pmr, ended, permanent, sessions, day_) exec (@text)

delete x
from study.wip#excl as x
where not exists (select 1 from #cohort c where c.pmr = x.pmr and x.ended between c.ks4_year - 4 and c.ks4_year)
go

-------------------------------------------------------------------------------
-- 4. absence in the last two years, from three columns a view to rows
-------------------------------------------------------------------------------
if object_id('tempdb..#absence') is not null drop table #absence
create table #absence (pmr varchar(18) collate Latin1_General_BIN, y int, term tinyint, possible int, missed int)

declare @y int = 2008, @q nvarchar(4000)
while @y <= 2012
begin
	set @q = N'
	insert #absence
	select c.pmr, @y, v.term, v.possible, v.missed
	from npd_i2.[2002237].absence_' + ltrim(str(@y)) + N'_3term a
		join #cohort c on c.pmr = a.pupilmatchingrefanonymous_ab' + right(@y, 2) + N' collate Latin1_General_BIN
		cross apply (values'
	select @q += string_agg(concat('
			(', t.n, ', a.sessionspossible_', t.name, '_ab', right(@y, 2), ', a.overallabsence_', t.name, '_ab', right(@y, 2), ')'), ',') within group (order by t.n)
	from (values (1, 'autumn'), (2, 'spring'), (3, 'summer')) t (n, name)
	set @q += N') v (term, possible, missed)
	where @y >= c.ks4_year - 1 and @y <= c.ks4_year and v.possible > 0'
	exec sp_executesql @q, N'@y int', @y = @y
	set @y += 1
end
go

-------------------------------------------------------------------------------
-- 5. all of it in a row for each pupil
-------------------------------------------------------------------------------
create table study.careers (
	pmr varchar(18) collate Latin1_General_BIN not null constraint pk_careers primary key,
	ks4_year smallint not null,
	terms tinyint not null default 0,
	schools tinyint not null default 0,
	moves int not null default 0,
	fsm_ks3 decimal(4, 3) null, fsm_ks4 decimal(4, 3) null,
	sen_highest tinyint null,
	fixed int not null default 0, permanent bit not null default 0, days_out float null, first_out date null,
	missed_pct numeric(5, 2) null,
	ks2 decimal(4, 1) null, ks2_fifth int null,
	points int null, level2 bit null, gain float null,
	fsm_change as case when fsm_ks3 is null or fsm_ks4 is null then null when fsm_ks4 > fsm_ks3 then 'more' when fsm_ks4 < fsm_ks3 then 'less' else 'same' end,
	unsettled as cast(case when moves > 0 or fixed > 2 or permanent = 1 or missed_pct >= 10 then 1 else 0 end as bit)
)

insert study.careers (pmr, ks4_year, points, level2) select pmr, ks4_year, points, level2 from #cohort

update s
set terms = r.terms, schools = r.schools, moves = r.moves, fsm_ks3 = r.fsm3, fsm_ks4 = r.fsm4, sen_highest = r.sen
from study.careers s
inner join (
	select
		pmr,
		terms = count(*),
		schools = count(distinct school),
		moves = sum(case when school <> before then 1 else 0 end),
		fsm3 = avg(case when stage = 3 then fsm * 1.0 end),
		fsm4 = avg(case when stage = 4 then fsm * 1.0 end),
		sen = max(sen_rank)
	from (
		select *, before = lag(school) over (partition by pmr order by seq)
		from study.wip#roll
		where grade between 7 and 11
	) steps
	group by pmr
) r on r.pmr = s.pmr

update study.careers
set fixed = e.fixed, permanent = e.permanent, days_out = e.days_out, first_out = e.first_out
from study.careers c
	cross apply (
		select sum(1 - permanent), max(cast(permanent as tinyint)), sum(days), min(day_)
		from study.wip#excl x
		where x.pmr = c.pmr
		having count(*) > 0
	) e (fixed, permanent, days_out, first_out)

;with a as (select pmr, possible = sum(possible), missed = sum(missed) from #absence group by pmr having sum(possible) >= 100)
update c set missed_pct = 100.0 * a.missed / a.possible from study.careers c, a where a.pmr = c.pmr

-- KS2 five years before: a level is worth six points, and three more
update c
set ks2 = k.points
from study.careers c
	outer apply (
		select top 1 points = (select avg(6.0 * level + 3) from (values (try_cast(nullif(p.ks2_englev, '-') as int)), (try_cast(nullif(p.ks2_matlev, '-') as int))) l (level))
		from npd_i2.[2002237].ks2pupil_1996_to_2016 p
		where p.ks2_pupilmatchingrefanonymous collate Latin1_General_BIN = c.pmr and right(p.ks2_acadyr, 4) = str(c.ks4_year - 5, 4)
		order by 1 desc
	) k
print 'Without a KS2 record of numbers: ' + convert(varchar(9), (select count(*) from study.careers where ks2 is null))

update f set ks2_fifth = f.fifth
from (select ks2_fifth, fifth = ntile(5) over (partition by ks4_year order by ks2, pmr) from study.careers where ks2 is not null) f

declare @rows int = 1
while @rows > 0
begin
	-- what is gained over the mean of one's fifth, a year at a time
	update c
	set gain = round(c.points - m.mean_, 4)
	from study.careers c
	inner join (
		select ks4_year, ks2_fifth, mean_ = avg(cast(points as float))
		from study.careers
		where ks2_fifth is not null
		group by ks4_year, ks2_fifth
	) m on m.ks4_year = c.ks4_year and m.ks2_fifth = c.ks2_fifth
	where c.gain is null and c.points is not null
		and c.ks4_year = (select min(ks4_year) from study.careers where gain is null and points is not null and ks2_fifth is not null)
	set @rows = @@rowcount
end
go

-------------------------------------------------------------------------------
-- 6. looking at it
-------------------------------------------------------------------------------
select fifth = ks2_fifth, n = count(*), unsettled = sum(unsettled + 0), level2_pct = 100 * sum(cast(level2 as int)) / nullif(count(level2), 0), gained = round(avg(case when gain > 0 then gain end), 3)
from study.careers
group by ks2_fifth with rollup
order by grouping(ks2_fifth), ks2_fifth

-- settled at school and seldom absent, yet excluded: and the other way round
select what = 'excluded', n = count(*) from (
	select pmr from study.careers where fixed > 0 or permanent = 1
	except
	(select pmr from study.careers where moves > 0 union select pmr from study.careers where missed_pct >= 10)
) x
union all
select 'absent', count(*) from (
	select pmr from study.careers where missed_pct >= 10
	intersect
	select pmr from study.careers where moves = 0 and fixed = 0 and permanent = 0
) y
order by what desc

select * from (
	select top 5 with ties school, pupils = count(distinct pmr), years = stuff((
			select distinct ',' + cast(i.[year] as char(4))
			from study.wip#roll i where i.school = o.school
			for xml path(''), type).value('.', 'varchar(max)'), 1, 1, '')
	from study.wip#roll o
	where school is not null
	group by school
	having count(distinct pmr) > 1
	order by pupils desc
) biggest
order by pupils desc, school

select pmr, ks4_year, terms, schools, moves, fsm_ks3, fsm_ks4, fsm_change, sen_highest,
	fixed, permanent, days_out, first_out, missed_pct, ks2, ks2_fifth, points, level2, gain, unsettled
from study.careers
order by pmr
