--  EXCLUSIONS and ABSENCE in one file.   v0.3, 12/4; see the notes of the meeting -- don't trust 2002
/*  1. exclusions of all years (old format to 2005, table 1 afterwards)
    2. absence by term
    /* 3. nothing else (a comment in a comment) */
*/
USE project;
SET NOCOUNT ON; SET ANSI_NULLS ON SET XACT_ABORT OFF

DECLARE @project NVARCHAR(20) = N'2002237' , @firstYear INT = 2002, @lastYear SMALLINT = 2020, @debug BIT = 0   -- change here only
Declare @sql nvarchar(MAX), @yy char(2), @view sysname
	,	@started datetime = getdate()
	,	@n_rows	int = 0
	,	@message varchar(200);

IF SCHEMA_ID('ex') IS NULL EXEC ('CREATE SCHEMA ex')
IF OBJECT_ID('ex.wip#excl','U') IS NOT NULL
	DROP TABLE ex.wip#excl;
IF OBJECT_ID(N'[ex].[Exclusions]') IS NOT NULL Drop Table [ex].[Exclusions]
IF OBJECT_ID('TempDB..#years') IS NOT NULL DROP TABLE #years

CREATE TABLE ex.wip#excl
(
	 [PMR]			CHAR(18)	COLLATE Latin1_General_BIN	NOT NULL
	,[Year]			SMALLINT	NOT NULL
	,[LAEstab]		VARCHAR(30)	COLLATE Latin1_General_BIN	NULL
	,[Start Date]	DATE		NULL
	,[Sessions]		INT			NULL
	,Category		CHAR(4)		NOT NULL	CONSTRAINT DF_ex_cat DEFAULT 'FIXD'
	,Reason			VARCHAR(2)	NULL
	,Source			TINYINT		NOT NULL
	,Is_Permanent	AS CAST(CASE WHEN Category = 'PERM' THEN 1 ELSE 0 END AS BIT)
	,Month_No		AS DATEPART(MONTH, [Start Date]) PERSISTED
);

-- the years and what they look like
SELECT y = n, yy = RIGHT('0' + CAST(n % 100 AS VARCHAR(4)), 2),
	kind = CASE WHEN n < 2006 THEN 'old' ELSE 'new' END,
	viewname = CASE WHEN n < 2006 THEN 'exclusions_' ELSE 'exclusions_table_1_' END + LTRIM(STR(n)),
	done = CAST(0 AS BIT)
INTO #years
FROM (SELECT TOP (@lastYear - @firstYear + 1) n = @firstYear - 1 + ROW_NUMBER() OVER (ORDER BY (SELECT NULL))
	FROM (VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)) a (x) CROSS JOIN (VALUES (0),(1)) AS b (x)) AS numbers

WHILE EXISTS (SELECT * FROM #years WHERE done = 0)
BEGIN -- next year
	DECLARE @y INT, @kind CHAR(3)
	SELECT TOP 1 @y = y, @yy = yy, @kind = kind, @view = viewname FROM #years WHERE done = 0 ORDER BY y

	IF OBJECT_ID('npd_i2.[' + @project + '].' + @view) IS NULL
	BEGIN
		SET @message = 'skipped: ' + @view; PRINT @message;
		UPDATE #years SET done = 1 WHERE y = @y
		CONTINUE
	END

	SET @sql = N'
		INSERT ex.wip#excl ([PMR], [Year], LAEstab, [Start Date], [Sessions], Category, Reason, Source)
		SELECT pupilmatchingrefanonymous_ex' + @yy + N', ' + CAST(@y AS NVARCHAR(4)) + N',
			NULLIF(laestab_anon_ex' + @yy + N', ''''), startdate_ex' + @yy + N', ' +
		CASE @kind
			WHEN 'old' THEN N'NULL, CASE WHEN permanentexclusionind_ex' + @yy + N' = ''P'' THEN ''PERM'' ELSE ''FIXD'' END, NULL, 1'
			ELSE N'sessions_ex' + @yy + N', CASE category_ex' + @yy + N' WHEN ''PERM'' THEN ''PERM'' WHEN ''LNCH'' THEN ''LNCH'' ELSE ''FIXD'' END, reason_ex' + @yy + N', 2'
		END + N'
		FROM npd_i2.[' + @project + N'].' + QUOTENAME(@view) + N' -- of ' + @yy + N'
		WHERE pupilmatchingrefanonymous_ex' + @yy + N' <> '''''

	IF @debug = 1 PRINT @sql
	EXEC sp_executesql @sql
	SELECT @n_rows += @@ROWCOUNT
	UPDATE y SET y.done = 1 FROM #years AS y WHERE y.y = @y
END

PRINT CONCAT('rows read: ', @n_rows, ' in ', DATEDIFF(hour, @started, GETDATE()), ' hours')

-- an exclusion can be there twice: delete, keep the longest
;WITH Twice AS
(
	SELECT *, No = ROW_NUMBER() OVER (PARTITION BY PMR, [Year], [Start Date], Category ORDER BY ISNULL([Sessions], -1) DESC, Reason, LAEstab)
	FROM ex.wip#excl
)
DELETE FROM Twice WHERE No > 1
PRINT 'doubles: ' + CONVERT(VARCHAR, @@ROWCOUNT)

ALTER TABLE ex.wip#excl ADD [Academic Year] CHAR(7) NULL, Term VARCHAR(6) NULL
GO
UPDATE e
SET [Academic Year] = CAST(e.[Year] - 1 AS CHAR(4)) + '/' + RIGHT(CAST(e.[Year] AS CHAR(4)), 2)
	, Term = CASE
		WHEN MONTH([Start Date]) BETWEEN 9 AND 12 THEN 'Autumn' -- also a bit of August
		WHEN MONTH([Start Date]) <= 4 THEN 'Spring'
		WHEN [Start Date] IS NULL THEN NULL
		ELSE 'Summer' END
FROM ex.wip#excl e

CREATE CLUSTERED INDEX [ix excl] ON ex.wip#excl (PMR ASC, [Year] ASC)
CREATE INDEX ix_excl_2 ON ex.wip#excl ([Year]) INCLUDE (Category, [Sessions]) WHERE Category <> 'LNCH'

/****** pupils: one row each ******/
SELECT	PMR,
		[First Year] = MIN([Year]), [Last Year] = MAX([Year]),
		n_fixed = SUM(CASE WHEN Category = 'FIXD' THEN 1 ELSE 0 END),
		n_perm = COUNT(CASE WHEN Is_Permanent = 1 THEN 1 END),
		days = SUM([Sessions]) / 2.0,			-- two sessions a day
		mean_sessions = AVG([Sessions]),
		longest = MAX([Sessions]),
		reasons = STUFF((SELECT DISTINCT ',' + i.Reason FROM ex.wip#excl AS i WHERE i.PMR = e.PMR AND i.Reason <> '' ORDER BY ',' + i.Reason FOR XML PATH('')), 1, 1, '')
INTO ex.Exclusions
FROM ex.wip#excl e
GROUP BY PMR

ALTER TABLE ex.Exclusions ALTER COLUMN PMR CHAR(18) COLLATE Latin1_General_BIN NOT NULL
ALTER TABLE ex.Exclusions ADD CONSTRAINT [PK exclusions] PRIMARY KEY CLUSTERED (PMR)
ALTER TABLE ex.Exclusions ADD absence_pct DECIMAL(5,2), persistent BIT NOT NULL CONSTRAINT df_persistent DEFAULT (0) WITH VALUES
GO
/* 2. absence --------------------------------------------------------------------- */
IF OBJECT_ID('tempdb..#absence') IS NOT NULL DROP TABLE #absence
CREATE TABLE #absence (pmr char(18) collate latin1_general_bin, year int, term tinyint, possible int, missed int,
	rate AS CASE WHEN possible > 0 THEN CAST(100.0 * missed / possible AS decimal(6,2)) END)

DECLARE @y INT = 2006, @sql VARCHAR(MAX), @t INT, @term VARCHAR(10), @yy CHAR(2)
WHILE @y < 2022 BEGIN
	SET @yy = RIGHT(@y, 2) SET @t = 0
	IF @y <> 2020		-- no collection
		WHILE @t < 3
		BEGIN
			SET @t = @t + 1
			SET @term = CHOOSE(@t, 'autumn', 'spring', 'summer')
			IF COL_LENGTH('npd_i2.[2002237].absence_' + CAST(@y AS VARCHAR) + '_3term', 'sessionspossible_' + @term + '_ab' + @yy) IS NULL CONTINUE
			SET @sql = REPLACE(REPLACE(REPLACE('insert into #absence (pmr, year, term, possible, missed)
				select pupilmatchingrefanonymous_ab{yy}, {y}, ' + CAST(@t AS VARCHAR) + ', sum(sessionspossible_{term}_ab{yy}),
					sum(isnull(authorisedabsence_{term}_ab{yy}, 0) + isnull(unauthorisedabsence_{term}_ab{yy}, 0))
				from npd_i2.[2002237].absence_{y}_3term where pupilmatchingrefanonymous_ab{yy} > '''' group by pupilmatchingrefanonymous_ab{yy}
				having sum(sessionspossible_{term}_ab{yy}) > 0', '{yy}', @yy), '{y}', @y), '{term}', @term)
			EXECUTE (@sql)
		END
	SET @y += 1
END

-- a persistent absentee misses ten per cent
UPDATE ex.Exclusions
SET absence_pct = a.pct, persistent = CASE WHEN a.pct >= 10 THEN 1 ELSE 0 END
FROM ex.Exclusions x
	INNER JOIN (SELECT pmr, pct = 100.0 * SUM(missed) / NULLIF(SUM(possible), 0) FROM #absence GROUP BY pmr) a
		ON a.pmr = x.PMR
WHERE x.n_perm = 0 OR a.pct IS NOT NULL

-- look at it
SELECT [Year], [FIXD] = ISNULL([FIXD], 0), [LNCH] = ISNULL([LNCH], 0), [PERM] = ISNULL([PERM], 0)
FROM (SELECT [Year], Category, PMR FROM ex.wip#excl) AS s
PIVOT (COUNT(PMR) FOR Category IN ([FIXD], [LNCH], [PERM])) AS p
ORDER BY [Year] DESC

SELECT term, n = COUNT(*), mean = AVG(rate), sd = ROUND(STDEV(rate), 4), lo = MIN(rate), hi = MAX(rate), zero = SUM(IIF(missed = 0, 1, 0))
FROM #absence GROUP BY term WITH ROLLUP ORDER BY GROUPING(term), term

SELECT x.*, band = CASE WHEN absence_pct IS NULL THEN '?' WHEN absence_pct < 5 THEN '0-4' WHEN absence_pct < 10 THEN '5-9' ELSE '10+' END
	, rank = DENSE_RANK() OVER (ORDER BY n_fixed DESC, [First Year])
FROM ex.Exclusions AS x
WHERE NOT (n_fixed = 0 AND n_perm = 0)
ORDER BY rank, PMR COLLATE Latin1_General_BIN

IF (SELECT COUNT(*) FROM ex.Exclusions) = 0 BEGIN RAISERROR('nobody', 16, 1); RETURN END ELSE PRINT 'done'
DROP TABLE #absence, ex.wip#excl;
