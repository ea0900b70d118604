-- improvement: How long do complaints take, by severity, and how many are open?
SELECT r.severity, count(*) AS complaints, sum(c.closed IS NULL) AS open, round(avg(c.closed - r.occurred) / 86400e6, 1) AS days_to_close
FROM complaint_raised r
LEFT JOIN (SELECT account, complaint, max(occurred) AS closed FROM complaint_closed GROUP BY account, complaint) c
  ON c.account = r.account AND c.complaint = r.complaint
GROUP BY r.severity ORDER BY r.severity DESC;
