package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.uber.org/zap"

	"github.com/rapport-ledger/rapport/eventstore/codec"
	"github.com/rapport-ledger/rapport/eventstore/keyring"
)

// masterKeyEnv is the environment's name for the master key itself.
const masterKeyEnv = "RAPPORT_MASTER_KEY"

// sealing is for commands that open the keyring.
type sealing struct {
	MasterKey string `placeholder:"FILE" help:"File with the master key, 32 bytes in hexadecimal or base64. The key itself may be in RAPPORT_MASTER_KEY instead. Without either, it is the one kept beside the data, which a new ledger makes."`
}

func keyringDir(data string) string { return filepath.Join(data, keysDir) }

// openKeyring opens the keyring of the data directory. Beside says that its master key
// lies with it.
func openKeyring(data, masterKeyFile string) (ring *keyring.Keyring, beside bool, err error) {
	master, given, err := masterKey(masterKeyFile)
	switch {
	case err != nil:
	case given:
		ring, err = keyring.Open(keyringDir(data), master)
	default:
		beside = true
		ring, err = keyring.OpenDefault(keyringDir(data))
	}
	switch {
	case errors.Is(err, keyring.ErrMasterKey):
		err = fmt.Errorf("the master key is not the one that %s was made with; give that one with --master-key or in %s", keyringDir(data), masterKeyEnv)
	case errors.Is(err, keyring.ErrNoMasterKey):
		err = fmt.Errorf("the keyring in %s needs the master key it was made with; give it with --master-key or in %s", keyringDir(data), masterKeyEnv)
	}
	return ring, beside, err
}

// masterKey is the key that was given, if one was.
func masterKey(file string) (m keyring.MasterKey, given bool, err error) {
	if file != "" {
		m, err = keyring.ReadMasterKey(file)
		return m, true, err
	}
	text := os.Getenv(masterKeyEnv)
	if text == "" {
		return m, false, nil
	}
	if m, err = keyring.ParseMasterKey([]byte(text)); err != nil {
		err = fmt.Errorf("%s: %w", masterKeyEnv, err)
	}
	return m, true, err
}

// openKeys opens the keyring, which must be the log's.
func (a *app) openKeys(ctx context.Context) (err error) {
	var beside bool
	if a.keys, beside, err = openKeyring(a.data, a.masterKey); err != nil {
		return err
	}
	a.onClose(func(context.Context) error { return a.keys.Close() })
	if beside {
		a.logger.Warn("the master key of personal data lies beside the data: who has the directory can read all; give another with --master-key",
			zap.String("file", filepath.Join(keyringDir(a.data), keyring.MasterFileName)))
	}
	if a.keys.Fresh() {
		return a.nothingSealed(ctx)
	}
	return nil
}

// nothingSealed makes sure that a keyring made just now is not in the place of one that
// the log's events were sealed with.
func (a *app) nothingSealed(ctx context.Context) error {
	for stored, err := range a.log.ReadLog(ctx, 0) {
		if err != nil {
			return err
		}
		record, err := codec.Decode(stored)
		if err != nil {
			return err
		}
		if record.Sealed() {
			return errors.Join(
				fmt.Errorf("the keyring is missing: the log has personal data that was sealed with it; put %s back", filepath.Join(keyringDir(a.data), keyring.FileName)),
				a.keys.Discard())
		}
	}
	return nil
}

type keysCmd struct {
	Rotate rotateCmd `cmd:"" help:"Wrap every key by another master key. The server must be stopped."`
}

type rotateCmd struct {
	sealing
	Data         string `default:"./rapport-data" placeholder:"DIR" help:"The ledger's directory (${default})."`
	NewMasterKey string `placeholder:"FILE" help:"File with the new master key. Without it one is made, if the present one lies beside the data."`
}

func (c *rotateCmd) Run(e *env) error {
	if _, err := os.Stat(filepath.Join(keyringDir(c.Data), keyring.FileName)); err != nil {
		return fmt.Errorf("there is no keyring in %s", keyringDir(c.Data))
	}
	log, err := openLog(c.Data, pebbleOptions(nil, zap.NewNop()))
	if err != nil {
		return err
	}
	defer log.Close() // it was opened for its lock alone
	ring, beside, err := openKeyring(c.Data, c.MasterKey)
	if err != nil {
		return err
	}
	defer ring.Close()
	n, err := c.rotate(e.ctx, ring, beside)
	if err != nil {
		return err
	}
	where := c.NewMasterKey
	if where == "" {
		where = filepath.Join(keyringDir(c.Data), keyring.MasterFileName)
	}
	fmt.Fprintf(e.stdout, "%d keys are wrapped by the master key in %s\n", n, where)
	return nil
}

func (c *rotateCmd) rotate(ctx context.Context, ring *keyring.Keyring, beside bool) (int, error) {
	if c.NewMasterKey == "" && !beside {
		return 0, usageError("the present master key is kept elsewhere, and so should the new one be: give it with --new-master-key")
	}
	if c.NewMasterKey == "" {
		return ring.RotateDefault(ctx, keyringDir(c.Data))
	}
	next, err := keyring.ReadMasterKey(c.NewMasterKey)
	if err != nil {
		return 0, err
	}
	n, err := ring.Rotate(ctx, next)
	if err == nil && beside {
		err = os.Remove(filepath.Join(keyringDir(c.Data), keyring.MasterFileName)) // it opens nothing any more
	}
	return n, err
}
