-- followups: Who has most that is overdue, as of the last event that bore on the queue?
SELECT iif(owner = '', 'nobody', owner) AS owner, count(*) AS overdue, sum(customer_knows) AS customer_waits,
  date(min(due_at) / 1000000, 'unixepoch') AS oldest_due
FROM items
WHERE stage IN ('open', 'done') AND asleep = 0 AND due_at <= (SELECT max(recorded) FROM facts)
GROUP BY 1 ORDER BY overdue DESC;
