-- trust: What is trust computed from? Facts that count, by type; the weights are the policy's.
SELECT type, count(*) AS facts, count(DISTINCT account) AS accounts, date(max(occurred) / 1000000, 'unixepoch') AS latest
FROM standing GROUP BY type ORDER BY facts DESC;
