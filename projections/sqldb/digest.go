package sqldb

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"slices"
	"strings"
)

// Digest reads all tables but those named, in the order of their names, rows in the
// order of their primary keys, and sums them up. Tables whose names begin with index_ are
// left out: like other indexes they say nothing that is not in the rest.
//
// The sum is the SHA-256, in hexadecimal, of: for each table the texts of its name and
// its columns' names, then its rows. A row is the byte R and its values, each a byte for its
// kind and its bytes: N for null; I and the integer as 8 bytes, big endian; F and the
// float's IEEE bits as 8 bytes, big endian; T or B for a text or bytes, with the length as
// 8 bytes, big endian, before them.
func Digest(ctx context.Context, tx *Tx, except ...string) (sum string, rows int64, err error) {
	tables, err := tableNames(ctx, tx)
	if err != nil {
		return "", 0, err
	}
	d := newDigester()
	for _, table := range tables {
		if slices.Contains(except, table) {
			continue
		}
		if err := d.table(ctx, tx, table); err != nil {
			return "", 0, fmt.Errorf("digest table %s: %w", table, err)
		}
	}
	return d.sum(), d.rows, nil
}

func tableNames(ctx context.Context, tx *Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT name FROM sqlite_schema
		WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'index\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// columns gives a table's columns in their order, and those of its primary key in its order.
func columns(ctx context.Context, tx *Tx, table string) (all, key []string, err error) {
	rows, err := tx.Query(ctx, `SELECT name, pk FROM pragma_table_info(?) ORDER BY cid`, table)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	places := make(map[int]string)
	for rows.Next() {
		var name string
		var place int // in the key, from 1; 0 if not part of it
		if err := rows.Scan(&name, &place); err != nil {
			return nil, nil, err
		}
		all = append(all, name)
		if place > 0 {
			places[place] = name
		}
	}
	for i := range len(places) {
		key = append(key, places[i+1])
	}
	if len(key) == 0 {
		return nil, nil, fmt.Errorf("no primary key")
	}
	return all, key, rows.Err()
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, name := range names {
		q[i] = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return strings.Join(q, ", ")
}

type digester struct {
	hash hash.Hash
	w    *bufio.Writer // to hash, which never fails
	rows int64
}

func newDigester() *digester {
	h := sha256.New()
	return &digester{hash: h, w: bufio.NewWriterSize(h, 64<<10)}
}

func (d *digester) sum() string {
	_ = d.w.Flush()
	return hex.EncodeToString(d.hash.Sum(nil))
}

func (d *digester) table(ctx context.Context, tx *Tx, table string) error {
	all, key, err := columns(ctx, tx, table)
	if err != nil {
		return err
	}
	d.bytes('T', table)
	for _, name := range all {
		d.bytes('T', name)
	}
	rows, err := tx.Query(ctx, fmt.Sprintf("SELECT %s FROM %s ORDER BY %s",
		quoted(all), quoted([]string{table}), quoted(key)))
	if err != nil {
		return err
	}
	defer rows.Close()
	values, targets := make([]any, len(all)), make([]any, len(all))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := errors.Join(ctx.Err(), rows.Scan(targets...)); err != nil {
			return err
		}
		_ = d.w.WriteByte('R')
		for _, v := range values {
			if err := d.value(v); err != nil {
				return err
			}
		}
		d.rows++
	}
	return rows.Err()
}

func (d *digester) value(v any) error {
	switch v := v.(type) {
	case nil:
		_ = d.w.WriteByte('N')
	case int64:
		d.number('I', uint64(v))
	case bool: // an integer in a column declared BOOLEAN
		var n uint64
		if v {
			n = 1
		}
		d.number('I', n)
	case float64:
		d.number('F', math.Float64bits(v))
	case string:
		d.bytes('T', v)
	case []byte:
		d.bytes('B', string(v))
	default:
		return fmt.Errorf("a value of type %T", v)
	}
	return nil
}

func (d *digester) number(kind byte, n uint64) {
	_ = d.w.WriteByte(kind)
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	_, _ = d.w.Write(b[:])
}

func (d *digester) bytes(kind byte, s string) {
	d.number(kind, uint64(len(s)))
	_, _ = d.w.WriteString(s)
}
