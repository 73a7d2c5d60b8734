package bisect

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	vs := []string{"v1", "v2", "v3", "v4", "v5", "v6"}
	for _, tt := range []struct {
		name       string
		firstGood  bool
		flip       int // the first version that is not as v1
		untestable []string
		want       Flip
	}{
		{"breaks early", true, 1, nil, Flip{Before: "v1", After: "v2", Broken: true}},
		{"breaks late", true, 5, nil, Flip{Before: "v5", After: "v6", Broken: true}},
		{"is fixed", false, 3, nil, Flip{Before: "v3", After: "v4"}},
		{"does not build beside it", true, 3, []string{"v3"}, Flip{Before: "v2", After: "v4", Broken: true, Between: []string{"v3"}}},
		{"does not build elsewhere", true, 4, []string{"v2", "v3"}, Flip{Before: "v4", After: "v5", Broken: true}},
		{"nothing builds", true, 3, vs[1:5], Flip{Before: "v1", After: "v6", Broken: true, Between: vs[1:5]}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			got, err := Search(vs, tt.firstGood, func(v string) (bool, error) {
				if slices.Contains(asked, v) || v == "v1" || v == "v6" {
					t.Errorf("asked of %s in vain", v)
				}
				asked = append(asked, v)
				if slices.Contains(tt.untestable, v) {
					return false, ErrUntestable
				}
				return (slices.Index(vs, v) < tt.flip) == tt.firstGood, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Before != tt.want.Before || got.After != tt.want.After || got.Broken != tt.want.Broken || !slices.Equal(got.Between, tt.want.Between) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	errBroken := errors.New("broken")
	_, err := Search(vs, true, func(string) (bool, error) { return false, errBroken })
	if !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
	if _, err = Search(vs[:1], true, nil); err == nil || !strings.Contains(err.Error(), "want two at least") {
		t.Errorf("error %v", err)
	}
}
