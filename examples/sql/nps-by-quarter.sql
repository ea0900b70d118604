-- voice: How does the Net Promoter Score move? Promoters (9, 10) less detractors (0 to 6), in percent.
SELECT strftime('%Y', occurred / 1000000, 'unixepoch') || '-Q' || ((strftime('%m', occurred / 1000000, 'unixepoch') + 2) / 3) AS quarter,
  count(*) AS answers, round(100.0 * (sum(score >= 9) - sum(score <= 6)) / count(*)) AS nps
FROM survey_answered WHERE instrument = 'nps' AND scale_min = 0 AND scale_max = 10
GROUP BY quarter ORDER BY quarter;
