-- timeline: Which types of events are recorded more than a week after they happened, and for which accounts?
SELECT account, type, count(*) AS events, round(max(recorded - occurred) / 86400e6, 1) AS most_days
FROM entries WHERE recorded - occurred > 7 * 86400e6
AND type NOT IN ('due.passed', 'silence.noticed', 'silence.broken') AND type NOT LIKE 'followup.%' -- the ledger's own
GROUP BY account, type ORDER BY events DESC LIMIT 20;
