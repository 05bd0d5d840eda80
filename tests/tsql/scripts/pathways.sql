/*
	From key stage 2 to key stage 4 to a degree -- who gets there?
	Tabs, odd spacing and CAPITALS as people write them.
*/

if schema_id ( 'path' ) is null
	exec ( 'create schema path' ) ;

---------------------------------------------------------------------------------------------
if	object_id('path.wip#ks2') is not null
	drop table path.wip#ks2

select	pmr = k.ks2_pupilmatchingrefanonymous collate Latin1_General_BIN ,
	year = cast ( right ( k.ks2_acadyr , 4 ) as smallint ) ,
	k.ks2_idaci , sex = case when k.ks2_female = 1 then 'F' when k.ks2_female = 0 then 'M' end ,
	fsm = isnull ( k.ks2_fsm , 0 ) ,
	born = case when k.ks2_yearofbirth > 1900 then datefromparts ( k.ks2_yearofbirth , nullif ( k.ks2_monthofbirth , 0 ) , 1 ) end ,
	n = row_number ( ) over ( partition by k.ks2_pupilmatchingrefanonymous collate Latin1_General_BIN order by k.ks2_acadyr desc , k.ks2_idaci , k.ks2_laestab_anon collate Latin1_General_BIN )
into	path.wip#ks2
from	npd_i2."2002237".ks2pupil_1996_to_2016 k
where	k.ks2_acadyr >= '1996/1997'
and	k.ks2_acadyr not like '%[^0-9/]%'
and	k.ks2_pupilmatchingrefanonymous <> ''

delete	path.wip#ks2
where	n > 1

create unique clustered index ix on path.wip#ks2 ( pmr )
alter table path.wip#ks2 drop column n
alter table path.wip#ks2 rebuild

---------------------------------------------------------------------------------------------
if	object_id('path.wip#grades') is not null drop table path.wip#grades
create table path.wip#grades (
	pmr	char(18) collate Latin1_General_BIN	not null ,
	y	int	not null ,
	grade	varchar(4)	null ,
	size	float	null ,
	points	as case grade when '*' then 58e0 when 'A' then 52e0 when 'B' then 46. when 'C' then 40 when 'D' then 34 when 'E' then 28 when 'F' then 22 when 'G' then 16 else 0e end ,
	good	as case when grade in ('*','A','B','C','9','8','7','6','5','4') then 1 else 0 end
)

insert	path.wip#grades
select	ks4_pupilmatchingrefanonymous , cast ( left ( ks4_acadyr , 4 ) as int ) + 1 , nullif ( ltrim ( rtrim ( ks4_grade ) ) , '' ) , ks4_gsize
from	npd_i2."2002237".ks4exam_2002_to_2014
where	ks4_pupilmatchingrefanonymous <> '' and isnull ( ks4_discall , 0 ) = 0
union all
select	ks4_pupilmatchingrefanonymous , cast ( left ( ks4_acadyr , 4 ) as int ) + 1 , nullif ( ltrim ( rtrim ( ks4_grade ) ) , '' ) , ks4_gsize
from	npd_i2."2002237".ks4exam_2015_to_2021
where	ks4_pupilmatchingrefanonymous <> ''

create index ix_grades on path.wip#grades ( pmr , y ) include ( grade , size )

if	object_id('path.wip#ks4') is not null drop table path.wip#ks4
select	g.pmr , y = min ( g.y ) , entries = count ( * ) , good = sum ( g.good ) , points = sum ( g.points * isnull ( g.size , 1 ) ) ,
	best = min ( case when g.grade = '*' then '0' else g.grade end ) , mean = sum ( g.points ) / nullif ( sum ( case when g.points > 0 then 1 else 0 end ) , 0 ) ,
	five_good = case when sum ( g.good ) >= 5 then 'Y' else 'N' end
into	path.wip#ks4
from	path.wip#grades g
where	exists ( select 0 from path.wip#ks2 k where k.pmr = g.pmr )
group by g.pmr

create unique clustered index ix on path.wip#ks4 ( pmr ) with ( drop_existing = off )

---------------------------------------------------------------------------------------------
if	object_id('path.wip#he') is not null drop table path.wip#he
create table path.wip#he ( pmr char(18) collate Latin1_General_BIN not null , year smallint not null , first_degree bit not null , subject varchar(4) null , mode varchar(2) null , primary key ( pmr , year ) with ( ignore_dup_key = on ) )

declare	@y smallint , @sql varchar(max) , @ended varchar(20)
set	@y = 2005
while	@y <= 2020
begin
	set	@ended = case when @y < 2008 then 'he_dateleft' else 'he_enddate' end

	set	@sql = '
	insert	path.wip#he
	select	he_pupilmatchingrefanonymous , ' + cast ( @y as varchar(4) ) + ' , max ( case when he_courseaim like ''[HI]%'' then 1 else 0 end ) ,
		min ( ' + case when col_length ( 'hesa_i2."2002237".hesa_' + cast ( @y as varchar(4) ) , 'he_xjacs01_1' ) is not null then 'left ( he_xjacs01_1 , 2 )' else 'null' end + ' ) ,
		max ( he_mode )
	from	hesa_i2."2002237".hesa_' + cast ( @y as varchar(4) ) + '
	where	he_pupilmatchingrefanonymous <> ''''
	and	( ' + @ended + ' is null or ' + @ended + ' > ''' + cast ( @y - 1 as varchar(4) ) + '-09-01'' )
	group by he_pupilmatchingrefanonymous'

	if	col_length ( 'hesa_i2."2002237".hesa_' + cast ( @y as varchar(4) ) , 'he_courseaim' ) is null
		set @sql = replace ( @sql , 'case when he_courseaim like ''[HI]%'' then 1 else 0 end' , '0' )
	if	col_length ( 'hesa_i2."2002237".hesa_' + cast ( @y as varchar(4) ) , 'he_mode' ) is null
		set @sql = replace ( @sql , 'max ( he_mode )' , 'null' )
	if	col_length ( 'hesa_i2."2002237".hesa_' + cast ( @y as varchar(4) ) , 'he_xjacs01_1' ) is null
		set @sql = replace ( @sql , 'min ( null )' , 'null' )

	exec ( @sql )

	set	@y = @y + 1
end

---------------------------------------------------------------------------------------------
if	object_id('path.spine') is not null drop table path.spine
create table path.spine (
	pmr char(18) collate Latin1_General_BIN not null primary key ,
	ks2_year smallint null ,
	ks4_year as ks2_year + 5 ,
	sex char(1) null , fsm tinyint null , idaci float null , idaci_q tinyint null ,
	born date null , points float null , good int null , he_year smallint null , age_he as datediff ( year , born , datefromparts ( he_year - 1 , 9 , 1 ) ) - case when month ( born ) > 9 then 1 else 0 end ,
	outcome varchar(20) null
)

insert into path.spine ( pmr , ks2_year , sex , fsm , idaci , born )
select pmr , year , sex , fsm , ks2_idaci , born
from path.wip#ks2

update	s
set	points = k.points ,
	good = k.good
from	path.spine s
inner join path.wip#ks4 k
	on k.pmr = s.pmr

update	path.spine
set	he_year = h.year
from	path.spine
inner join ( select pmr , year = min ( year ) from path.wip#he group by pmr ) h on h.pmr = path.spine.pmr

update	s
set	s.idaci_q = q.q
from	path.spine as s , ( select pmr , q = ntile ( 5 ) over ( order by idaci , pmr ) from path.spine where idaci is not null ) as q
where	q.pmr = s.pmr

update	path.spine
set	outcome = case
		when he_year is not null and ( good >= 5 or points > 300e0 ) then 'HE, good'
		when he_year is not null then 'HE'
		when good >= 5 then 'five good'
		when points is null then 'no exams'
		else 'other' end

declare	@n int , @all int
select	@n = sum ( case when he_year is null then 0 else 1 end ) , @all = count ( * ) from path.spine
print	'in HE: ' + cast ( @n as varchar ) + ' of ' + cast ( @all as varchar ) + ' = ' + cast ( cast ( 100e0 * @n / @all as decimal(5,1) ) as varchar ) + '%'

select	ks4_year , outcome , n = count ( * ) , pct = cast ( 100.0 * count ( * ) / sum ( count ( * ) ) over ( partition by ks4_year ) as decimal(5,1) ) , points = round ( avg ( points ) , 1 )
from	path.spine
group by ks4_year , outcome
order by ks4_year , outcome desc

select	q = isnull ( cast ( idaci_q as varchar(10) ) , 'n/k' ) , sex , [n] = count ( * ) , he = sum ( case when he_year is not null then 1 else 0 end ) , he_pct = 100 * sum ( case when he_year is not null then 1 else 0 end ) / count ( * )
from	path.spine
group by grouping sets ( ( idaci_q , sex ) , ( idaci_q ) , ( ) )
order by grouping ( idaci_q ) , idaci_q , grouping ( sex ) , sex

select	unp.pmr , unp.what , unp.value
from	( select top 20 pmr , points = cast ( points as float ) , good = cast ( good as float ) , age = cast ( age_he as float ) from path.spine where he_year is not null and points is not null order by points desc , pmr ) s
unpivot ( value for what in ( points , good , age ) ) as unp
order by pmr , what

select	s.pmr , s.outcome , j.subject , j.n , total = sum ( j.n ) over ( partition by s.pmr )
from	path.spine s
cross apply ( select h.subject , n = count ( * ) from path.wip#he h where h.pmr = s.pmr group by h.subject ) j
where	s.fsm = 1
order by s.pmr , j.n desc , j.subject
