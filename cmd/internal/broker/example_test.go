package broker

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// mayPublish is what a user of a configuration may publish.
func mayPublish(t *testing.T, conf, user string) []string {
	t.Helper()
	found := regexp.MustCompile(`(?s)user: ` + user + `,.*?publish: \[(.*?)\]`).FindStringSubmatch(conf)
	if found == nil {
		t.Fatalf("%s may publish nothing", user)
	}
	open := regexp.MustCompile(`(?s)\{\{if \.Open\}\}.*?\{\{end\}\}`) // where no token is required
	subjects := regexp.MustCompile(`"[^"]+"`).FindAllString(open.ReplaceAllString(found[1], ""), -1)
	slices.Sort(subjects)
	return subjects
}

func TestTheExampleOfANATSElsewhereGivesReadersTheSameRights(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../../examples/nats/nats.conf")
	must(t, err)
	if got, want := mayPublish(t, string(example), "analyst"), mayPublish(t, accountsConf, "public"); !slices.Equal(got, want) {
		t.Errorf("an analyst may publish %v, want %v", got, want)
	}
}
