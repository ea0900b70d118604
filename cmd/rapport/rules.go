package main

import (
	"slices"
	"strings"

	"github.com/rapport-ledger/rapport/domain/followup"
)

type rulesCmd struct {
	output
}

// ruleRow is a follow-up rule as it is shown. The table is part of the program, so no
// server is asked.
type ruleRow struct {
	Reason string   `json:"reason"`
	Doc    string   `json:"doc"`
	Closes string   `json:"closes"`
	Ahead  bool     `json:"ahead"`
	Types  []string `json:"types"`
}

func (c *rulesCmd) Run(e *env) error {
	rows := make([]ruleRow, len(followup.Rules))
	for i, r := range followup.Rules {
		rows[i] = ruleRow{Reason: r.Reason, Doc: r.Doc, Closes: string(r.Loop), Ahead: r.Ahead}
		for _, on := range r.On {
			rows[i].Types = append(rows[i].Types, string(on.Type))
		}
	}
	slices.SortFunc(rows, func(a, b ruleRow) int { return strings.Compare(a.Reason, b.Reason) })
	return write(e, c.output, each(rows), ruleColumns)
}

var ruleColumns = []column[ruleRow]{
	{name: "reason", title: "REASON", value: func(r ruleRow) string { return r.Reason }},
	{name: "closes", title: "CLOSES WHEN", value: func(r ruleRow) string { return r.Closes }, spare: true},
	{name: "doc", title: "WHAT IS OWED", value: func(r ruleRow) string { return r.Doc }, flex: true},
	{name: "types", value: func(r ruleRow) string { return strings.Join(r.Types, " ") }},
}
