-- timeline: With whom were we longest not in contact, as of the last event recorded?
SELECT account, name, tier, manager, date(last_contact / 1000000, 'unixepoch') AS last_contact,
  ((SELECT max(recorded) FROM entries) - last_contact) / 86400000000 AS days
FROM account_overview WHERE last_contact IS NOT NULL AND merged_into IS NULL
ORDER BY days DESC LIMIT 10;
