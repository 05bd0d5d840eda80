/* ------------------------------------------------------------------------------------------
   Person lookup: who is who across schools, colleges and tax records

   An AE_ID can have several PMRs and several EDUKEYs, and a key can turn up under more
   than one AE_ID. Everything that hangs together is one person.

   The lookups are read in slices: in one piece the statement may never come back.
   TOP ... WITH TIES makes sure that no AE_ID is cut in two by a slice.

   Writes   study.person_lookup      one row a person and key
   ------------------------------------------------------------------------------------------ */
set nocount on

if schema_id('study') is null exec('create schema study')

if object_id('study.[wip#pairs]') is not null drop table study.[wip#pairs]

create table study.[wip#pairs] (
	ae_id bigint not null,
	kind varchar(6) not null,		-- pmr, edukey or record
	id varchar(18) collate Latin1_General_BIN not null
)
go

/* ---- PMR ---- */
declare @slice int = 1000
declare @last bigint = -1
declare @rows int = 1
declare @slices int = 0

while @rows > 0
begin

	if object_id('tempdb..#slice') is not null
		drop table #slice

	select top (@slice) with ties
		ae_id,
		pmr = pupilmatchingrefanonymous collate Latin1_General_BIN
	into #slice
	from leo_i2."2002237".learner_ae_id_to_pmr_lookup
	where ae_id > @last
	order by ae_id

	set @rows = @@rowcount

	insert study.[wip#pairs]
	select ae_id, 'pmr', pmr
	from #slice
	where pmr <> ''
	group by ae_id, pmr

	if @rows > 0
	begin
		set @slices += 1
		select @last = max(ae_id) from #slice
	end

end

print 'PMR lookup read in ' + cast(@slices as varchar(10)) + ' slices'

-- the next batch makes #slice with another column, so it must not meet the old one
drop table #slice
go

/* ---- EDUKEY ---- */
declare @slice int = 1000, @last bigint = -1, @rows int = 1, @slices int = 0

while @rows > 0
begin
	if object_id('tempdb..#slice') is not null drop table #slice

	select top (@slice) with ties ae_id, edukey = edukey collate Latin1_General_BIN
	into #slice
	from leo_i2."2002237".learner_ae_id_to_edukey_lookup
	where ae_id > @last
	order by ae_id

	set @rows = @@rowcount

	insert study.[wip#pairs]
	select ae_id, 'edukey', edukey from #slice where edukey <> '' group by ae_id, edukey

	if @rows > 0
		select @last = max(ae_id), @slices = @slices + 1 from #slice
end

print 'EDUKEY lookup read in ' + cast(@slices as varchar(10)) + ' slices'

/* ---- records of further education; here the slice runs over the record number ---- */
set @last = -1
set @rows = 1

while 1 = 1
begin
	if object_id('tempdb..#slice2') is not null drop table #slice2

	select top 1500 with ties recordid, ae_id
	into #slice2
	from leo_i2."2002237".education_records_lookup
	where recordid > @last
	order by recordid

	if @@rowcount = 0
		break

	insert into study.[wip#pairs] (ae_id, kind, id)
	select ae_id, 'record', cast(recordid as varchar(18))
	from #slice2
	group by ae_id, recordid

	set @last = (select max(recordid) from #slice2)
end
go

create clustered index ix_pairs on study.[wip#pairs] (kind, id)
create index ix_pairs_ae on study.[wip#pairs] (ae_id) include (kind, id)
go

/* ------------------------------------------------------------------------------------------
   Everybody begins as a person of one AE_ID, numbered by it. As long as two AE_IDs that share
   a key have different numbers, the larger number gives way.
   ------------------------------------------------------------------------------------------ */
if object_id('study.[wip#person]') is not null drop table study.[wip#person]

select ae_id, person = ae_id
into study.[wip#person]
from study.[wip#pairs]
group by ae_id

alter table study.[wip#person] alter column ae_id bigint not null
alter table study.[wip#person] add primary key (ae_id)

declare @round int = 0, @changed int = 1
while @changed > 0
begin

	update p
	set person = n.person
	from study.[wip#person] p
	inner join (
		select here.ae_id, person = min(q.person)
		from study.[wip#pairs] here
		inner join study.[wip#pairs] there on there.kind = here.kind and there.id = here.id
		inner join study.[wip#person] q on q.ae_id = there.ae_id
		group by here.ae_id
	) n on n.ae_id = p.ae_id
	where n.person < p.person

	set @changed = @@rowcount
	set @round += 1

	if @round > 50
	begin
		print 'Still changing after fifty rounds: look for a key that everybody shares'
		break
	end

end
go

/* ---- the lookup: people numbered from 1, the keys of each numbered within their kind ---- */
if object_id('study.person_lookup') is not null drop table study.person_lookup

create table study.person_lookup (
	person_id int not null,
	kind varchar(6) not null,
	id varchar(18) collate Latin1_General_BIN not null,
	multiplex int not null,
	is_first as cast(case when multiplex = 1 then 1 else 0 end as bit),
	primary key (person_id, kind, multiplex)
)

insert study.person_lookup (person_id, kind, id, multiplex)
select
	n.person_id,
	k.kind,
	k.id,
	multiplex = row_number() over (partition by n.person_id, k.kind order by k.id)
from (
	select ae_id, person_id = dense_rank() over (order by person)
	from study.[wip#person]
) n
inner join (
	select distinct ae_id, kind, id from study.[wip#pairs]
	union all
	select ae_id, 'ae_id', cast(ae_id as varchar(18)) collate Latin1_General_BIN from study.[wip#person]
) k on k.ae_id = n.ae_id
group by n.person_id, k.kind, k.id

-- each key leads to one person, or this index cannot be made
create unique index ix_lookup on study.person_lookup (kind, id) include (person_id)

select kind, keys = count(*), people = count(distinct person_id), most = max(multiplex)
from study.person_lookup
group by kind
order by kind

select person_id, kind, id, multiplex, is_first
from study.person_lookup
order by person_id, kind, multiplex
