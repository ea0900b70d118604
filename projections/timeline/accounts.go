package timeline

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"strings"
	"time"

	"github.com/rapport-ledger/rapport/domain"
	"github.com/rapport-ledger/rapport/projections/sqldb"
)

// AccountsQuery selects accounts.
type AccountsQuery struct {
	// Search keeps accounts with this in their id or name, whatever the case.
	Search string
	Tier   string
	Kind   string
	// Limit is the most accounts of a page: 1 to 1,000; 50 if 0.
	Limit int
	// Cursor is AccountsPage.Next of the page before; "" for the first.
	Cursor string
}

// AccountsPage is a part of the list of accounts, by id.
type AccountsPage struct {
	Items []Account
	// Next is the cursor of the next page; "" if this is the last.
	Next string
}

// Account is an account as it stands now. What nobody has said is empty.
type Account struct {
	Account domain.AccountID
	Name    string
	Kind    string
	Tier    string
	Stage   string
	Manager string
	// Provisional says that nobody has given the account a profile yet.
	Provisional bool
	// Events is the number of events recorded, with those of accounts merged into it.
	Events int64
	// LastContact is when we last were in contact; zero if never. Correcting or retracting
	// old entries is no contact.
	LastContact time.Time
	// OpenedAt is when account.opened occurred; zero if provisional.
	OpenedAt time.Time
	// MergedInto is the account this one is read as part of; "" if none.
	MergedInto domain.AccountID
}

// accountColumns are what [scanAccounts] reads.
const accountColumns = `account, coalesce(name, ''), coalesce(kind, ''), coalesce(tier, ''), coalesce(stage, ''),
	coalesce(manager, ''), opened, coalesce(merged_into, '')`

// unmerged is true of the accounts a that are read by themselves. The recorder lets no
// accounts be part of each other in a circle; in one, the first would stand for it.
const unmerged = `(a.merged_into IS NULL OR (WITH RECURSIVE up (account) AS (
		SELECT a.merged_into UNION SELECT n.merged_into FROM up JOIN accounts n ON n.account = up.account WHERE n.merged_into IS NOT NULL)
	SELECT max(account = a.account) AND min(account) = a.account FROM up))`

// Accounts lists the accounts that are not merged into another, by id. Error: [ErrBadCursor].
func Accounts(ctx context.Context, tx *sqldb.Tx, q AccountsQuery) (AccountsPage, error) {
	after, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil {
		return AccountsPage{}, ErrBadCursor
	}
	limit := min(max(cmp.Or(q.Limit, usualLimit), 1), mostLimit)
	// An account nothing was recorded about is there only because another was merged into it.
	rows, err := tx.Query(ctx, `SELECT `+accountColumns+` FROM accounts a
		WHERE account > ?1 AND `+unmerged+`
			AND (?2 = '' OR tier = ?2) AND (?3 = '' OR kind = ?3) AND (?4 = '' OR search LIKE ?4 ESCAPE '\')
			AND (own = 1 OR EXISTS (SELECT 1 FROM accounts m WHERE m.merged_into = a.account))
		ORDER BY account LIMIT ?5 + 0`, string(after), q.Tier, q.Kind, pattern(q.Search), limit+1)
	if err != nil {
		return AccountsPage{}, err
	}
	items, err := scanAccounts(rows)
	if err != nil {
		return AccountsPage{}, err
	}
	page := AccountsPage{Items: items}
	if len(items) > limit {
		page.Items = items[:limit]
		page.Next = base64.RawURLEncoding.EncodeToString([]byte(page.Items[limit-1].Account))
	}
	for i := range page.Items {
		if err := page.Items[i].gather(ctx, tx); err != nil {
			return AccountsPage{}, err
		}
	}
	return page, nil
}

// pattern finds the text anywhere; "" stays empty.
func pattern(search string) string {
	if search == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(search)) + "%"
}

// Find gives one account, merged into another or not. Error: [ErrUnknownAccount].
func Find(ctx context.Context, tx *sqldb.Tx, id domain.AccountID) (Account, error) {
	rows, err := tx.Query(ctx, `SELECT `+accountColumns+` FROM accounts WHERE account = ?`, string(id))
	if err != nil {
		return Account{}, err
	}
	items, err := scanAccounts(rows)
	if err != nil {
		return Account{}, err
	}
	if len(items) == 0 {
		return Account{}, ErrUnknownAccount
	}
	a := items[0]
	if err := a.gather(ctx, tx); err != nil {
		return Account{}, err
	}
	if a.Events == 0 {
		return Account{}, ErrUnknownAccount
	}
	return a, nil
}

// checkAccount says whether anything was recorded about the account or those merged into it.
func checkAccount(ctx context.Context, tx *sqldb.Tx, id domain.AccountID) error {
	var found bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM account_entries WHERE account = ?1)
		OR EXISTS (SELECT 1 FROM merges WHERE other = ?1)`, string(id)).Scan(&found)
	if err == nil && !found {
		err = ErrUnknownAccount
	}
	return err
}

// scanAccounts reads the accounts, and closes the rows.
func scanAccounts(rows *sql.Rows) ([]Account, error) {
	defer rows.Close()
	var all []Account
	for rows.Next() {
		var a Account
		var opened sql.NullInt64
		err := rows.Scan(&a.Account, &a.Name, &a.Kind, &a.Tier, &a.Stage, &a.Manager, &opened, &a.MergedInto)
		if err != nil {
			return nil, err
		}
		a.Provisional = !opened.Valid
		a.OpenedAt = orZero(opened)
		all = append(all, a)
	}
	return all, rows.Err()
}

func orZero(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return fromMicros(us.Int64)
}

// gather sums up the account's entries and those of the accounts merged into it.
func (a *Account) gather(ctx context.Context, tx *sqldb.Tx) error {
	var lastContact sql.NullInt64
	err := tx.QueryRow(ctx, `WITH RECURSIVE whole (account) AS (
			SELECT ?1 UNION SELECT a.account FROM accounts a JOIN whole w ON a.merged_into = w.account)
		SELECT coalesce(sum(events), 0), max(last_contact) FROM account_overview WHERE account IN (SELECT account FROM whole)`,
		string(a.Account)).Scan(&a.Events, &lastContact)
	a.LastContact = orZero(lastContact)
	return err
}
