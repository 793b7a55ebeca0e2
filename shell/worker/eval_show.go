package worker

import (
	"fmt"
	"go/types"
	"runtime/pprof"
	"strings"

	"github.com/vouchsafe/vouchsafe/shell/wire"
)

// result makes the tree of what a unit shows. To show a value may run methods of the company's types and of typed ones: that ends with the
// command too, and what goes on beyond it is counted as left over.
func (r *running) result(u *unit) (*wire.Value, *wire.Error) {
	r.mutex.Lock()
	shown, methods := r.shown, r.methods
	r.mutex.Unlock()
	if nameless(u.static) {
		return r.i.library.result(u, shown, nil)
	}
	type made struct {
		value   *wire.Value
		failure *wire.Error
	}
	ended := make(chan made, 1)
	go func() {
		pprof.SetGoroutineLabels(pprof.WithLabels(r.ctx, pprof.Labels(goroutineLabel, r.label())))
		var m made
		defer func() {
			if fault := recover(); fault != nil {
				m = made{failure: fromPanic(fault)}
			}
			ended <- m
		}()
		m.value, m.failure = r.i.library.result(u, shown, methods)
	}()
	select {
	case <-r.ctx.Done():
		return nil, stopped(r.ctx.Err())
	case m := <-ended:
		if failure := stopped(r.ctx.Err()); failure != nil {
			return nil, failure
		}
		return m.value, m.failure
	}
}

// nameless tells whether a type and all its parts are without a name, so that no method runs to show it.
func nameless(t types.Type) bool {
	switch types.Unalias(t).(type) {
	case *types.Basic:
		return true
	case *types.Slice, *types.Array, *types.Map, *types.Pointer, *types.Struct:
		for _, part := range partsOf(t) {
			if !nameless(part) {
				return false
			}
		}
		return true
	}
	return false
}

// namesShown writes the call that hands over the String methods by which numbers among what is shown are named.
func (r *rewriter) namesShown() string {
	static := r.u.static
	if static == nil || r.u.shown == nil {
		return ""
	}
	for _, named := range typedInside(static) {
		b, ok := named.Underlying().(*types.Basic)
		if !ok || b.Info()&types.IsInteger == 0 || types.NewMethodSet(named).Lookup(named.Obj().Pkg(), "String") == nil {
			continue
		}
		p := &printing{}
		if methods, ok := r.printedMethods(p, static); ok && len(methods) > 0 {
			r.i.printings = append(r.i.printings, p)
			return fmt.Sprintf("%s(%d, %s)", hookNamed, len(r.i.printings)-1, strings.Join(methods, ", "))
		}
	}
	return ""
}
