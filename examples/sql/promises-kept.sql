-- promises: Which accounts did we break promises to, how many of all, and how many were kept in the end, late or not?
SELECT m.account, count(*) AS made, count(k.commitment) AS kept_in_the_end, count(b.commitment) AS broken
FROM commitment_made m
LEFT JOIN (SELECT DISTINCT account, commitment FROM commitment_kept) k ON k.account = m.account AND k.commitment = m.commitment
LEFT JOIN (SELECT DISTINCT account, commitment FROM commitment_broken) b ON b.account = m.account AND b.commitment = m.commitment
GROUP BY m.account HAVING broken > 0 ORDER BY broken DESC, m.account;
