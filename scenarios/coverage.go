package scenarios

import (
	_ "embed"
	"fmt"
	"sync"
)

//go:embed coverage.yaml
var coverage []byte

// Item is a case for which the corpus needs a scenario.
type Item struct {
	// ID is its name in covers: lower-case letters, digits and hyphens.
	ID         string   `yaml:"id" required:"true" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" form:"lower-case letters, digits and single hyphens"`
	Text       string   `yaml:"text" required:"true"` // one line
	References []string `yaml:"references,omitempty"` // upstream issues
}

// Items returns all items, in the order of coverage.yaml.
func Items() ([]Item, error) { return items() }

var items = sync.OnceValues(func() ([]Item, error) { return readItems(coverage) })

func readItems(data []byte) ([]Item, error) {
	var file struct {
		Items []Item `yaml:"items" required:"true" nonempty:"true"`
	}
	err := Strict("scenarios/coverage.yaml", data, &file, func() (faults []Fault) {
		first := map[string]int{}
		for i, it := range file.Items {
			if j, ok := first[it.ID]; ok && it.ID != "" {
				faults = append(faults, Fault{Key: fmt.Sprintf("items[%d].id", i), Problem: fmt.Sprintf("%s is the id of items[%d] too", it.ID, j),
					Expected: "an id of its own", Next: "rename one of them"})
				continue
			}
			first[it.ID] = i
		}
		return faults
	})
	if err != nil {
		return nil, fmt.Errorf("read coverage: %w", err)
	}
	return file.Items, nil
}
