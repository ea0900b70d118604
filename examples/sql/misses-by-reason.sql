-- performance: Why are deliveries missed, and with how many accounts?
SELECT coalesce(reason, 'not said') AS reason, count(*) AS missed, count(DISTINCT account) AS accounts,
  date(max(occurred) / 1000000, 'unixepoch') AS latest
FROM delivery_missed GROUP BY 1 ORDER BY missed DESC;
