package strict

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A Field has the struct tags of a key.
type Field struct {
	Name     string
	Index    int // of the struct's field
	Required bool
	Unless   []string
	Excludes []string
	NonEmpty bool
	Bare     bool
	Is       string
	Pattern  string
	Form     string
	Min, Max string

	text Scalar // for a field of text
}

// tables caches the results of FieldsOf by type.
var tables sync.Map

// FieldsOf returns the fields of a struct that are keys. Callers must not change them.
func FieldsOf(t reflect.Type) []Field {
	if fs, ok := tables.Load(t); ok {
		return fs.([]Field)
	}
	var fs []Field
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		name, _, _ := strings.Cut(tag.Get("yaml"), ",")
		if name == "-" || name == "" {
			continue
		}
		f := Field{Name: name, Index: i, Required: tag.Get("required") == "true", Excludes: keys(tag.Get("excludes")),
			Unless:   keys(tag.Get("unless")),
			NonEmpty: tag.Get("nonempty") == "true", Bare: tag.Get("bare") == "true", Is: tag.Get("is"),
			Pattern: tag.Get("pattern"), Form: tag.Get("form"), Min: tag.Get("minimum"), Max: tag.Get("maximum")}
		f.text = Text(regexp.MustCompile(cmp.Or(f.Pattern, `\S`)), cmp.Or(f.Form, "a line of text"))
		fs = append(fs, f)
	}
	tables.Store(t, fs)
	return fs
}

func keys(tag string) []string {
	return strings.FieldsFunc(tag, func(r rune) bool { return r == ',' })
}

// waived reports whether the mapping v does not need its key f. faulty reports whether the
// value of a key has a fault; whether f is needed is then open.
func (f Field) waived(v reflect.Value, faulty func(key string) bool) bool {
	return slices.ContainsFunc(f.Unless, func(unless string) bool {
		key, word, isWord := strings.Cut(unless, "=")
		if faulty(key) {
			return true
		}
		other, _ := FieldOf(v.Type(), key)
		is := v.Field(other.Index)
		switch {
		case isWord:
			return is.String() == word
		case is.Kind() == reflect.Slice:
			return is.Len() > 0
		}
		b, ok := is.Interface().(*bool)
		return ok && b != nil && !*b
	})
}

func FieldOf(t reflect.Type, name string) (Field, bool) {
	return first(t, func(f Field) bool { return f.Name == name })
}

// BareField returns the field whose value may stand in place of the mapping.
func BareField(t reflect.Type) (Field, bool) {
	return first(t, func(f Field) bool { return f.Bare })
}

func first(t reflect.Type, is func(Field) bool) (Field, bool) {
	fs := FieldsOf(t)
	if i := slices.IndexFunc(fs, is); i >= 0 {
		return fs[i], true
	}
	return Field{}, false
}

func Names(t reflect.Type) []string {
	var ns []string
	for _, f := range FieldsOf(t) {
		ns = append(ns, f.Name)
	}
	return ns
}

// Expected describes in words a right value of type t.
func (r *Reader) Expected(f Field, t reflect.Type) string {
	if w, ok := r.Scalar(f, t); ok {
		return w.Expected
	}
	if n, ok := r.Nodes[t]; ok {
		return n.Expected
	}
	switch t.Kind() {
	case reflect.Pointer:
		return r.Expected(f, t.Elem())
	case reflect.Slice:
		if f.NonEmpty {
			return "a list of at least one, each " + r.Expected(f, t.Elem())
		}
		return "a list, each entry " + r.Expected(f, t.Elem())
	}
	mapping := "a mapping of " + strings.Join(Names(t), ", ")
	switch bare, ok := BareField(t); {
	case ok:
		return r.Expected(bare, t.Field(bare.Index).Type) + ", or " + mapping
	case t.NumField() == 0:
		return "no parameters"
	}
	return mapping
}
