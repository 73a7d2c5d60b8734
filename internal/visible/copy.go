package visible

import (
	"net/netip"
	"reflect"
	"slices"
)

// Copy returns a copy of v in which Line has escaped every string, and Text those in
// the fields called texts. It copies exported fields, lists, maps and pointers, and
// shares the rest.
func Copy[T any](v T, texts ...string) T {
	to := reflect.New(reflect.TypeFor[T]()).Elem()
	copier{texts}.copy(to, reflect.ValueOf(&v).Elem(), Line)
	return to.Interface().(T)
}

type copier struct{ texts []string }

func (c copier) copy(to, from reflect.Value, how func(string) string) {
	to.Set(from)
	if a, ok := from.Interface().(netip.Addr); ok {
		if a.Zone() != "" { // a zone can be any text
			to.Set(reflect.ValueOf(a.WithZone(Line(a.Zone()))))
		}
		return
	}
	switch from.Kind() {
	case reflect.String:
		to.SetString(how(from.String()))
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			c.copy(to.Elem(), from.Elem(), how)
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				c.copy(to.Index(i), from.Index(i), how)
			}
		}
	case reflect.Map:
		c.copyMap(to, from, how)
	case reflect.Struct:
		for i := range from.NumField() {
			f := from.Type().Field(i)
			switch {
			case !f.IsExported():
			case slices.Contains(c.texts, f.Name):
				c.copy(to.Field(i), from.Field(i), Text)
			default:
				c.copy(to.Field(i), from.Field(i), how)
			}
		}
	}
}

func (c copier) copyMap(to, from reflect.Value, how func(string) string) {
	if from.IsNil() {
		return
	}
	to.Set(reflect.MakeMap(from.Type()))
	for it := from.MapRange(); it.Next(); {
		k, v := reflect.New(from.Type().Key()).Elem(), reflect.New(from.Type().Elem()).Elem()
		c.copy(k, it.Key(), how)
		c.copy(v, it.Value(), how)
		to.SetMapIndex(k, v)
	}
}
