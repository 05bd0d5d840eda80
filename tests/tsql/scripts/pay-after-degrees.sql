/* Pay of graduates and of everybody else, in real terms: person-years, deflated, trimmed at the ends.
   Self-assessment counts from 2014. Written as one goes along: keep the order of the parts.            */
USE [project]
SET NOCOUNT ON; SET ARITHABORT ON; SET LOCK_TIMEOUT 5000
IF SCHEMA_ID('roi') IS NULL EXECUTE('CREATE SCHEMA roi')
IF OBJECT_ID(N'[roi].[price]', N'U') IS NOT NULL DROP TABLE roi.price
IF OBJECT_ID(N'[roi].[wip#pay]') IS NOT NULL DROP TABLE roi.[wip#pay]
IF OBJECT_ID(N'[roi].[panel]') IS NOT NULL DROP TABLE [roi].panel
GO
---------------------------------------------------------------- 1 prices, 2020-21 = 100, and the personal allowance
CREATE TABLE roi.price (
	ty SMALLINT NOT NULL PRIMARY KEY,
	cpi FLOAT NOT NULL,
	factor AS (1e2 / cpi),
	allowance MONEY NOT NULL,
	growth REAL)
INSERT roi.price (ty, cpi, allowance) VALUES
	(2004, 69.4, 4615), (2005, 70.3, 4745), (2006, 71.8, 4895), (2007, 73.6, 5035), (2008, 75.2, 5225), (2009, 78.1, $6035),
	(2010, 79.8, 6475), (2011, 82.5, 6475), (2012, 86.1, 7475), (2013, 88.4, 8105), (2014, 90.4, 9440), (2015, 91.3, 10000),
	(2016, 91.4, 10600), (2017, 92.4, 11000), (2018, 95, 11500), (2019, 97.2, $11850.00), (2020, 98.8, 12500), (2021, 99.4, 12500)
UPDATE p SET growth = 100 * (LOG(p.cpi) - LOG(q.cpi)) FROM roi.price p INNER JOIN roi.price AS q ON q.ty = p.ty - 1

SELECT	ty,
		in_2021 = CAST(allowance * factor AS MONEY),
		hundreds = ROUND(allowance * factor, -2),
		a_month = allowance / 12,
		rest = allowance % 100,
		more = allowance * 1.1,
		third = allowance / 3.0,
		shown = '£' + CONVERT(VARCHAR(20), allowance, 1),
		cpi = STR(cpi, 6, 2),
		up = CAST(growth AS DECIMAL(4, 2))
FROM	roi.price
ORDER BY ty
GO
---------------------------------------------------------------- 2 person-years: several EDUKEYs make one person
DECLARE @lo INT = 2004, @hi INT = 2021
;WITH k AS (
	SELECT edukey = e.edukey COLLATE database_default, ae_id = MIN(e.ae_id)
	FROM leo_i2.[2002237].learner_ae_id_to_edukey_lookup e
	WHERE NULLIF(e.edukey, '') IS NOT NULL
	GROUP BY e.edukey
), u AS (
	SELECT edukey, ty = taxyear / 100 + 1, paye = earnings, sa = CAST(NULL AS INT), jobs = num_employments
	FROM leo_i2.[2002237].leo_earnings
	WHERE earnings > 0
	UNION ALL
	SELECT edukey, CAST(LEFT(taxyear, 4) AS INT) + 1, NULL, earnings_self_employment, 0
	FROM leo_i2.[2002237].leo_self_assessment
	WHERE ISNULL(earnings_self_employment, 0) <> 0
)
SELECT	k.ae_id,
		ty = ISNULL(CAST(u.ty AS SMALLINT), 0),
		paye = SUM(ISNULL(u.paye, 0)),
		sa = SUM(COALESCE(u.sa, 0)),
		jobs = SUM(u.jobs),
		[source] = CAST(CASE WHEN MAX(u.paye) > 0 AND MAX(u.sa) > 0 THEN 'both' WHEN MAX(u.sa) > 0 THEN 'self-employed' WHEN MIN(u.sa) < 0 THEN 'loss' ELSE 'paye' END AS VARCHAR(13))
INTO	roi.wip#pay
FROM	u INNER JOIN k ON k.edukey = u.edukey
WHERE	u.ty BETWEEN @lo AND @hi
GROUP BY k.ae_id, u.ty
OPTION (HASH JOIN, MAXDOP 2)
RAISERROR('%d person-years', 0, 1, @@ROWCOUNT) WITH NOWAIT
GO
SELECT	[source], n = COUNT(*), paye = AVG(paye), sa = AVG(sa), lowest = MIN(sa), highest = MAX(sa), total = SUM(CAST(sa AS BIGINT)),
		jobs = CAST(AVG(CAST(jobs AS DECIMAL(9, 2))) AS DECIMAL(6, 3)),
		share = 100.0 * COUNT(*) / SUM(COUNT(*)) OVER (),
		so_far = SUM(COUNT(*)) OVER (ORDER BY [source] ROWS UNBOUNDED PRECEDING)
FROM	roi.wip#pay
GROUP BY [source]
ORDER BY n DESC
GO
---------------------------------------------------------------- 3 first degrees, a view a year
IF OBJECT_ID('tempdb..#deg') IS NOT NULL DROP TABLE #deg
CREATE TABLE #deg (ae_id BIGINT NOT NULL, y SMALLINT NOT NULL, class VARCHAR(2), subj CHAR(4), CONSTRAINT uq UNIQUE CLUSTERED (ae_id, y))
DECLARE @y INT = 2008, @s NVARCHAR(MAX)
WHILE @y <= 2015
BEGIN
	SET @s = REPLACE(REPLACE(N'
	insert into #deg (ae_id, y, class, subj)
	select ae_id, {y}, min(he_xclass01), min(he_xjacs01_1)
	from hesa_i2.[2002237].hesa_{y} h
	join leo_i2.[2002237].learner_ae_id_to_pmr_lookup l on l.pupilmatchingrefanonymous = h.he_pupilmatchingrefanonymous
	where h.he_xqobtn01 is not null and h.he_xqlev501 = 3 and h.he_pupilmatchingrefanonymous <> {q}{q}
	group by ae_id', '{y}', @y), N'{q}', '''')
	EXEC(@s)
	PRINT CAST(@y AS CHAR(4)) + ': ' + LTRIM(STR(@@ROWCOUNT)) + ' first degrees'
	SET @y = @y + 1
END
-- keep the first
DELETE d FROM #deg d WHERE EXISTS (SELECT 1 FROM #deg e WHERE e.ae_id = d.ae_id AND e.y < d.y)
SELECT y, n = COUNT(*), firsts = SUM(IIF(class IN ('01', '1'), 1, 0)), classes = STRING_AGG(class, '') WITHIN GROUP (ORDER BY class), subjects = COUNT(DISTINCT LEFT(subj, 1))
FROM #deg GROUP BY y ORDER BY y
GO
---------------------------------------------------------------- 4 points at key stage 4, within the year
IF OBJECT_ID('tempdb..#c') IS NOT NULL DROP TABLE #c
SELECT	ae_id, ks4y, female, pts,
		tenth = NTILE(10) OVER (PARTITION BY ks4y ORDER BY pts DESC, ae_id),
		z = (pts - AVG(pts * 1.0) OVER (PARTITION BY ks4y)) / NULLIF(STDEVP(pts) OVER (PARTITION BY ks4y), 0),
		below = PERCENT_RANK() OVER (PARTITION BY ks4y ORDER BY pts),
		reached = CUME_DIST() OVER (PARTITION BY ks4y ORDER BY pts),
		med = PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY pts) OVER (PARTITION BY ks4y)
INTO	#c
FROM (
	SELECT	l.ae_id, ks4y = RIGHT(k.ks4_acadyr, 4) + 0,
			female = CASE k.ks4_gender WHEN 'F' THEN 1 WHEN 'G' THEN 1 WHEN 'M' THEN 0 WHEN 'B' THEN 0 END,
			pts = k.ks4_ptscnewe,
			rn = ROW_NUMBER() OVER (PARTITION BY l.ae_id ORDER BY k.ks4_ptscnewe DESC, k.ks4_acadyr)
	FROM	npd_i2.[2002237].ks4pupil_2002_to_2014 k
			JOIN leo_i2.[2002237].learner_ae_id_to_pmr_lookup l ON l.pupilmatchingrefanonymous = k.ks4_pupilmatchingrefanonymous
	WHERE	k.ks4_acadyr LIKE '200[3-9]/20[01][0-9]' AND k.ks4_endks = 1
) q
WHERE rn = 1 AND pts IS NOT NULL

SELECT	ks4y, n = COUNT(*), f = SUM(female), f1 = AVG(female), f2 = AVG(1.0 * female), f3 = ROUND(AVG(1e0 * female), 8),
		z = ROUND(STDEV(z), 6), skew = ROUND(SUM(POWER(z, 3)) / COUNT(*), 4), middle = MAX(med), top_half = SUM(CASE WHEN below >= 0.5 THEN 1 ELSE 0 END), upper = SUM(CASE WHEN reached > 0.75 THEN 1 ELSE 0 END),
		geometric = ROUND(EXP(AVG(LOG(pts + 1))), 4), tenth = MIN(CASE tenth WHEN 1 THEN pts END)
FROM	#c
GROUP BY ks4y
ORDER BY ks4y
GO
---------------------------------------------------------------- 5 the panel: everybody in each of the ten years
CREATE TABLE roi.panel (
	ae_id BIGINT NOT NULL, ty SMALLINT NOT NULL, t SMALLINT NOT NULL, grp CHAR(1) NOT NULL,
	pay MONEY NULL, sa MONEY NULL,
	total AS (ISNULL(pay, $0) + ISNULL(sa, $0)),
	real_ FLOAT NULL, l1 MONEY, growth DECIMAL(9, 4), w FLOAT,
	CONSTRAINT pk_panel PRIMARY KEY CLUSTERED (ae_id, ty))
INSERT INTO roi.panel WITH (TABLOCKX) (ae_id, ty, t, grp, pay, sa)
SELECT	c.ae_id, p.ty, p.ty - c.ks4y, CASE WHEN d.ae_id IS NULL THEN 'N' ELSE 'D' END, w.paye, w.sa
FROM	#c c CROSS JOIN roi.price p
		LEFT JOIN roi.wip#pay w ON w.ae_id = c.ae_id AND w.ty = p.ty
		LEFT JOIN #deg d ON d.ae_id = c.ae_id
WHERE	p.ty - c.ks4y BETWEEN 3 AND 12
GO
UPDATE roi.panel SET real_ = pay / (SELECT cpi FROM roi.price p WHERE p.ty = roi.panel.ty) * 100
UPDATE	x
SET		l1 = y.pay, growth = CASE WHEN y.pay > 0 THEN (x.pay - y.pay) / y.pay END
FROM	roi.panel x LEFT OUTER JOIN roi.panel y ON y.ae_id = x.ae_id AND y.ty = x.ty - 1

-- trimmed to the 1st and the 99th percentile of the year
;WITH q AS (
	SELECT DISTINCT ty,
		lo = PERCENTILE_CONT(0.01) WITHIN GROUP (ORDER BY real_) OVER (PARTITION BY ty),
		hi = PERCENTILE_CONT(0.99) WITHIN GROUP (ORDER BY real_) OVER (PARTITION BY ty)
	FROM roi.panel
	WHERE real_ IS NOT NULL
)
UPDATE	p
SET		w = CASE WHEN p.real_ < q.lo THEN q.lo WHEN p.real_ > q.hi THEN q.hi ELSE p.real_ END
FROM	roi.panel AS p, q
WHERE	q.ty = p.ty AND p.real_ IS NOT NULL
GO
SELECT	t, grp, n = COUNT(*), works = COUNT(pay), rate = CAST(100.0 * COUNT(pay) / COUNT(*) AS NUMERIC(5, 1)),
		trimmed = ROUND(AVG(w), 4), mean_pay = AVG(pay), sd = ROUND(STDEV(w), 4), growth = AVG(growth),
		highest = MAX(total), total = SUM(total), thousands = CAST(SUM(total) / 1000 AS INT), cut_off = ROUND(AVG(pay), 0, 1)
FROM	roi.panel
WHERE	t <= 10
GROUP BY t, grp
ORDER BY t, grp DESC
GO
-- the gap, and what it comes to at 3.5 per cent
;WITH m AS (
	SELECT t, d = AVG(CASE grp WHEN 'D' THEN w END), n = AVG(CASE grp WHEN 'N' THEN w END) FROM roi.panel GROUP BY t
)
SELECT	t, gap = CAST(d - n AS DECIMAL(12, 2)), percent_ = CAST((d / n - 1) * 100 AS DECIMAL(6, 2)),
		before = CAST(LAG(d - n) OVER (ORDER BY t) AS INT), change = CAST(d - n - LAG(d - n, 1, 0) OVER (ORDER BY t) AS NUMERIC(10, 1)),
		last_ = CAST(LAST_VALUE(d) OVER (ORDER BY t ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS INT),
		npv = ROUND(SUM((d - n) / POWER(CAST(1.035 AS FLOAT), t)) OVER (ORDER BY t), 2)
FROM	m
ORDER BY t
GO
-- from fifth to fifth, five years apart
;WITH q AS (
	SELECT ae_id, t, q = NTILE(5) OVER (PARTITION BY t ORDER BY real_, ae_id) FROM roi.panel WHERE real_ IS NOT NULL AND t IN (5, 10)
)
SELECT	a.q, [1] = SUM(CASE WHEN b.q = 1 THEN 1 ELSE 0 END), [2] = SUM(CASE b.q WHEN 2 THEN 1 ELSE 0 END), [3] = COUNT(CASE b.q WHEN 3 THEN 1 END), [4] = SUM(IIF(b.q = 4, 1, 0)), [5] = COUNT(NULLIF(b.q / 5, 0)), n = COUNT(*)
FROM	q a JOIN q b ON b.ae_id = a.ae_id AND b.t = 10
WHERE	a.t = 5
GROUP BY ROLLUP (a.q)
ORDER BY GROUPING(a.q), a.q
GO
IF (SELECT SUM(CAST(total AS FLOAT)) FROM roi.panel) < 0 OR NOT EXISTS (SELECT * FROM roi.panel) THROW 51000, 'The panel is empty or lost money.', 1
ELSE PRINT 'done'
