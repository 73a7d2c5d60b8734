package scenarios

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/passtlab/passtlab/internal/strict"
)

// TestSchemaRefuses holds the schema against the decoder: it takes every file
// of the corpus and every example of README.md, and of the bad files it refuses
// those that are of a wrong form.
func TestSchemaRefuses(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(makeSchema(t), &root); err != nil {
		t.Fatal(err)
	}
	v := validator{root}
	valid := func(text []byte) error {
		var doc any
		if err := yaml.Unmarshal(text, &doc); err != nil {
			return err
		}
		return v.check("", root, doc)
	}
	files, err := filepath.Glob("*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(text); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, example := range strings.Split(string(readme), "```yaml\n")[1:] {
		example, _, _ = strings.Cut(example, "```")
		if err := valid([]byte(example)); err != nil {
			t.Errorf("example %d of README.md: %v", i, err)
		}
	}
	for _, name := range []string{
		"key-unknown", "key-missing-several", "value-role-unknown", "value-roles-empty", "value-role-twice", "type-list-is-text",
		"event-empty", "event-number", "event-is-list", "event-two-in-one", "event-parameter-not-indented", "event-unknown-in-mapping",
		"event-parameter-unknown", "event-parameter-of-none", "event-value-of-none", "event-says-nothing", "event-bare-unknown",
		"event-bare-is-list", "event-lifetime-form", "event-link-state-unknown", "event-address-without-length", "value-event-unknown",
		"orders-alone", "orders-without-steps", "orders-missing", "orders-unknown", "orders-of-one", "orders-of-five", "orders-with-event",
		"checkpoint-bare", "checkpoint-within-form", "ra-prefixes-empty", "failure-in-empty", "failure-kind-unknown", "covers-twice",
		"vary-is-mapping", "vary-empty", "vary-axis-empty", "vary-axis-is-text", "vary-axis-of-one", "vary-name-form", "vary-overlay-is-list",
		"vary-overlay-has-id", "vary-overlay-varies", "vary-overlay-unknown-key", "vary-overlay-unknown-key-below", "vary-overlay-value",
	} {
		text, err := os.ReadFile(filepath.Join("testdata/bad", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if valid(text) == nil {
			t.Errorf("the schema takes %s", name)
		}
	}
}

// A validator knows as much of JSON Schema as schema.json uses.
type validator struct{ root map[string]any }

func (v validator) check(path string, schema any, doc any) error {
	if allowed, ok := schema.(bool); ok {
		if !allowed {
			return fmt.Errorf("%s is not allowed", path)
		}
		return nil
	}
	s := schema.(map[string]any)
	sub := func(key string) []any { l, _ := s[key].([]any); return l }
	count := func(key string) int {
		n := 0
		for _, o := range sub(key) {
			if v.check(path, o, doc) == nil {
				n++
			}
		}
		return n
	}
	if ref, ok := s["$ref"].(string); ok {
		var target any = v.root
		for key := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
			target = target.(map[string]any)[key]
		}
		if err := v.check(path, target, doc); err != nil {
			return err
		}
	}
	if n := count("oneOf"); s["oneOf"] != nil && n != 1 {
		return fmt.Errorf("%s matches %d of the schemas, not one", path, n)
	}
	if s["anyOf"] != nil && count("anyOf") == 0 {
		return fmt.Errorf("%s matches none of the schemas", path)
	}
	if n := len(sub("allOf")); n != count("allOf") {
		return fmt.Errorf("%s does not match all schemas", path)
	}
	if s["not"] != nil && v.check(path, s["not"], doc) == nil {
		return fmt.Errorf("%s matches what it must not", path)
	}
	if s["if"] != nil && v.check(path, s["if"], doc) != nil {
		if err := v.check(path, s["else"], doc); err != nil {
			return err
		}
	}
	if enum := sub("enum"); enum != nil && !slices.Contains(enum, doc) {
		return fmt.Errorf("%s is none of %v", path, enum)
	}
	if c, ok := s["const"]; ok && c != doc {
		return fmt.Errorf("%s is not %v", path, c)
	}
	kinds := map[string]any{"string": "", "integer": 0, "boolean": false, "array": []any{}, "object": map[string]any{}}
	if want, ok := s["type"].(string); ok && reflect.TypeOf(doc) != reflect.TypeOf(kinds[want]) {
		return fmt.Errorf("%s is no %s", path, want)
	}
	bound := func(key string, least bool, n int) error {
		if b, ok := s[key].(float64); ok && (least && n < int(b) || !least && n > int(b)) {
			return fmt.Errorf("%s: %d breaks %s", path, n, key)
		}
		return nil
	}
	var errs []error
	switch doc := doc.(type) {
	case int:
		errs = append(errs, bound("minimum", true, doc), bound("maximum", false, doc))
	case string:
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(doc) {
			return fmt.Errorf("%s does not match %s", path, p)
		}
	case []any:
		errs = append(errs, bound("minItems", true, len(doc)), bound("maxItems", false, len(doc)))
		for i, e := range doc {
			if s["uniqueItems"] == true && slices.Contains(doc[:i], e) {
				return fmt.Errorf("%s stands twice in %s", e, path)
			}
			if s["items"] != nil {
				errs = append(errs, v.check(fmt.Sprintf("%s[%d]", path, i), s["items"], e))
			}
		}
	case map[string]any:
		errs = append(errs, bound("minProperties", true, len(doc)), bound("maxProperties", false, len(doc)))
		for _, key := range sub("required") {
			if _, ok := doc[key.(string)]; !ok {
				return fmt.Errorf("%s lacks %s", path, key)
			}
		}
		properties, _ := s["properties"].(map[string]any)
		for key, val := range doc {
			p, ok := properties[key]
			if !ok {
				p, ok = s["additionalProperties"]
			}
			if ok {
				errs = append(errs, v.check(strict.Join(path, key), p, val))
			}
			if s["propertyNames"] != nil {
				errs = append(errs, v.check(strict.Join(path, key), s["propertyNames"], key))
			}
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
