/**************************************************************************************************
* Title:    KS2 to KS4 progress, three cohorts
* Reads npd_i2 only; writes schema qa
* Second version
**************************************************************************************************/
SET NOCOUNT ON;
SET XACT_ABORT ON;
GO

DECLARE @StartTime DATETIME2(0) = SYSDATETIME();
DECLARE @Msg NVARCHAR(400);

RAISERROR('Starting...', 0, 1) WITH NOWAIT;

IF NOT EXISTS (SELECT * FROM sys.schemas WHERE name = 'qa')
BEGIN
	EXEC('CREATE SCHEMA qa AUTHORIZATION dbo');
END;

DROP TABLE IF EXISTS [qa].[Log];
CREATE TABLE [qa].[Log]
(
	[LogID]		INT IDENTITY(1,1) NOT NULL,
	[Step]		NVARCHAR(100) NOT NULL,
	[Rows]		BIGINT NULL,
	[LoggedAt]	DATETIME2(3) NOT NULL CONSTRAINT [DF_Log_At] DEFAULT (SYSDATETIME()),
	CONSTRAINT [PK_Log] PRIMARY KEY CLUSTERED ([LogID] ASC)
) ON [PRIMARY];
GO

DROP TABLE IF EXISTS #Pupils;
SELECT
	 [p].[KS4_PupilMatchingRefAnonymous]	AS [PMR]
	,[p].[KS4_ACADYR]						AS [AcadYr]
	,CONVERT(SMALLINT, RIGHT([p].[KS4_ACADYR], 4)) AS [ExamYear]
	,ISNULL([p].[KS4_PTSCNEWE], 0)			AS [Points]
	,CAST(NULL AS DECIMAL(9,4))				AS [Predicted]
	,CAST(NULL AS DECIMAL(9,4))				AS [Residual]
	,CAST(NULL AS CHAR(1))					AS [KS2Band]
	,CAST(0 AS BIT)							AS [HasKS2]
INTO #Pupils
FROM [NPD_I2].[2002237].[KS4Pupil_2002_to_2014] AS [p] WITH (NOLOCK)
WHERE [p].[KS4_ACADYR] IN (N'2010/2011', N'2011/2012', N'2012/2013')
  AND [p].[KS4_ENDKS] = 1
  AND LEN([p].[KS4_PupilMatchingRefAnonymous]) > 0;

INSERT INTO [qa].[Log] ([Step], [Rows]) VALUES ('Pupils selected', @@ROWCOUNT);

CREATE NONCLUSTERED INDEX [IX_Pupils_PMR] ON #Pupils ([PMR]) INCLUDE ([Points]) WITH (FILLFACTOR = 90, SORT_IN_TEMPDB = ON);

DROP TABLE IF EXISTS #KS2;
SELECT k.KS2_PupilMatchingRefAnonymous AS PMR, k.KS2_IDACI AS IDACI, k.KS2_FSM AS FSM, k.KS2_ACADYR
INTO #KS2
FROM NPD_I2.[2002237].KS2Pupil_1996_to_2016 k
WHERE k.KS2_PupilMatchingRefAnonymous IN (SELECT PMR FROM #Pupils);
INSERT INTO [qa].[Log] ([Step], [Rows]) SELECT 'KS2 found', COUNT_BIG(*) FROM #KS2;

-- de-dupe: keep the latest KS2 record
WITH CTE_Dupes AS
(
	SELECT *, ROW_NUMBER() OVER (PARTITION BY PMR ORDER BY KS2_ACADYR DESC, IDACI) AS RN
	FROM #KS2
)
DELETE FROM CTE_Dupes WHERE RN > 1;
INSERT INTO [qa].[Log] ([Step], [Rows]) VALUES ('KS2 duplicates', @@ROWCOUNT);

UPDATE p
SET	 p.[HasKS2] = 1
	,p.[KS2Band] = CASE WHEN k.IDACI < 0.1 THEN 'A' WHEN k.IDACI < 0.25 THEN 'B' WHEN k.IDACI IS NOT NULL THEN 'C' END
FROM #Pupils AS p
INNER JOIN #KS2 AS k
	ON k.PMR = p.PMR;
PRINT 'Updated: ' + CAST(@@ROWCOUNT AS NVARCHAR(20));

UPDATE p
SET [Predicted] = m.[Mean],
	[Residual] = p.[Points] - m.[Mean]
FROM #Pupils p
CROSS APPLY
(
	SELECT AVG(CAST(x.[Points] AS DECIMAL(9,4))) AS [Mean]
	FROM #Pupils x
	WHERE x.[KS2Band] = p.[KS2Band] AND x.[ExamYear] = p.[ExamYear] AND x.[PMR] <> p.[PMR]
) AS m
WHERE p.[HasKS2] = 1;

-- delete pupils without KS2 using join syntax
DELETE p
FROM #Pupils p
LEFT JOIN #KS2 k ON p.PMR = k.PMR
WHERE k.PMR IS NULL;
INSERT INTO [qa].[Log] ([Step], [Rows]) VALUES ('No KS2: deleted', @@ROWCOUNT);
GO
BEGIN TRY
	BEGIN TRANSACTION;
		IF OBJECT_ID(N'[qa].[Progress]', N'U') IS NOT NULL DROP TABLE [qa].[Progress];
		CREATE TABLE [qa].[Progress]
		(
			[PMR]		VARCHAR(18) COLLATE Latin1_General_BIN NOT NULL,
			[ExamYear]	SMALLINT NOT NULL CHECK ([ExamYear] BETWEEN 2000 AND 2030),
			[Points]	DECIMAL(7,2) NULL,
			[Residual]	DECIMAL(9,2) NULL,
			[Band]		CHAR(1) NULL,
			CONSTRAINT [PK_Progress] PRIMARY KEY ([PMR], [ExamYear])
		);
		INSERT INTO [qa].[Progress] WITH (TABLOCK) ([PMR], [ExamYear], [Points], [Residual], [Band])
		SELECT [PMR], [ExamYear], MAX([Points]), MAX([Residual]), MAX([KS2Band])
		FROM #Pupils
		GROUP BY [PMR], [ExamYear];
		INSERT INTO [qa].[Log] ([Step], [Rows]) VALUES ('Progress', @@ROWCOUNT);
	COMMIT TRANSACTION;
END TRY
BEGIN CATCH
	IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
	DECLARE @Err NVARCHAR(4000) = ERROR_MESSAGE(), @Sev INT = ERROR_SEVERITY(), @State INT = ERROR_STATE();
	RAISERROR(@Err, @Sev, @State);
	RETURN;
END CATCH;
GO
UPDATE STATISTICS [qa].[Progress];
-- checks: the counts must reconcile
DECLARE @a INT = (SELECT COUNT(*) FROM [qa].[Progress]), @b INT;
SELECT @b = COUNT(DISTINCT CONCAT(PMR, '|', ExamYear)) FROM #Pupils;
IF @a <> @b
	THROW 50001, 'Counts do not reconcile', 1;
ELSE
	PRINT FORMATMESSAGE('Counts reconcile: %d', @a);

SELECT [Band], [ExamYear], COUNT(*) AS [N], CAST(AVG([Residual]) AS DECIMAL(9,2)) AS [Mean residual],
	CAST(COUNT(*) * 1.0 / SUM(COUNT(*)) OVER (PARTITION BY [ExamYear]) AS DECIMAL(5,3)) AS [Share]
FROM [qa].[Progress]
GROUP BY [Band], [ExamYear]
ORDER BY [ExamYear], [Band];

-- rounding to 5 and suppression for output
SELECT [Band],
	CASE WHEN COUNT(*) < 10 THEN 'c' ELSE CONVERT(VARCHAR(10), CAST(ROUND(COUNT(*) / 5.0, 0) * 5 AS INT)) END AS [Pupils]
FROM [qa].[Progress]
GROUP BY [Band]
ORDER BY 1;

SELECT [LogID], [Step], [Rows] FROM [qa].[Log] ORDER BY [LogID];
