/*==============================================================================
  KS2 to KS4: progress, exclusions, absence and care
  --------------------------------------------------
  needs  : KS2 pupil, KS4 pupil (both), absence, exclusions (both kinds), CLA
  makes  : ks.panel (pupil), ks.absence, ks.exclusions, ks.care_months, ks.log

  NB the views are not indexed, so everything comes over into wip# tables first
==============================================================================*/
SET NOCOUNT ON;
SET XACT_ABORT ON
SET ANSI_PADDING ON
SET DATEFIRST 1
SET DATEFORMAT dmy

IF SCHEMA_ID('ks') IS NULL EXEC ('CREATE SCHEMA ks')

IF OBJECT_ID('ks.log', 'U') IS NULL
	CREATE TABLE ks.log (
		id INT IDENTITY NOT NULL CONSTRAINT pk_log PRIMARY KEY,
		step VARCHAR(60) NOT NULL,
		n BIGINT NULL,
		secs DECIMAL(9,1) NULL,
		done BIT NOT NULL DEFAULT ((1))
	)
ELSE
	TRUNCATE TABLE ks.log
GO

--------------------------------------------------------------------------------
-- 1. KS2
--------------------------------------------------------------------------------
DECLARE @first INT = 1997, @last INT, @n INT
SELECT @last = MAX(CAST(RIGHT(ks2_acadyr, 4) AS INT)) FROM npd_i2.[2002237].ks2pupil_1996_to_2016
SET @last -= 1

IF OBJECT_ID('ks.wip#ks2') IS NOT NULL DROP TABLE ks.wip#ks2

SELECT
	k.ks2_pupilmatchingrefanonymous COLLATE Latin1_General_BIN AS pmr,
	CONVERT(SMALLINT, RIGHT(k.ks2_acadyr, 4)) AS y,
	eng = NULLIF(k.ks2_englev, ''),
	mat = NULLIF(k.ks2_matlev, ''),
	matm = CASE WHEN ISNUMERIC(k.ks2_mattotmrk) = 1 THEN CAST(k.ks2_mattotmrk AS INT) END,
	engm = k.ks2_engtotmrk,
	sex = CASE k.ks2_gender WHEN 'M' THEN 'M' WHEN 'F' THEN 'F' WHEN 'B' THEN 'M' WHEN 'G' THEN 'F' ELSE NULL END,
	fsm = ISNULL(k.ks2_fsm, k.ks2_fsm6),
	k.ks2_laestab_anon AS school,
	born = TRY_CONVERT(DATE, CONVERT(VARCHAR(4), k.ks2_yearofbirth) + RIGHT('0' + CONVERT(VARCHAR(2), k.ks2_monthofbirth), 2) + '01', 112),
	seq = ROW_NUMBER() OVER (PARTITION BY k.ks2_pupilmatchingrefanonymous ORDER BY ISNULL(k.ks2_endks, 1) DESC, k.ks2_acadyr DESC, ISNULL(k.ks2_mattotmrk, -1) DESC, k.ks2_laestab_anon COLLATE Latin1_General_BIN)
INTO ks.wip#ks2
FROM npd_i2.[2002237].ks2pupil_1996_to_2016 AS k
WHERE CONVERT(INT, RIGHT(k.ks2_acadyr, 4)) BETWEEN @first AND @last
AND ISNULL(k.ks2_pupilmatchingrefanonymous, '') <> ''

SELECT @n = @@ROWCOUNT
INSERT ks.log (step, n) VALUES ('ks2 read', @n)

DELETE k FROM ks.wip#ks2 k WHERE k.seq > 1
INSERT ks.log (step, n) SELECT 'ks2 doubles', @@ROWCOUNT

ALTER TABLE ks.wip#ks2 DROP COLUMN seq
ALTER TABLE ks.wip#ks2 ALTER COLUMN y SMALLINT NOT NULL
ALTER TABLE ks.wip#ks2 ADD cohort AS (y + 5) PERSISTED, points DECIMAL(5,2) NULL, z FLOAT NULL, decile TINYINT NULL
CREATE UNIQUE CLUSTERED INDEX ix ON ks.wip#ks2 (pmr) WITH (DATA_COMPRESSION = PAGE)

-- levels to points: 3 = 21, 4 = 27, 5 = 33, 6 = 39; B, N, 2 = 15; others nothing
UPDATE k
SET points = p.points
FROM ks.wip#ks2 k
CROSS APPLY (
	SELECT AVG(v.pts * 1.0)
	FROM (VALUES (k.eng), (k.mat)) x (lev)
	CROSS APPLY (
		SELECT CASE
			WHEN x.lev LIKE '[3-6]%' THEN 3 + 6 * CAST(LEFT(x.lev, 1) AS INT)
			WHEN x.lev IN ('2', 'B', 'N', 'W') THEN 15
		END
	) v (pts)
) p (points)
WHERE k.eng IS NOT NULL OR k.mat IS NOT NULL

;WITH m AS (
	SELECT y, mu = AVG(CAST(matm AS FLOAT)), sd = STDEV(matm), n = COUNT(matm)
	FROM ks.wip#ks2
	GROUP BY y
	HAVING COUNT(matm) >= 5
)
UPDATE ks.wip#ks2
SET z = (ks.wip#ks2.matm - m.mu) / NULLIF(m.sd, 0)
FROM m
WHERE m.y = ks.wip#ks2.y

UPDATE t SET t.decile = d.q
FROM ks.wip#ks2 AS t
JOIN (SELECT pmr, q = NTILE(10) OVER (PARTITION BY y ORDER BY z, pmr) FROM ks.wip#ks2 WHERE z IS NOT NULL) AS d ON d.pmr = t.pmr

IF EXISTS (SELECT 1 FROM ks.wip#ks2 WHERE decile NOT BETWEEN 1 AND 10)
BEGIN
	RAISERROR('decile out of range', 16, 1)
	RETURN
END

--------------------------------------------------------------------------------
-- 2. KS4, both views
--------------------------------------------------------------------------------
IF OBJECT_ID('ks.wip#ks4') IS NOT NULL DROP TABLE ks.wip#ks4
CREATE TABLE ks.wip#ks4 (
	pmr CHAR(18) COLLATE Latin1_General_BIN NOT NULL,
	y SMALLINT NOT NULL,
	pts DECIMAL(9,2) NULL,
	l2em TINYINT NULL,
	att8 DECIMAL(6,2) NULL,
	school VARCHAR(30) COLLATE Latin1_General_BIN NULL,
	endks BIT NULL,
	src CHAR(6) NOT NULL,
	measure AS (CASE WHEN att8 IS NOT NULL THEN 'A8' WHEN pts IS NOT NULL THEN 'PTS' ELSE '' END)
)

INSERT INTO ks.wip#ks4
SELECT ks4_pupilmatchingrefanonymous, LEFT(ks4_acadyr, 4) + 1, ks4_ptscnewe, ks4_level2_em, NULL, NULLIF(ks4_laestab_anon, ''), ks4_endks, 'old'
FROM npd_i2.[2002237].ks4pupil_2002_to_2014
WHERE ks4_pupilmatchingrefanonymous > '' AND LEFT(ks4_acadyr, 4) < 2013
UNION ALL
SELECT ks4_pupilmatchingrefanonymous, LEFT(ks4_acadyr, 4) + 1, ks4_ptscnewe_ptq, ks4_level2_em_ptq, NULL, NULLIF(ks4_laestab_anon, ''), ks4_endks, 'ptq'
FROM npd_i2.[2002237].ks4pupil_2002_to_2014
WHERE ks4_pupilmatchingrefanonymous > '' AND LEFT(ks4_acadyr, 4) = 2013
UNION ALL
SELECT ks4_pupilmatchingrefanonymous, LEFT(ks4_acadyr, 4) + 1, ks4_ptscnewe_ptq_ee, ks4_level2_em_94, ks4_att8, NULLIF(ks4_laestab_anon, ''), ks4_endks, 'ptq_ee'
FROM npd_i2.[2002237].ks4pupil_2015_to_2021
WHERE ks4_pupilmatchingrefanonymous > ''

INSERT ks.log (step, n) VALUES ('ks4 read', @@ROWCOUNT)

-- several rows a pupil: end of key stage, then most points, then last year
;WITH x AS (
	SELECT *, rn = ROW_NUMBER() OVER (PARTITION BY pmr ORDER BY endks DESC, COALESCE(att8, pts, -1) DESC, y DESC, school)
	FROM ks.wip#ks4
)
DELETE FROM x WHERE rn > 1

CREATE UNIQUE CLUSTERED INDEX ix ON ks.wip#ks4 (pmr)
CREATE INDEX ix_y ON ks.wip#ks4 (y) INCLUDE (pts, att8) WHERE pts IS NOT NULL

--------------------------------------------------------------------------------
-- 3. absence: a loop over years, names differ
--------------------------------------------------------------------------------
IF OBJECT_ID('ks.absence') IS NOT NULL DROP TABLE ks.absence
CREATE TABLE ks.absence (
	pmr CHAR(18) COLLATE Latin1_General_BIN NOT NULL,
	y SMALLINT NOT NULL,
	term TINYINT NOT NULL,
	possible SMALLINT NULL,
	missed SMALLINT NULL,
	unauth SMALLINT NULL,
	rate AS CAST(missed AS DECIMAL(9,4)) / NULLIF(possible, 0),
	PRIMARY KEY CLUSTERED (pmr ASC, y ASC, term ASC)
)

IF OBJECT_ID('tempdb..#years') IS NOT NULL DROP TABLE #years
CREATE TABLE #years (y SMALLINT PRIMARY KEY, v SYSNAME NULL, done DATETIME NULL)
INSERT #years (y, v)
SELECT n.y, 'absence_' + CAST(n.y AS VARCHAR) + '_3term'
FROM (SELECT TOP (17) y = 2004 + ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) FROM sys.all_objects) n
WHERE n.y > 2005

DECLARE @y SMALLINT, @v SYSNAME, @sql NVARCHAR(MAX), @tpl NVARCHAR(MAX), @rows INT, @total INT

SET @tpl = N'
INSERT ks.absence (pmr, y, term, possible, missed, unauth)
SELECT p.pmr, {Y}, t.term, SUM(t.possible), SUM(t.missed), SUM(t.unauth)
FROM {V} a
CROSS APPLY (SELECT pmr = a.pupilmatchingrefanonymous_ab{YY} COLLATE Latin1_General_BIN) p
CROSS APPLY (VALUES
	(1, a.sessionspossible_autumn_ab{YY}, a.overallabsence_autumn_ab{YY}, a.unauthorisedabsence_autumn_ab{YY}),
	(2, a.sessionspossible_spring_ab{YY}, a.overallabsence_spring_ab{YY}, a.unauthorisedabsence_spring_ab{YY}),
	(3, a.sessionspossible_summer_ab{YY}, a.overallabsence_summer_ab{YY}, a.unauthorisedabsence_summer_ab{YY})
) t (term, possible, missed, unauth)
WHERE p.pmr <> '''' AND t.possible > 0
GROUP BY p.pmr, t.term
SELECT @r = @@ROWCOUNT
'

WHILE EXISTS (SELECT * FROM #years WHERE done IS NULL)
BEGIN
	SELECT TOP 1 @y = y, @v = v FROM #years WHERE done IS NULL ORDER BY y

	IF OBJECT_ID('npd_i2."2002237".' + QUOTENAME(@v)) IS NULL
	BEGIN
		PRINT 'no absence for ' + CAST(@y AS CHAR(4)) + ', skipped'
		DELETE #years WHERE y = @y
		CONTINUE
	END

	SET @sql = REPLACE(REPLACE(REPLACE(@tpl, '{V}', 'npd_i2.[2002237].' + QUOTENAME(@v)), '{YY}', RIGHT(STR(@y, 4), 2)), '{Y}', @y)
	EXEC sp_executesql @sql, N'@r INT OUTPUT', @r = @rows OUTPUT

	SET @total = ISNULL(@total, 0) + @rows
	UPDATE #years SET done = GETDATE() WHERE y = @y
	IF @y % 5 = 0 RAISERROR('%d: %d rows so far', 0, 1, @y, @total) WITH NOWAIT
END

INSERT ks.log VALUES ('absence', @total, NULL, DEFAULT)

--------------------------------------------------------------------------------
-- 4. exclusions: three kinds of view
--------------------------------------------------------------------------------
IF OBJECT_ID('ks.exclusions') IS NOT NULL DROP TABLE ks.exclusions
CREATE TABLE ks.exclusions (
	excl_id INT NOT NULL,
	pmr CHAR(18) COLLATE Latin1_General_BIN NOT NULL,
	y SMALLINT NOT NULL,
	started DATE NULL,
	kind CHAR(4) NOT NULL,
	reason VARCHAR(2) NULL,
	sessions INT NULL,
	days AS sessions / 2.0,
	back AS DATEADD(dd, (sessions + 1) / 2, started),
	month_start AS DATEADD(MONTH, DATEDIFF(MONTH, 0, started), 0),
	weekday TINYINT NULL,
	CONSTRAINT pk_excl PRIMARY KEY NONCLUSTERED (excl_id)
)

DECLARE @s VARCHAR(MAX) = '', @yy CHAR(2)
SET @y = 2002
WHILE 1 = 1
BEGIN
	IF @y > 2021 BREAK
	SET @yy = RIGHT(CAST(@y AS VARCHAR(4)), 2)
	IF @s <> '' SET @s = @s + CHAR(13) + CHAR(10) + 'UNION ALL' + CHAR(13) + CHAR(10)
	SET @s += CASE
		WHEN @y < 2006 THEN 'SELECT pmr = pupilmatchingrefanonymous_ex' + @yy + ', y = ' + CAST(@y AS VARCHAR(4)) + ', started = startdate_ex' + @yy + ', kind = CASE permanentexclusionind_ex' + @yy + ' WHEN ''P'' THEN ''PERM'' WHEN ''F'' THEN ''FIXD'' ELSE ''?'' END, reason = NULL, sessions = NULL FROM npd_i2."2002237".exclusions_' + CAST(@y AS VARCHAR(4))
		ELSE REPLACE(REPLACE('SELECT pupilmatchingrefanonymous_ex## , @@ , startdate_ex## , category_ex## , NULLIF(reason_ex##, '''') , NULLIF(sessions_ex##, 0) FROM npd_i2."2002237".exclusions_table_1_@@ WHERE ISNULL(perm_duplicate_ex##, 0) = 0', '##', @yy), '@@', CAST(@y AS CHAR(4)))
	END
	SET @y += 1
END

SET @s = 'INSERT ks.exclusions (excl_id, pmr, y, started, kind, reason, sessions, weekday)
SELECT ROW_NUMBER() OVER (ORDER BY pmr COLLATE Latin1_General_BIN, y, started, kind, reason, sessions), pmr, y, started, kind, reason, sessions, DATEPART(WEEKDAY, started)
FROM (' + @s + ') u WHERE u.pmr <> '''' AND u.pmr IS NOT NULL'
PRINT LEN(@s)
EXEC (@s)
INSERT ks.log (step, n) VALUES ('exclusions', @@ROWCOUNT)

--------------------------------------------------------------------------------
-- 5. care: months looked after, by school year, from overlapping episodes
--------------------------------------------------------------------------------
IF OBJECT_ID('ks.care_months') IS NOT NULL DROP TABLE ks.care_months
GO

DECLARE @n INT
IF OBJECT_ID('tempdb..#epi') IS NOT NULL DROP TABLE #epi
SELECT DISTINCT
	pmr = c.cla_pupilmatchingrefanonymous COLLATE Latin1_General_BIN,
	s = c.cla_date_epi_comm,
	e = ISNULL(c.cla_date_epi_ceased, DATEFROMPARTS(c.cla_processing_year, 3, 31)),
	placement = LEFT(c.cla_placement, 1),
	respite = CASE WHEN c.cla_legal_status IN ('V3', 'V4') THEN 1 ELSE 0 END
INTO #epi
FROM npd_i2.[2002237].cla_2006_to_2021 c
WHERE c.cla_pupilmatchingrefanonymous <> ''
AND c.cla_date_epi_comm IS NOT NULL
AND (c.cla_date_epi_ceased IS NULL OR c.cla_date_epi_ceased >= c.cla_date_epi_comm)

DELETE #epi WHERE respite = 1

-- an episode that is open at 31 March comes again the year after: keep the longest
DELETE a
FROM #epi a
JOIN #epi b ON b.pmr = a.pmr AND b.s = a.s AND (b.e > a.e OR (b.e = a.e AND b.placement < a.placement))

CREATE TABLE #m (m DATE NOT NULL PRIMARY KEY CLUSTERED)
DECLARE @d DATE = '20050401'
WHILE @d < '20210401'
BEGIN
	INSERT #m VALUES (@d)
	SET @d = DATEADD(MONTH, 1, @d)
END

SELECT
	q.pmr,
	q.schoolyear,
	months = COUNT(*),
	days = SUM(q.days),
	first_month = MIN(q.m),
	last_month = CONVERT(CHAR(7), MAX(q.m), 120),
	foster = SUM(CASE WHEN q.placement = 'U' THEN 1 ELSE 0 END) * 100 / COUNT(*),
	places = STRING_AGG(q.placement, '') WITHIN GROUP (ORDER BY q.m)
INTO ks.care_months
FROM (
	SELECT e.pmr, m.m,
		schoolyear = YEAR(m.m) + CASE WHEN MONTH(m.m) >= 9 THEN 1 ELSE 0 END,
		days = SUM(DATEDIFF(DAY, CASE WHEN e.s > m.m THEN e.s ELSE m.m END, CASE WHEN e.e < EOMONTH(m.m) THEN e.e ELSE EOMONTH(m.m) END) + 1),
		placement = MAX(e.placement)
	FROM #epi e
	INNER JOIN #m m ON m.m <= e.e AND e.s < DATEADD(mm, 1, m.m)
	GROUP BY e.pmr, m.m
) q
GROUP BY q.pmr, q.schoolyear
HAVING SUM(q.days) > 1

SET @n = @@ROWCOUNT
INSERT ks.log (step, n) VALUES ('care', @n)
DROP TABLE #m, #epi

ALTER TABLE ks.care_months ALTER COLUMN schoolyear INT NOT NULL
ALTER TABLE ks.care_months ALTER COLUMN pmr VARCHAR(18) COLLATE Latin1_General_BIN NOT NULL
ALTER TABLE ks.care_months ADD CONSTRAINT pk_care PRIMARY KEY (pmr, schoolyear), CONSTRAINT ck_care CHECK (months BETWEEN 1 AND 12)

--------------------------------------------------------------------------------
-- 6. the panel
--------------------------------------------------------------------------------
IF OBJECT_ID('ks.panel') IS NOT NULL DROP TABLE ks.panel
CREATE TABLE ks.panel (
	pmr CHAR(18) COLLATE Latin1_General_BIN NOT NULL CONSTRAINT pk_panel PRIMARY KEY,
	cohort SMALLINT NOT NULL,
	sex CHAR(1) NULL,
	born SMALLDATETIME NULL,
	fsm BIT NULL,
	ks2 DECIMAL(5,2) NULL,
	decile TINYINT NULL,
	ks4_pts DECIMAL(9,2) NULL,
	ks4_l2em VARCHAR(3) NULL,
	ks4_z REAL NULL,
	expected FLOAT NULL,
	va AS (ks4_z - expected),
	timing INT NULL,
	fixed INT NOT NULL DEFAULT 0,
	perm INT NOT NULL DEFAULT 0,
	days_out NUMERIC(7,1) NULL,
	first_reason VARCHAR(40) NULL,
	absence_y7_11 DECIMAL(7,4) NULL,
	persistent BIT NULL,
	care_months SMALLINT NULL,
	moved BIT NULL,
	note VARCHAR(200) NOT NULL DEFAULT ''
)

INSERT ks.panel (pmr, cohort, sex, born, fsm, ks2, decile, ks4_pts, ks4_l2em, timing)
SELECT k.pmr, k.cohort, k.sex, k.born, k.fsm, k.points, k.decile, x.pts,
	CASE x.l2em WHEN 1 THEN 'Yes' WHEN 0 THEN 'No' END,
	x.y - k.cohort
FROM ks.wip#ks2 k
LEFT OUTER JOIN ks.wip#ks4 x
	ON x.pmr = k.pmr
	AND x.y BETWEEN k.cohort - 1 AND k.cohort + 2
WHERE k.cohort >= 2002

;WITH s AS (
	SELECT p.pmr, p.decile, z = (p.ks4_pts - AVG(p.ks4_pts) OVER (PARTITION BY x.y, x.src)) / NULLIF(STDEVP(p.ks4_pts) OVER (PARTITION BY x.y, x.src), 0)
	FROM ks.panel p
	JOIN ks.wip#ks4 x ON x.pmr = p.pmr
	WHERE p.ks4_pts IS NOT NULL
)
UPDATE p
SET ks4_z = s.z,
	expected = e.mean
FROM ks.panel p
JOIN s ON s.pmr = p.pmr
LEFT JOIN (SELECT decile, mean = AVG(z), n = COUNT(*) FROM s GROUP BY decile) e ON e.decile = s.decile AND e.n >= 3

UPDATE p
SET fixed = x.fixed, perm = x.perm, days_out = x.days, first_reason = UPPER(r.txt), note = note + CASE WHEN x.perm > 0 THEN 'perm;' ELSE '' END
FROM ks.panel p
INNER JOIN (
	SELECT e.pmr, fixed = SUM(CASE e.kind WHEN 'FIXD' THEN 1 ELSE 0 END), perm = COUNT(CASE e.kind WHEN 'PERM' THEN 1 END), days = SUM(e.days), first_id = MIN(e.excl_id)
	FROM ks.exclusions e
	JOIN ks.wip#ks2 k ON k.pmr = e.pmr AND e.y BETWEEN k.y + 1 AND k.cohort
	GROUP BY e.pmr
) x ON x.pmr = p.pmr
JOIN ks.exclusions f ON f.excl_id = x.first_id
LEFT JOIN (VALUES
	('PP', 'physical assault, pupil'), ('PA', 'physical assault, adult'), ('VP', 'verbal abuse, pupil'),
	('VA', 'verbal abuse, adult'), ('BU', 'bullying'), ('RA', 'racist abuse'), ('SM', 'sexual misconduct'),
	('DA', 'drugs and alcohol'), ('DM', 'damage'), ('TH', 'theft'), ('DB', 'persistent disruption'), ('OT', 'other')
) r (code, txt) ON r.code = f.reason

UPDATE ks.panel
SET absence_y7_11 = a.rate,
	persistent = CASE WHEN a.rate >= .1 THEN 1 WHEN a.rate IS NULL THEN NULL ELSE 0 END,
	note += CASE WHEN a.years < 5 THEN 'absence ' + LTRIM(STR(a.years)) + ' of 5 years;' ELSE '' END
FROM ks.panel p
OUTER APPLY (
	SELECT rate = SUM(b.missed) * 1.0 / NULLIF(SUM(b.possible), 0), years = COUNT(DISTINCT b.y)
	FROM ks.absence b
	WHERE b.pmr = p.pmr AND b.y > p.cohort - 5 AND b.y <= p.cohort
) a

UPDATE p SET p.care_months = c.months
FROM ks.panel p, (SELECT c.pmr, months = SUM(c.months) FROM ks.care_months c GROUP BY c.pmr) c
WHERE c.pmr = p.pmr

UPDATE p SET moved = IIF(k2.school = k4.school COLLATE database_default, 0, 1)
FROM ks.panel p
JOIN ks.wip#ks2 k2 ON p.pmr = k2.pmr
JOIN ks.wip#ks4 k4 ON p.pmr = k4.pmr
WHERE k2.school <> '' AND k4.school <> ''

-- who has a care record but is not in the panel
INSERT ks.panel (pmr, cohort, care_months, note)
SELECT c.pmr, -1, SUM(c.months), 'no KS2;'
FROM ks.care_months c
WHERE NOT EXISTS (SELECT NULL FROM ks.panel p WHERE p.pmr = c.pmr)
GROUP BY c.pmr

CREATE NONCLUSTERED INDEX ix_panel ON ks.panel (cohort DESC, decile) INCLUDE (ks4_z) WHERE cohort > 0 WITH (PAD_INDEX = ON, FILLFACTOR = 80)
ALTER TABLE ks.panel REBUILD PARTITION = ALL WITH (DATA_COMPRESSION = ROW)
ALTER INDEX ALL ON ks.panel REBUILD
UPDATE STATISTICS ks.panel

--------------------------------------------------------------------------------
-- 7. tables for the paper
--------------------------------------------------------------------------------
SELECT decile, n = COUNT(*),
	z = ROUND(AVG(ks4_z), 3),
	va_sd = CAST(STDEV(va) AS DECIMAL(6,3)),
	l2em_pct = 100 * SUM(CASE ks4_l2em WHEN 'yes' THEN 1 ELSE 0 END) / NULLIF(COUNT(ks4_l2em), 0),
	excl = SUM(SIGN(fixed + perm)),
	out_per_100 = CAST(100. * SUM(days_out) / COUNT(*) AS DECIMAL(9,2)),
	pa = CONVERT(VARCHAR(10), CAST(AVG(CAST(persistent AS FLOAT)) * 100 AS NUMERIC(5,1))) + '%'
FROM ks.panel
WHERE cohort BETWEEN 2006 AND 2019
GROUP BY decile
ORDER BY CASE WHEN decile IS NULL THEN 1 ELSE 0 END, decile

SELECT DISTINCT cohort,
	p25 = PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY absence_y7_11) OVER (PARTITION BY cohort),
	med = PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY absence_y7_11) OVER (PARTITION BY cohort),
	n = COUNT(absence_y7_11) OVER (PARTITION BY cohort)
FROM ks.panel
WHERE cohort > 2009
ORDER BY cohort

SELECT DATENAME(dw, e.started) AS [Day], [Fixed], [Permanent] = COUNT(CASE WHEN e.kind = 'PERM' THEN e.excl_id END), Total = COUNT(*)
FROM ks.exclusions e
CROSS APPLY (SELECT [Fixed] = COUNT(*) FROM ks.exclusions f WHERE f.weekday = e.weekday AND f.kind = 'FIXD') f
WHERE e.started IS NOT NULL
GROUP BY DATENAME(dw, e.started), e.weekday, f.[Fixed]
ORDER BY e.weekday

SELECT step, n FROM ks.log ORDER BY id
