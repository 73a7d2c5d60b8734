package strict

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/passtlab/passtlab/internal/near"
)

// A Scalar reads a kind of value on one line, and describes it in messages and in a
// JSON Schema.
type Scalar struct {
	Tag      string   // the YAML tag of a value
	Also     string   // another YAML tag that a value may have
	Expected string   // a right value, in words
	Pattern  string   // a regular expression that every right value matches
	Enum     []string // all right values, if they are few
	Examples []string
	Parse    func(string) (any, error)
}

// A Mistake is the reason why Parse refuses a value, with the next step.
type Mistake struct{ Problem, Near, Next string }

func (m Mistake) Error() string { return m.Problem }

// Wrong returns a Mistake without a near miss.
func Wrong(next, format string, a ...any) error {
	return Mistake{Problem: fmt.Sprintf(format, a...), Next: next}
}

// Scalar returns the Scalar for values of type t in a field, and false if there is none.
func (r *Reader) Scalar(f Field, t reflect.Type) (Scalar, bool) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if f.Is != "" && t.Kind() != reflect.Slice {
		return r.Kinds[f.Is], true
	}
	switch t {
	case reflect.TypeFor[string]():
		return f.text, true
	case reflect.TypeFor[int]():
		return number(f), true
	case reflect.TypeFor[bool]():
		return truth, true
	}
	s, ok := r.Scalars[t]
	return s, ok
}

var truth = Scalar{Tag: "!!bool", Expected: "true or false", Parse: func(s string) (any, error) {
	switch s {
	case "true", "false":
		return s == "true", nil
	}
	return nil, Wrong("correct the value", "%s is neither true nor false", s)
}}

// Text is a line of text that matches the pattern; form is the pattern in words.
func Text(pattern *regexp.Regexp, form string) Scalar {
	return Scalar{Tag: "!!str", Expected: form, Pattern: pattern.String(), Parse: func(v string) (any, error) {
		v = strings.TrimSpace(v) // a block scalar ends in a line feed
		switch i := strings.IndexFunc(v, func(r rune) bool { return !unicode.IsPrint(r) }); {
		case v == "":
			return nil, Wrong("write something", "is empty")
		case i >= 0 && v[i] == '\n':
			return nil, Wrong("write it on one line, or as a folded block \">\" without empty lines", "has more than one line")
		case i >= 0:
			return nil, Wrong("remove it", "has a character that cannot be printed, %q", []rune(v[i:])[0])
		case !pattern.MatchString(v):
			return nil, Wrong("correct the value", "%q does not have the right form", v)
		}
		return v, nil
	}}
}

func number(f Field) Scalar {
	least, _ := strconv.Atoi(f.Min)
	most, _ := strconv.Atoi(f.Max)
	return Scalar{Tag: "!!int", Expected: fmt.Sprintf("a whole number from %d to %d", least, most),
		Parse: func(s string) (any, error) {
			i, err := strconv.Atoi(s)
			if err != nil || strconv.Itoa(i) != s {
				return nil, Wrong("write it in decimal digits", "%s is not a plain decimal number", s)
			}
			if i < least || i > most {
				return nil, Wrong("correct the value", "%d is out of range", i)
			}
			return i, nil
		}}
}

// Enum is one of a few words.
func Enum[T ~string](all []T) Scalar {
	var words []string
	for _, w := range all {
		words = append(words, string(w))
	}
	return Scalar{Tag: "!!str", Expected: "one of " + strings.Join(words, ", "), Enum: words, Parse: func(s string) (any, error) {
		if !slices.Contains(words, s) {
			return nil, Mistake{Problem: fmt.Sprintf("unknown word %q", s), Near: near.Word(s, words), Next: "use one of these words"}
		}
		return T(s), nil
	}}
}
