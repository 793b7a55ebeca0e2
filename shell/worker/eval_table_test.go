package worker

import "testing"

// A session is a list of commands and what a Go 1.26 programmer expects of each.
type said struct{ typed, want string }

func TestTypedGoMeansWhatGoMeans(t *testing.T) {
	sessions := map[string][]said{
		"values": {
			{`1 + 1`, `2`}, {`"a" + "b"`, `"ab"`}, {`1.5`, `1.5`}, {`true && !false`, `true`}, {`nil`, `nil`}, {`'a'`, `97`}, {`1 << 10`, `1024`},
			{`[]int{1, 2}`, `[1 2]`}, {`map[string]int{"b": 2, "a": 1}`, `map["a" 1 "b" 2]`}, {`[]byte("hi")`, `bytes(hi)`}, {`[2]bool{true}`, `[true false]`},
			{`struct{ A int; b string }{1, "x"}`, `struct{A int; b string}{A:1 b:"x"}`}, {`90 * time.Second`, `1m30s`}, {`time.Unix(0, 0)`, `1970-01-01T00:00:00Z`},
			{`errors.New("bad")`, `error(bad)`}, {`func() {}`, `<func()>`}, {`&[]int{1}[0]`, `1`}, {`math.MaxInt64`, `9223372036854775807`}, {`math.Pi > 3`, `true`},
			{`1 << 70`, `syntax: cannot use 1 << 70 (untyped int constant 1180591620717411303424) as int value (overflows)`},
			{`x := uint8(200); x + 100`, `44u`}, {`7 / 2`, `3`}, {`7 / 2.0`, `3.5`}, {`-7 % 3`, `-1`}, {`len("żó")`, `4`}, {`[]rune("żó")[1]`, `243`}, {`string([]byte{104, 105})`, `"hi"`},
		},
		"statements without a value show none": {
			{`x := 5`, ``}, {`x`, `5`}, {`x = 6`, ``}, {`x++`, ``}, {`x`, `7`}, {`var y int`, ``}, {`y`, `0`}, {`Nothing()`, ``}, {`fmt.Println("hi")`, "hi\n3"}, {`if x > 1 { x = 1 }`, ``}, {`x`, `1`},
			{`const c = 3`, ``}, {`c * 2`, `6`}, {`type T struct{ A int }`, ``}, {`func f() int { return 4 }`, ``}, {`f()`, `4`}, {``, ``}, {`// nothing`, ``}, {`1; x = 2`, ``},
		},
		"several values and errors": {
			{`Pair()`, `1`}, {`Fails()`, `runtime: it failed`}, {`n, err := Pair()`, ``}, {`n`, `1`}, {`err`, `nil`}, {`n, err = Fails()`, ``}, {`err`, `error(it failed)`},
			{`strconv.Atoi("x")`, `runtime: strconv.Atoi: parsing "x": invalid syntax`}, {`strings.Cut("a=b", "=")`, `["a" "b" true]`}, {`strconv.Atoi("12")`, `12`}, {`People.Save(&Person{})`, `runtime: save needs a primary key`},
			{`People.Lookup(999)`, `database: people has no row 999`},
		},
		"repositories": {
			{`People.Find(2)`, `Person{ID:2 Name:"Dana" Plan:"pro" Seen:nil}`}, {`People.Find(2).Name`, `"Dana"`}, {`People.Count()`, `3`}, {`p := People.Find(1)`, ``}, {`p.Plan = "pro"`, ``}, {`People.Save(&p)`, `nil`},
			{`People.Find(1).Plan`, `"pro"`}, {`p.Label()`, `"Ada/pro"`}, {`q := People.Find(3); q.Upgrade(); q.Plan`, `"pro"`}, {`len(People.All())`, `3`},
			{`for _, p := range People.All() { fmt.Print(p.Name, " ") }`, `Ada Dana Eve `}, {`People.Each(func(p Person) error { fmt.Print(p.ID); return nil })`, `123nil`},
			{`Apply(func(p Person) string { return p.Name + "!" })`, `"Dana!"`}, {`names := map[string]int64{}; for _, p := range People.All() { names[p.Name] = p.ID }; names`, `map["Ada" 1 "Dana" 2 "Eve" 3]`},
			{`p := People.Find(2); p.Name`, `"Dana"`}, {`ps := People.All(); ps[0].Plan = "x"; ps[0].Plan`, `"x"`}, {`pp := &p; pp.Plan = "team"; p.Plan`, `"team"`},
		},
		"a failed definition leaves nothing": {
			{`y := People.Find(999)`, `database: people has no row 999`}, {`y`, `runtime: y was not set: command 1 failed`}, {`y.Plan = "oops"; People.Save(&y)`, `runtime: y was not set: command 1 failed`},
			{`z := 5`, ``}, {`z := People.Find(999)`, `database: people has no row 999`}, {`z`, `runtime: z was not set: command 5 failed`}, {`z := 6`, ``}, {`z`, `6`},
			{`a := 1; b := People.Find(999); c := 2`, `database: people has no row 999`}, {`a`, `1`}, {`b`, `runtime: b was not set: command 9 failed`}, {`c`, `runtime: c was not set: command 9 failed`},
			{`var v = People.Find(999)`, `database: people has no row 999`}, {`v`, `runtime: v was not set: command 13 failed`}, {`w := undefinedThing`, `syntax: undefined: undefinedThing`}, {`w`, `runtime: w was not set: command 15 failed`},
			{`m := map[string]int{"a": 1}; k, ok := m["b"]`, ``}, {`ok`, `false`}, {`x := m["a"]; x := "text"; x`, `"text"`},
		},
		"a loop variable is new in each iteration": {
			{`var fs []func() int; for i := 0; i < 3; i++ { fs = append(fs, func() int { return i }) }; for _, f := range fs { fmt.Print(f()) }`, `012`},
			{`var gs []func() int; for _, v := range []int{4, 5, 6} { gs = append(gs, func() int { return v }) }; for _, f := range gs { fmt.Print(f()) }`, `456`},
			{`var ps []*int; for i := 0; i < 3; i++ { ps = append(ps, &i) }; for _, p := range ps { fmt.Print(*p) }`, `012`},
			{`var qs []*int; for _, v := range []int{7, 8} { qs = append(qs, &v) }; for _, p := range qs { fmt.Print(*p) }`, `78`},
			{`var hs []func() int; for i := 0; i < 6; i++ { if i%2 == 0 { continue }; hs = append(hs, func() int { return i }) }; for _, f := range hs { fmt.Print(f()) }`, `135`},
			{`var ks []func() int; for i := 0; i < 6; i++ { i++; ks = append(ks, func() int { i += 10; return i }) }; for _, f := range ks { fmt.Print(f(), " ") }`, `11 13 15 `},
			{`func loops() string { s := ""; var fs []func() string; outer: for i := 0; i < 3; i++ { for j := 0; j < 3; j++ { if j == 1 { continue outer }; fs = append(fs, func() string { return fmt.Sprint(i, j, ";") }) } }; for _, f := range fs { s += f() }; return s }`, ``},
			{`loops()`, `"0 0;1 0;2 0;"`},
			{`for k, v := range map[string]int{"a": 1} { f := func() { fmt.Print(k, v) }; f() }`, `a1`},
			{`var ms []func(); for _, p := range People.All() { ms = append(ms, p.Upgrade) }; len(ms)`, `3`},
			{`var ups []*Person; for _, p := range People.All() { ups = append(ups, &p) }; ups[0].Name`, `"Ada"`},
		},
		"a loop over several variables keeps what is assigned": {
			{`for low, high := 0, 100; low < high; { high = (low + high) / 2; if high < 10 { fmt.Print(low, high); break } }`, `0 6`},
			{`func search(n int) int { for low, high := 0, 1000; low < high; { mid := (low + high) / 2; if mid < n { low = mid + 1 } else { high = mid }; if low == high { return low } }; return -1 }; search(321)`, `321`},
			{`for i, j := 0, 3; i < j; i, j = i+1, j-1 { fmt.Print(i, j, " ") }`, `0 3 1 2 `},
			{`var cs []func() int; for i, j := 0, 10; i < 3; i, j = i+1, j-1 { cs = append(cs, func() int { return i * j }) }; for _, f := range cs { fmt.Print(f(), " ") }`, `0 9 16 `},
		},
		"newer Go": {
			{`for i := range 3 { fmt.Print(i) }`, `012`}, {`for range 2 { fmt.Print("x") }`, `xx`}, {`n := 4; for i := range n { n = 1; fmt.Print(i) }`, `0123`},
			{`var rs []func() int; for i := range 3 { rs = append(rs, func() int { return i }) }; for _, f := range rs { fmt.Print(f()) }`, `012`},
			{`for i := range int64(2) { var x int64 = i; fmt.Print(x) }`, `01`}, {`for i := range 5 { if i == 1 { continue }; if i == 3 { break }; fmt.Print(i) }`, `02`},
			{`func lr() int { c := 0; outer: for i := range 3 { for j := range 3 { if j > i { continue outer }; c++ } }; return c }; lr()`, `6`},
			{`min(3, 1, 2)`, `1`}, {`a, b := 2.5, 1.5; max(a, b)`, `2.5`}, {`min("b", "a")`, `"a"`}, {`x := 3; max(x, 7)`, `7`}, {`m := map[string]int{"a": 1}; clear(m); len(m)`, `0`}, {`s := []int{1, 2}; clear(s); s`, `[0 0]`},
			{`for x := range func(yield func(int) bool) { yield(1) } { fmt.Print(x) }`, `1`},
			{`type Number interface{ ~int | ~float64 }`, ``}, {`func Sum[N Number](ns []N) N { var t N; for _, n := range ns { t += n }; return t }`, ``}, {`Sum([]int{1, 2, 3})`, `6`}, {`Sum([]float64{1.5, 2})`, `3.5`},
		},
		"redefinition": {
			{`type T struct{ A int }`, ``}, {`type T struct{ B string }`, `refused: type T is already defined, at line 1 of command 1`}, {`func (t T) M() int { return t.A }`, ``}, {`func (t T) M() int { return 9 }`, `refused: method T.M is already defined`},
			{`T{3}.M()`, `3`}, {`T := 5`, `refused: type T is already defined, at line 1 of command 1`}, {`var People = 3`, `refused: People belongs to the console and cannot be declared again`}, {`People := 3`, `refused: People belongs to the console and cannot be declared again`},
			{`People = nil`, `refused: People belongs to the console and cannot be assigned to`}, {`db := 1`, `refused: db belongs to the console and cannot be declared again`}, {`func People() {}`, `refused: People belongs to the console and cannot be declared again`}, {`type Person struct{}`, `refused: Person belongs to the console and cannot be declared again`},
			{`x := 1`, ``}, {`x := "a"`, ``}, {`x + "b"`, `"ab"`}, {`f := func() string { return x }; x := 3; f()`, `"a"`}, {`x`, `3`}, {`func g() int { return 1 }`, ``}, {`func g() int { return 2 }`, ``}, {`g()`, `2`},
			{`func() { People := 3; People = 4; fmt.Print(People) }()`, `4`}, {`time.Local = nil`, `refused: Local belongs to the console and cannot be assigned to`}, {`for People = range 3 {}`, `refused: People belongs to the console and cannot be assigned to`}, {`const People = 1`, `refused: People belongs to the console and cannot be declared again`},
			{`Nothing = nil`, `refused: Nothing belongs to the console and cannot be assigned to`}, {`sort := 3; sort`, `3`},
		},
		"what has no meaning outside a function": {
			{`defer fmt.Println("x")`, `refused: defer has no meaning outside a function`}, {`return`, `refused: return has no meaning outside a function`}, {`break`, `refused: break has no meaning outside a function`}, {`package main`, `refused: a package clause has no meaning here`},
			{`loop: for { break loop }`, `refused: a label has no meaning outside a function`}, {`goto x`, `refused: goto has no meaning outside a function`}, {`continue`, `refused: continue has no meaning outside a function`}, {`1`, `1`},
		},
		"imports": {
			{`import "fmt"`, ``}, {`import ("strings"; "time")`, ``}, {`strings.ToUpper("a")`, `"A"`}, {`import "os"`, `refused: package os is not available: typed code reaches no files, processes or environment`}, {`os.ReadFile("/etc/passwd")`, `refused: package os is not available: typed code reaches no files, processes or environment`},
			{`import "github.com/x/y"`, `refused: package github.com/x/y is not available: it is not among the packages of this console`}, {`exec.Command("ls")`, `refused: package exec is not available: typed code reaches no files, processes or environment`}, {`import "unsafe"`, `refused: package unsafe is not available: typed code does not reach into the runtime`},
			{`net.Dial("tcp", "x")`, `refused: package net is not available: typed code reaches no network`}, {`import s "strings"`, `refused: package strings is in scope as strings`}, {`import "./x"`, `refused: package ./x is not available: it is not among the packages of this console`}, {`import "slices"; slices.Max([]int{1, 2})`, `2`},
			{"import \"fmt\"\nfmt.Sprint(1)", `"1"`}, {`import "console"`, `refused: package console is not available: it is not among the packages of this console`}, {`if true { os.Exit(1) }`, `refused: package os is not available: typed code reaches no files, processes or environment`},
		},
		"mistakes": {
			{`undefinedThing`, `syntax: undefined: undefinedThing`}, {`1 +`, `syntax: expected operand, found '}'`}, {`x := `, `syntax: expected operand, found '}'`}, {`"a" + 1`, `syntax: invalid operation: "a" + 1 (mismatched types untyped string and untyped int)`}, {`People.Fnd(1)`, `syntax: People.Fnd undefined (type *people has no field or method Fnd)`},
			{`var a int = "x"`, `syntax: cannot use "x" (untyped string constant) as int value in variable declaration`}, {`}`, `syntax: unexpected }`}, {`func f() int { }`, `syntax: missing return`}, {`strings.Nope("x")`, `syntax: undefined: strings has no Nope here`}, {`1; undefinedThing`, `syntax: undefined: undefinedThing`}, {`x ǃ`, `syntax: the letter ǃ is not allowed here`},
		},
		"panics": {
			{`panic("boo")`, `runtime: panic: boo`}, {`1`, `1`}, {`func() { panic("lit") }()`, `runtime: panic: lit`}, {`1`, `1`}, {`Boom()`, `runtime: boom from compiled code`}, {`Fatal()`, `refused: read only`}, {`var m map[string]int; m["a"] = 1`, `runtime: assignment to entry in nil map`},
			{`var p *Person; p.Name`, `runtime: nil pointer dereference`}, {`[]int{1}[len("abc")]`, `runtime: index out of range`}, {`zero := 0; 1 / zero`, `runtime: integer divide by zero`}, {`func() string { defer func() { recover() }(); panic("x") }()`, `""`},
			{`panic(fmt.Sprintf("%d", 3))`, `runtime: panic: 3`}, {`panic(errors.New("e"))`, `runtime: e`}, {`var f func(); f()`, `runtime: nil pointer dereference`}, {`any("x").(int)`, `runtime: interface conversion: interface {} is string, not int`}, {`People.Find(999).Name`, `database: people has no row 999`},
			{`func() (r any) { defer func() { r = recover() }(); panic("caught") }()`, `"caught"`}, {`1 + 1`, `2`},
		},
		"types of one's own": {
			{`type Point struct{ X int; y int }`, ``}, {`func (p Point) Sum() int { return p.X + p.y }`, ``}, {`func (p *Point) Move(d int) { p.X += d }`, ``}, {`p := Point{1, 2}`, ``}, {`p`, `Point{X:1 y:2}`}, {`p.Sum()`, `3`}, {`p.Move(5); p.X`, `6`},
			{`[]Point{{1, 2}, {3, 4}}`, `[Point{X:1 y:2} Point{X:3 y:4}]`}, {`type Celsius float64`, ``}, {`Celsius(21.5)`, `21.5`}, {`f := p.Sum; f()`, `8`}, {`type Shape interface{ Sum() int }`, ``}, {`var s Shape = p; s.Sum()`, `8`}, {`switch v := any(3).(type) { case int: fmt.Print("int ", v); case string: fmt.Print("string") }`, `int 3`},
			{`type Tree struct{ Left *Tree; V int }`, ``}, {`Tree{&Tree{nil, 1}, 2}`, `Tree{Left:Tree{Left:nil V:1} V:2}`}, {`type A struct{ B B }; type B struct{ N int }; func (b B) Twice() int { return b.N * 2 }; A{B{4}}.B.Twice()`, `8`}, {`map[Point]string{{1, 2}: "x"}[Point{1, 2}]`, `"x"`},
		},
		"what yaegi would do wrong without a word": {
			{`func k1() { x := 1; defer fmt.Print(x); x = 2 }; k1()`, `1`}, {`func k2() { f := func() { fmt.Print("a") }; defer f() }; k2()`, `syntax: a deferred call cannot use a function that was made in the same function here`}, {`func k0() { ctx, cancel := context.WithCancel(context.Background()); defer cancel(); fmt.Print(ctx.Err()) }; k0()`, `<nil>`}, {`func k3() { if true { x := 1; defer fmt.Print(x); x = 2 } }; k3()`, `1`},
			{`func k4() { for i := 0; i < 3; i++ { defer fmt.Print(i) } }`, `syntax: defer in a loop is not understood here`}, {`func k5() { for i := range 3 { func() { defer fmt.Print(i) }() } }; k5()`, `012`}, {`func k6() { x := 1; defer func() { fmt.Print(x) }(); x = 2 }; k6()`, `2`},
			{`func k7(ms ...string) { defer fmt.Print(strings.Join(ms, "")); ms[0] = "z" }; k7("a", "b")`, `ab`}, {`type X struct{ v int }; func is(a any) string { switch a.(type) { case X: return "X"; case *X: return "*X"; case int: return "int"; case nil: return "nil" }; return "?" }; fmt.Sprint(is(X{}), is(&X{}), is(1), is(nil), is(""))`, `"X*Xintnil?"`},
			{`var a any = X{7}; a.(X).v`, `7`}, {`switch x := a.(type) { case X: fmt.Print(x.v); default: fmt.Print("no") }`, `7`}, {`type C float64`, ``}, {`any(C(1)).(C)`, `syntax: inside an any, C cannot be told from float64 here`}, {`a.(float64)`, `syntax: inside an any, float64 cannot be told from C here`}, {`any("s").(string)`, `"s"`},
			{`type Y struct{ v int }`, ``}, {`a.(Y)`, `syntax: inside an any, Y cannot be told from X here`}, {`type S interface{ Go() string }`, ``}, {`a.(S)`, `syntax: an any cannot be asked here whether it is a S`}, {`func Map[T, U any](xs []T, f func(T) U) []U { var out []U; for _, x := range xs { out = append(out, f(x)) }; return out }`, ``},
			{`Map([]int{1, 2}, func(x int) string { return fmt.Sprint(x, "!") })`, `["1!" "2!"]`}, {`func() { for i := 0; ; i++ { if i == 3 { fmt.Print(i); return } } }()`, `3`}, {`func() string { defer func() { r := recover(); err, ok := r.(error); fmt.Print(ok, err) }(); panic(errors.New("e")) }()`, `true e""`},
		},
		"functions": {
			{`func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }`, ``}, {`fib(15)`, `610`}, {`func even(n int) bool { if n == 0 { return true }; return odd(n - 1) }; func odd(n int) bool { if n == 0 { return false }; return even(n - 1) }; even(10)`, `true`},
			{`add := func(a, b int) int { return a + b }; add(1, 2)`, `3`}, {`func vs(xs ...int) int { return len(xs) }; vs(1, 2, 3)`, `3`}, {`func two() (int, string) { return 1, "a" }; two()`, `[1 "a"]`}, {`a, b := two(); fmt.Sprint(a, b)`, `"1a"`}, {`func named() (n int, err error) { n = 3; return }; named()`, `3`},
			{`xs := []int{3, 1, 2}; sort.Ints(xs); xs`, `[1 2 3]`}, {`sort.Slice(xs, func(i, j int) bool { return xs[i] > xs[j] }); xs`, `[3 2 1]`}, {`func() int { return 42 }()`, `42`}, {`counter := func() func() int { n := 0; return func() int { n++; return n } }(); counter(); counter()`, `2`},
			{`ch := make(chan int, 2); ch <- 1; ch <- 2; close(ch); for v := range ch { fmt.Print(v) }`, `12`}, {`done := make(chan bool); go func() { done <- true }(); <-done`, `true`}, {`select { case <-time.After(time.Nanosecond): fmt.Print("t") }`, `t`},
			{`var b strings.Builder; b.WriteString("x"); b.String()`, `"x"`}, {`json.Marshal(map[string]int{"a": 1})`, `bytes({"a":1})`}, {`var out struct{ A int }; json.Unmarshal([]byte("{\"A\": 3}"), &out); out.A`, `3`}, {`fmt.Sprintf("%v %T", People.Find(1).Name, 3)`, `"Ada int"`}, {`println("x")`, ``},
		},
	}
	typeSessions(t, sessions)
}
