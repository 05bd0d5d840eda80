/* ------------------------------------------------------------------------------------------
   Census details: every school census from 2003 to 2022, all terms, in one table

   PLASC (2003 to 2005) stands here year by year. From 2006 a loop writes the statement for
   each term and year, since a column's name changes with both. A view that the project was
   not given is skipped with a message; a column that it lacks becomes NULL.

   Writes   study.census      one row a pupil, school, year and term and registration
   ------------------------------------------------------------------------------------------ */
set nocount on
go
if schema_id('study') is null exec('create schema study')
go

if object_id('study.wip#raw') is not null drop table study.wip#raw

create table study.wip#raw (
	pmr char(18) collate Latin1_General_BIN not null,
	year smallint not null,
	term char(3) not null,
	laestab varchar(30) collate Latin1_General_BIN null,
	gender varchar(10) null,
	ethnic_raw varchar(100) null,
	language_raw varchar(100) null,
	sen_raw varchar(20) null,
	fsm tinyint null,
	onroll tinyint null,
	enrolstatus varchar(10) null,
	recordstatus smallint null,
	ncyear varchar(5) null,
	birth_year int null,
	birth_month int null,
	lsoa varchar(15) null,
	idaci float null
)
go

/* ------------------------------------ PLASC ------------------------------------ */
insert study.wip#raw
select pupilmatchingrefanonymous_03, 2003, 'pla', nullif(laestab_anon_03, ''), gender_03, ethnicity_03, firstlanguage_03,
	senstatus_03, fsmeligible_03, null, enrolstatus_03, recordstatus_03, ncyearactual_03, yearofbirth_03, monthofbirth_03,
	llsoa_03, idaciscore_03
from npd_i2."2002237".plasc_2003
where pupilmatchingrefanonymous_03 <> ''

insert study.wip#raw
select pupilmatchingrefanonymous_04, 2004, 'pla', nullif(laestab_anon_04, ''), gender_04, ethnicity_04, firstlanguage_04,
	senstatus_04, fsmeligible_04, null, enrolstatus_04, recordstatus_04, ncyearactual_04, yearofbirth_04, monthofbirth_04,
	llsoa_04, idaciscore_04
from npd_i2."2002237".plasc_2004
where pupilmatchingrefanonymous_04 <> ''

insert study.wip#raw
select pupilmatchingrefanonymous_05, 2005, 'pla', nullif(laestab_anon_05, ''), gender_05, ethnicity_05, firstlanguage_05,
	senstatus_05, fsmeligible_05, null, enrolstatus_05, recordstatus_05, ncyearactual_05, yearofbirth_05, monthofbirth_05,
	llsoa_05, idaciscore_05
from npd_i2."2002237".plasc_2005
where pupilmatchingrefanonymous_05 <> ''
go

/* ------------------------------- the termly census ------------------------------ */
declare @year int = 2006, @t int
declare @term char(3), @view varchar(100), @end varchar(6), @sql varchar(max), @before int

declare @terms table (n int primary key, short char(3), long varchar(10))
insert into @terms values (1, 'aut', 'autumn'), (2, 'spr', 'spring'), (3, 'sum', 'summer')

-- what to read, and where it stands in the table
declare @columns table (n int identity(1, 1) primary key, base varchar(40), instead varchar(40) null)
insert into @columns (base, instead)
values ('laestab_anon', null), ('gender', null), ('ethnicgroupminor', 'ethnicgroup'),
	('firstlanguage', 'languagegroupminor'), ('senprovision', null), ('fsmeligible', null), ('onroll', null),
	('enrolstatus', null), ('recordstatus', null), ('ncyearactual', null), ('yearofbirth', null),
	('monthofbirth', null), ('lsoa11', 'llsoa'), ('idaciscore', null)

while @year <= 2022
begin

	set @t = 1
	while @t <= 3
	begin
		select @term = short, @view = 'npd_i2."2002237".' + long + '_census_' + cast(@year as varchar(4))
		from @terms where n = @t
		set @end = '_' + @term + right(cast(@year as varchar(4)), 2)
		set @t += 1

		-- 2006 has no autumn census, 2020 no summer census
		if object_id(@view) is null
		begin
			print 'There is no ' + @view
			continue
		end

		set @sql = 'insert study.wip#raw select pupilmatchingrefanonymous' + @end
			+ ', ' + cast(@year as varchar(4)) + ', ''' + @term + ''''

		declare @c int = 1, @base varchar(40), @instead varchar(40)
		while @c <= (select count(*) from @columns)
		begin
			select @base = base, @instead = instead from @columns where n = @c

			set @sql = @sql + ', ' + case
				when col_length(@view, @base + @end) is not null then @base + @end
				when col_length(@view, @instead + @end) is not null then @instead + @end
				else 'null'
			end
			set @c = @c + 1
		end

		set @sql += ' from ' + @view + ' where pupilmatchingrefanonymous' + @end + ' <> '''''

		set @before = (select count(*) from study.wip#raw)
		exec(@sql)
		if (select count(*) from study.wip#raw) = @before
			print 'Nothing was read from ' + @view
	end

	set @year += 1
end
go

create clustered index ix_raw on study.wip#raw (pmr, year, term)
alter table study.wip#raw rebuild
go

/* ---- defects: descriptions in code columns, types of need in the SEN column ---- */
update study.wip#raw set ethnic_raw = null where ethnic_raw = '' or left(ethnic_raw, 4) in ('MISS', 'N/A', 'INVA')
update study.wip#raw set lsoa = null where len(lsoa) <> 9 or lsoa not like '[EWS]%'
update study.wip#raw set ncyear = nullif(ltrim(rtrim(ncyear)), '')

/* ---- the finished table; what follows from other columns is computed ---- */
if object_id('study.census') is not null drop table study.census

create table study.census (
	pmr char(18) collate Latin1_General_BIN not null,
	year smallint not null,
	term char(3) not null,
	row_id int not null,
	laestab varchar(30) collate Latin1_General_BIN null,
	sex char(1) null,
	ethnicity char(4) null,
	language char(3) null,
	sen char(1) null,
	fsm tinyint null,
	onroll tinyint null,
	status char(1) null,
	main_record bit not null,
	ncyear varchar(5) null,
	birth_year int null,
	birth_month int null,
	lsoa char(9) null,
	idaci float null,
	country as case left(lsoa, 1) when 'E' then 'England' when 'W' then 'Wales' when 'S' then 'Scotland' end,
	any_sen as case when sen is null then null when sen = 'N' then 0 else 1 end,
	academic_year as cast(year - 1 as char(4)) + '/' + right(cast(year as char(4)), 2),
	age_in_august as year - 1 - birth_year - case when birth_month > 8 then 1 else 0 end,
	constraint pk_census primary key (pmr, year, term, row_id)
)

insert into study.census (pmr, year, term, row_id, laestab, sex, ethnicity, language, sen, fsm, onroll, status,
	main_record, ncyear, birth_year, birth_month, lsoa, idaci)
select
	pmr, year, term,
	row_id = row_number() over (
		partition by pmr, year, term
		order by case when enrolstatus in ('C', 'M') then 1 when onroll = 1 then 2 else 3 end,
			isnull(recordstatus, 0), isnull(laestab, ''), isnull(ncyear, '') collate Latin1_General_BIN,
			isnull(sen_raw, '') collate Latin1_General_BIN, isnull(ethnic_raw, '') collate Latin1_General_BIN,
			isnull(language_raw, '') collate Latin1_General_BIN, isnull(lsoa, '') collate Latin1_General_BIN,
			isnull(fsm, 9), isnull(gender, '') collate Latin1_General_BIN, idaci,
			isnull(enrolstatus, '') collate Latin1_General_BIN, isnull(onroll, 9), birth_year, birth_month),
	laestab,
	case when gender in ('M', 'B') then 'M' when gender in ('F', 'G') then 'F' end,
	left(ethnic_raw, 4),
	left(language_raw, 3),
	case when sen_raw in ('S', 'E') then 'E' when sen_raw in ('A', 'P', 'K') then 'K' when sen_raw = 'N' then 'N' end,
	fsm, onroll, left(enrolstatus, 1),
	case when recordstatus > 100 then 0 else 1 end,
	ncyear, birth_year,
	case when birth_month between 1 and 12 then birth_month end,
	lsoa, idaci
from study.wip#raw

drop table study.wip#raw

select year, term, pupils = count(distinct pmr), records = count(*), main = sum(cast(main_record as int)),
	fsm = sum(fsm), with_sen = sum(any_sen), mean_age = cast(avg(1.0 * age_in_august) as decimal(5, 2))
from study.census
group by year, term
order by year, term

select *
from study.census
order by pmr, year, term, row_id
