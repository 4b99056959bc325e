package report

// few is how many values are looked for one after the other.
const fewValues = 16

// recent is a map that mostly holds a few values. The zero value is empty.
type recent[V any] struct {
	all []keyed[V]
	of  map[string]V // all, if there are more than a few
}

type keyed[V any] struct {
	key   string
	value V
}

func (x *recent[V]) reset() {
	clear(x.all)
	clear(x.of)
	x.all = x.all[:0]
}

func (x *recent[V]) get(key string) (v V, ok bool) {
	if len(x.all) > fewValues {
		v, ok = x.of[key]
		return v, ok
	}
	for i := range x.all {
		if x.all[i].key == key {
			return x.all[i].value, true
		}
	}
	return v, false
}

// set adds a value whose key is not there.
func (x *recent[V]) set(key string, value V) {
	x.all = append(x.all, keyed[V]{key, value})
	switch n := len(x.all); {
	case n <= fewValues:
		return
	case n == fewValues+1:
		if x.of == nil {
			x.of = make(map[string]V)
		}
		for _, k := range x.all {
			x.of[k.key] = k.value
		}
	}
	x.of[key] = value
}
