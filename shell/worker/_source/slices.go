// Package slices is the console's own. Its sorting is stable throughout.
package slices

import (
	"cmp"
	"iter"
)

func All[S ~[]E, E any](s S) iter.Seq2[int, E] {
	return func(yield func(int, E) bool) {
		for n, v := range s {
			if !yield(n, v) {
				return
			}
		}
	}
}

func Values[S ~[]E, E any](s S) iter.Seq[E] {
	return func(yield func(E) bool) {
		for _, v := range s {
			if !yield(v) {
				return
			}
		}
	}
}

func Backward[S ~[]E, E any](s S) iter.Seq2[int, E] {
	return func(yield func(int, E) bool) {
		for n := len(s) - 1; n >= 0; n-- {
			if !yield(n, s[n]) {
				return
			}
		}
	}
}

func AppendSeq[S ~[]E, E any](s S, seq iter.Seq[E]) S {
	seq(func(v E) bool {
		s = append(s, v)
		return true
	})
	return s
}

func Collect[E any](seq iter.Seq[E]) []E {
	var s []E
	seq(func(v E) bool {
		s = append(s, v)
		return true
	})
	return s
}

func Sorted[E cmp.Ordered](seq iter.Seq[E]) []E {
	s := Collect(seq)
	Sort(s)
	return s
}

func SortedFunc[E any](seq iter.Seq[E], compare func(E, E) int) []E {
	s := Collect(seq)
	SortFunc(s, compare)
	return s
}

func SortedStableFunc[E any](seq iter.Seq[E], compare func(E, E) int) []E {
	return SortedFunc(seq, compare)
}

func Chunk[S ~[]E, E any](s S, n int) iter.Seq[S] {
	if n < 1 {
		panic("cannot be less than 1")
	}
	return func(yield func(S) bool) {
		for from := 0; from < len(s); from += n {
			to := from + n
			if to > len(s) {
				to = len(s)
			}
			if !yield(s[from:to:to]) {
				return
			}
		}
	}
}

func Sort[S ~[]E, E cmp.Ordered](s S) {
	mergeSort(s, make(S, len(s)), func(a, b E) int { return cmp.Compare(a, b) })
}

func SortFunc[S ~[]E, E any](s S, compare func(a, b E) int) { mergeSort(s, make(S, len(s)), compare) }

func SortStableFunc[S ~[]E, E any](s S, compare func(a, b E) int) {
	mergeSort(s, make(S, len(s)), compare)
}

func mergeSort[S ~[]E, E any](s, room S, compare func(a, b E) int) {
	if len(s) <= 8 {
		for n := 1; n < len(s); n++ {
			for m := n; m > 0 && compare(s[m], s[m-1]) < 0; m-- {
				s[m], s[m-1] = s[m-1], s[m]
			}
		}
		return
	}
	half := len(s) / 2
	mergeSort(s[:half], room[:half], compare)
	mergeSort(s[half:], room[half:], compare)
	if compare(s[half], s[half-1]) >= 0 {
		return
	}
	copy(room, s)
	left, right := 0, half
	for n := 0; n < len(s); n++ {
		if right >= len(s) || left < half && compare(room[right], room[left]) >= 0 {
			s[n] = room[left]
			left++
		} else {
			s[n] = room[right]
			right++
		}
	}
}

func IsSorted[S ~[]E, E cmp.Ordered](s S) bool {
	for n := 1; n < len(s); n++ {
		if cmp.Less(s[n], s[n-1]) {
			return false
		}
	}
	return true
}

func IsSortedFunc[S ~[]E, E any](s S, compare func(a, b E) int) bool {
	for n := 1; n < len(s); n++ {
		if compare(s[n], s[n-1]) < 0 {
			return false
		}
	}
	return true
}

func Min[S ~[]E, E cmp.Ordered](s S) E {
	if len(s) == 0 {
		panic("slices.Min: empty list")
	}
	found := s[0]
	for _, v := range s {
		if v != v {
			return v
		}
		if v < found {
			found = v
		}
	}
	return found
}

func Max[S ~[]E, E cmp.Ordered](s S) E {
	if len(s) == 0 {
		panic("slices.Max: empty list")
	}
	found := s[0]
	for _, v := range s {
		if v != v {
			return v
		}
		if v > found {
			found = v
		}
	}
	return found
}

func MinFunc[S ~[]E, E any](s S, compare func(a, b E) int) E {
	if len(s) == 0 {
		panic("slices.MinFunc: empty list")
	}
	found := s[0]
	for _, v := range s[1:] {
		if compare(v, found) < 0 {
			found = v
		}
	}
	return found
}

func MaxFunc[S ~[]E, E any](s S, compare func(a, b E) int) E {
	if len(s) == 0 {
		panic("slices.MaxFunc: empty list")
	}
	found := s[0]
	for _, v := range s[1:] {
		if compare(v, found) > 0 {
			found = v
		}
	}
	return found
}

func Index[S ~[]E, E comparable](s S, v E) int {
	for n := range s {
		if v == s[n] {
			return n
		}
	}
	return -1
}

func IndexFunc[S ~[]E, E any](s S, f func(E) bool) int {
	for n := range s {
		if f(s[n]) {
			return n
		}
	}
	return -1
}

func Contains[S ~[]E, E comparable](s S, v E) bool { return Index(s, v) >= 0 }

func ContainsFunc[S ~[]E, E any](s S, f func(E) bool) bool { return IndexFunc(s, f) >= 0 }

func BinarySearch[S ~[]E, E cmp.Ordered](s S, target E) (int, bool) {
	return BinarySearchFunc(s, target, func(a, b E) int { return cmp.Compare(a, b) })
}

func BinarySearchFunc[S ~[]E, E, T any](s S, target T, compare func(E, T) int) (int, bool) {
	low, high := 0, len(s)
	for low < high {
		middle := (low + high) / 2
		if compare(s[middle], target) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < len(s) && compare(s[low], target) == 0
}

func Reverse[S ~[]E, E any](s S) {
	for a, b := 0, len(s)-1; a < b; a, b = a+1, b-1 {
		s[a], s[b] = s[b], s[a]
	}
}

func Clone[S ~[]E, E any](s S) S {
	if s == nil {
		return nil
	}
	return append(S{}, s...)
}

func Clip[S ~[]E, E any](s S) S { return s[:len(s):len(s)] }

func Grow[S ~[]E, E any](s S, n int) S {
	if n < 0 {
		panic("cannot be negative")
	}
	if cap(s)-len(s) < n {
		return append(s, make([]E, n)...)[:len(s)]
	}
	return s
}

func Compact[S ~[]E, E comparable](s S) S {
	return CompactFunc(s, func(a, b E) bool { return a == b })
}

func CompactFunc[S ~[]E, E any](s S, eq func(E, E) bool) S {
	if len(s) < 2 {
		return s
	}
	n := 1
	for m := 1; m < len(s); m++ {
		if !eq(s[n-1], s[m]) {
			s[n] = s[m]
			n++
		}
	}
	clear(s[n:])
	return s[:n]
}

func Concat[S ~[]E, E any](all ...S) S {
	var out S
	for _, s := range all {
		out = append(out, s...)
	}
	return out
}

func Repeat[S ~[]E, E any](s S, count int) S {
	if count < 0 {
		panic("cannot be negative")
	}
	out := make(S, 0, len(s)*count)
	for n := 0; n < count; n++ {
		out = append(out, s...)
	}
	return out
}

func Delete[S ~[]E, E any](s S, i, j int) S {
	_ = s[i:j:len(s)]
	if i == j {
		return s
	}
	out := append(s[:i], s[j:]...)
	clear(s[len(out):])
	return out
}

func DeleteFunc[S ~[]E, E any](s S, del func(E) bool) S {
	n := 0
	for _, v := range s {
		if !del(v) {
			s[n] = v
			n++
		}
	}
	clear(s[n:])
	return s[:n]
}

func Insert[S ~[]E, E any](s S, i int, v ...E) S { return Replace(s, i, i, v...) }

func Replace[S ~[]E, E any](s S, i, j int, v ...E) S {
	_ = s[i:j]
	before, size := len(s), len(s)-(j-i)+len(v)
	if size > cap(s) {
		out := append(append(make(S, 0, size), s[:i]...), v...)
		return append(out, s[j:]...)
	}
	tail := append(S{}, s[j:]...)
	values := append(S{}, v...)
	out := append(append(s[:i], values...), tail...)
	if len(out) < before {
		clear(s[len(out):])
	}
	return out
}

func Equal[S ~[]E, E comparable](s1, s2 S) bool {
	if len(s1) != len(s2) {
		return false
	}
	for n := range s1 {
		if s1[n] != s2[n] {
			return false
		}
	}
	return true
}

func EqualFunc[S1 ~[]E1, S2 ~[]E2, E1, E2 any](s1 S1, s2 S2, eq func(E1, E2) bool) bool {
	if len(s1) != len(s2) {
		return false
	}
	for n := range s1 {
		if !eq(s1[n], s2[n]) {
			return false
		}
	}
	return true
}

func Compare[S ~[]E, E cmp.Ordered](s1, s2 S) int {
	return CompareFunc(s1, s2, func(a, b E) int { return cmp.Compare(a, b) })
}

func CompareFunc[S1 ~[]E1, S2 ~[]E2, E1, E2 any](s1 S1, s2 S2, compare func(E1, E2) int) int {
	for n := range s1 {
		if n >= len(s2) {
			return 1
		}
		if c := compare(s1[n], s2[n]); c != 0 {
			return c
		}
	}
	if len(s1) < len(s2) {
		return -1
	}
	return 0
}
