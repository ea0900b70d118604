package main

import (
	"fmt"

	"github.com/rapport-ledger/rapport/cmd/internal/api"
)

type projectionsCmd struct {
	List    projectionsListCmd `cmd:"" default:"withargs" help:"Show how the projections stand."`
	Rebuild rebuildCmd         `cmd:"" help:"Build a projection anew beside the present one."`
	Digest  digestCmd          `cmd:"" help:"Sum up a projection's contents."`
	Tables  tablesCmd          `cmd:"" help:"Show the tables of the read models, for your own SQL. Needs no server."`
}

type projectionsListCmd struct {
	remote
	output
}

func (c *projectionsListCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	var page api.Page[api.Projection]
	if err := remote.Get(e.ctx, "/v1/projections", nil, &page); err != nil {
		return err
	}
	return write(e, c.output, each(page.Items), projectionColumns)
}

var projectionColumns = []column[api.Projection]{
	{name: "name", title: "NAME", value: func(p api.Projection) string { return p.Name }},
	{name: "version", title: "VERSION", value: func(p api.Projection) string { return number(p.Version) }, right: true},
	{name: "state", title: "STATE", value: func(p api.Projection) string { return p.State }, alarm: func(p api.Projection) bool { return p.State == "failed" }},
	{name: "position", title: "POSITION", value: func(p api.Projection) string { return number(p.Position) }, right: true},
	{name: "lag", title: "BEHIND", value: func(p api.Projection) string { return number(p.Lag) }, right: true},
	{name: "digest", title: "DIGEST", value: func(p api.Projection) string { return p.Digest }, show: func(p api.Projection) string { return p.Digest[:min(12, len(p.Digest))] }},
	{name: "digest_position", value: func(p api.Projection) string { return number(p.DigestPosition) }},
	{name: "rebuild_position", value: func(p api.Projection) string { return number(p.RebuildPosition) }},
	{name: "error", title: "REMARK", value: func(p api.Projection) string { return p.Error }, flex: true, show: func(p api.Projection) string {
		if p.RebuildPosition > 0 {
			return fmt.Sprintf("rebuilt up to %d", p.RebuildPosition)
		}
		return p.Error
	}},
}

type rebuildCmd struct {
	remote
	output
	Name string `arg:"" help:"The projection's name."`
}

func (c *rebuildCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	var p api.Projection
	if err := remote.Post(e.ctx, "/v1/projections/"+segment(c.Name)+"/rebuild", nil, &p); err != nil {
		return err
	}
	return write(e, c.output, each([]api.Projection{p}), projectionColumns)
}

type digestCmd struct {
	remote
	output
	Name string `arg:"" help:"The projection's name."`
}

func (c *digestCmd) Run(e *env) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	var d api.Digest
	if err := remote.Get(e.ctx, "/v1/projections/"+segment(c.Name)+"/digest", nil, &d); err != nil {
		return err
	}
	return write(e, c.output, each([]api.Digest{d}), digestColumns)
}

var digestColumns = []column[api.Digest]{
	{name: "name", title: "NAME", value: func(d api.Digest) string { return d.Name }},
	{name: "version", value: func(d api.Digest) string { return number(d.Version) }},
	{name: "position", title: "POS", value: func(d api.Digest) string { return number(d.Position) }, right: true},
	{name: "rows", value: func(d api.Digest) string { return number(d.Rows) }},
	{name: "digest", title: "DIGEST", value: func(d api.Digest) string { return d.Digest }},
}
