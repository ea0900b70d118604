-- performance: Of the deliveries that arrived each month, how many did by the first date we confirmed?
WITH promised AS (
  SELECT account, line, promised_at, row_number() OVER (PARTITION BY account, line ORDER BY position) AS nth
  FROM delivery_promised WHERE basis = 'first_confirmed'
)
SELECT strftime('%Y-%m', m.delivered_at) AS month, count(*) AS deliveries,
  round(100.0 * sum(julianday(m.delivered_at) <= julianday(p.promised_at)) / count(*), 1) AS on_time_pct
FROM delivery_made m JOIN promised p ON p.account = m.account AND p.line = m.line AND p.nth = 1
GROUP BY month ORDER BY month;
