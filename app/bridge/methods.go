package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/earshot/earshot/sfu/signal"
)

// method is one exported method of the target, looked at once.
type method struct {
	call      reflect.Value
	takesCtx  bool
	arguments []reflect.Type // without the context
	hasValue  bool           // the first result is a value for the page
	hasError  bool           // the last result is an error
}

// methodsOf returns the exported methods of target by name. A method that a page could not call is an error, so that it
// is found at the first start and not by a user.
func methodsOf(target any) (map[string]method, error) {
	value := reflect.ValueOf(target)
	if !value.IsValid() {
		return nil, errors.New("bridge: no target")
	}
	methods := make(map[string]method, value.NumMethod())
	for i := range value.NumMethod() {
		name := value.Type().Method(i).Name
		m, err := inspect(value.Method(i))
		if err != nil {
			return nil, fmt.Errorf("bridge: method %s of %T: %w", name, target, err)
		}
		methods[name] = m
	}
	return methods, nil
}

func inspect(call reflect.Value) (method, error) {
	m := method{call: call}
	t := call.Type()
	if t.IsVariadic() {
		return m, errors.New("is variadic")
	}
	for i := range t.NumIn() {
		if i == 0 && t.In(0) == reflect.TypeFor[context.Context]() {
			m.takesCtx = true
			continue
		}
		m.arguments = append(m.arguments, t.In(i))
	}
	results := t.NumOut()
	if results > 0 && t.Out(results-1) == reflect.TypeFor[error]() {
		m.hasError = true
		results--
	}
	if results > 1 {
		return m, errors.New("returns more than a value and an error")
	}
	m.hasValue = results == 1
	return m, nil
}

// invoke decodes args, calls the method and returns its value, nil when it has none. What does not fit the method's
// parameters is bad_message and does not reach it.
func (m method) invoke(ctx context.Context, args []json.RawMessage) (any, error) {
	if len(args) != len(m.arguments) {
		return nil, signal.Problemf(signal.CodeBadMessage, "%d arguments, want %d", len(args), len(m.arguments))
	}
	in := make([]reflect.Value, 0, len(args)+1)
	if m.takesCtx {
		in = append(in, reflect.ValueOf(ctx))
	}
	for i, raw := range args {
		arg, err := decode(raw, m.arguments[i])
		if err != nil {
			return nil, signal.Problemf(signal.CodeBadMessage, "argument %d: %v", i+1, err)
		}
		in = append(in, arg)
	}
	out := m.call.Call(in)
	if m.hasError {
		if err, ok := reflect.TypeAssert[error](out[len(out)-1]); ok && err != nil {
			return nil, err
		}
	}
	if m.hasValue {
		return out[0].Interface(), nil
	}
	return nil, nil
}

// decode makes a value of type t of raw. encoding/json takes null for anything and changes nothing; here it is an error
// unless t has a nil, because JSON.stringify turns a forgotten argument into null.
func decode(raw json.RawMessage, t reflect.Type) (reflect.Value, error) {
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		default:
			return reflect.Value{}, fmt.Errorf("null is no %s", t)
		}
	}
	value := reflect.New(t)
	if err := json.Unmarshal(raw, value.Interface()); err != nil {
		return reflect.Value{}, err
	}
	return value.Elem(), nil
}
