-- loop over years with dynamic sql
declare @yr int = 2010
declare @endyr int = 2013
declare @proj sysname = N'2002237'
declare @sql nvarchar(max), @cnt int, @tbl nvarchar(300), @cols nvarchar(max), @yy nchar(2)
declare @params nvarchar(500) = N'@year int, @minrows int, @rowcount_out int output'

if object_id('tempdb..#census') is not null drop table #census
create table #census (pmr varchar(20), censusyear int, fsm int null, sen varchar(10) null, eth varchar(60))

while @yr <= @endyr
begin
	set @yy = right(convert(nvarchar(4), @yr), 2)
	set @tbl = N'npd_i2.' + quotename(@proj) + N'.' + quotename(N'spring_census_' + cast(@yr as nvarchar(4)))

	if object_id(@tbl) is null
	begin
		raiserror('Table %s missing for year %d', 10, 1, @tbl, @yr) with nowait
		set @yr = @yr + 1
		continue
	end

	set @sql = N'
	insert into #census (pmr, censusyear, fsm, sen, eth)
	select pupilmatchingrefanonymous_spr' + @yy + N', @year, fsmeligible_spr' + @yy + N',
		   senprovision_spr' + @yy + N', ethnicgroupminor_spr' + @yy + N'
	from ' + @tbl + N'
	where pupilmatchingrefanonymous_spr' + @yy + N' <> ''''
	  and onroll_spr' + @yy + N' = 1;
	set @rowcount_out = @@rowcount;
	if @rowcount_out < @minrows print ''few rows in '' + cast(@year as varchar(4));'

	exec sp_executesql @sql, @params, @year = @yr, @minrows = 10, @rowcount_out = @cnt output
	print N'year ' + cast(@yr as nvarchar(4)) + N': ' + cast(@cnt as nvarchar(10)) + N' rows'
	set @yr += 1
end

-- build a column list from the data: STRING_AGG
select @cols = string_agg(quotename(cast(censusyear as varchar(4))), ', ') within group (order by censusyear)
from (select distinct censusyear from #census) y

set @sql = N'select eth, ' + @cols + N' into ##eth_year from (select eth, censusyear, pmr from #census) s
pivot (count(pmr) for censusyear in (' + @cols + N')) p'
print @sql
if object_id('tempdb..##eth_year') is not null drop table ##eth_year
exec (@sql)
select * from ##eth_year order by eth

-- the same with FOR XML PATH
declare @cols2 nvarchar(max)
select @cols2 = stuff((select ',' + quotename(censusyear) from #census group by censusyear order by censusyear for xml path(''), type).value('.', 'nvarchar(max)'), 1, 1, '')
print @cols2

-- the old way, row by row
declare @cols3 nvarchar(max)
select @cols3 = isnull(@cols3 + ',', '') + quotename(censusyear)
from (select distinct censusyear from #census) as t
print @cols3

declare @cols4 varchar(max) = ''
select @cols4 = @cols4 + ', ' + c.name
from sys.columns c
where c.object_id = object_id('npd_i2.[2002237].spring_census_2010')
	and c.name like '%sen%'
order by c.column_id
print stuff(@cols4, 1, 2, '')

declare @cols5 varchar(max) = ''
select @cols5 += column_name + ','
from npd_i2.information_schema.columns
where table_name = 'spring_census_2011' and column_name like 'ethnic%'
set @cols5 = left(@cols5, len(@cols5) - 1)
exec('select top 5 ' + @cols5 + ' from npd_i2.[2002237].spring_census_2011 order by 1')

-- union all made by a loop
declare @u nvarchar(max) = N'', @y int = 2010
while @y <= 2012
begin
	set @u = @u + case when @u = N'' then N'' else N' union all ' end + N'select ' + cast(@y as nvarchar) + N' as y, count(*) as n from npd_i2.[2002237].spring_census_' + cast(@y as nvarchar)
	set @y = @y + 1
end
set @u = N'select y, n, sum(n) over (order by y) as running from (' + @u + N') a order by y'
execute sp_executesql @u
drop table #census
drop table ##eth_year
go
-- cursor over years and tables
DECLARE @tbl sysname, @sch sysname, @SQL nvarchar(max), @n int, @year int;

IF OBJECT_ID('tempdb..#counts') IS NOT NULL DROP TABLE #counts;
CREATE TABLE #counts (tbl sysname NOT NULL, n int NOT NULL, y int NULL);

USE npd_i2;
DECLARE tbl_cur CURSOR LOCAL FAST_FORWARD FOR
	SELECT TABLE_SCHEMA, TABLE_NAME
	FROM INFORMATION_SCHEMA.TABLES
	WHERE TABLE_NAME LIKE 'spring[_]census[_]20%' AND TABLE_TYPE = 'VIEW'
	ORDER BY TABLE_NAME;

OPEN tbl_cur;
FETCH NEXT FROM tbl_cur INTO @sch, @tbl;

WHILE @@FETCH_STATUS = 0
BEGIN
	SET @SQL = N'INSERT #counts (tbl, n, y) SELECT ''' + @tbl + N''', COUNT(*), ' + RIGHT(@tbl, 4) + N' FROM ' + QUOTENAME(@sch) + N'.' + QUOTENAME(@tbl) + N';';
	EXEC sp_executesql @SQL;
	FETCH NEXT FROM tbl_cur INTO @sch, @tbl;
END;

CLOSE tbl_cur;
DEALLOCATE tbl_cur;

SELECT * FROM #counts ORDER BY y;

-- second: a cursor variable
USE project;
DECLARE @c CURSOR;
SET @c = CURSOR FOR SELECT y, n FROM #counts WHERE n > 0 ORDER BY y DESC;
OPEN @c
FETCH NEXT FROM @c INTO @year, @n
WHILE @@FETCH_STATUS = 0
BEGIN
	PRINT CONCAT(@year, ': ', @n)
	FETCH NEXT FROM @c INTO @year, @n
END
CLOSE @c
DEALLOCATE @c

-- third: nested, break, while 1=1
declare y_cur cursor for select distinct y from #counts where y between 2010 and 2012 order by y
declare @k int
open y_cur
while 1 = 1
begin
	fetch next from y_cur into @year
	if @@fetch_status <> 0 break
	declare k_cur cursor local static for select v from (values (1),(2)) t(v)
	open k_cur
	fetch k_cur into @k
	while (@@fetch_status = 0)
	begin
		print cast(@year as varchar(4)) + '-' + cast(@k as varchar(2))
		fetch next from k_cur into @k
	end
	close k_cur deallocate k_cur
end
close y_cur
deallocate y_cur
