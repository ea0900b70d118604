-- followups: What work is done, and the customer still does not know?
SELECT account, reason, count(*) AS items, date(min(due_at) / 1000000, 'unixepoch') AS oldest_due
FROM items WHERE stage = 'done' AND told = 0
GROUP BY account, reason ORDER BY items DESC, account LIMIT 20;
