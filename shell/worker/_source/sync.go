// Package sync is the generic part of the console's own.
package sync

import "sync"

func OnceValue[T any](f func() T) func() T {
	var once sync.Once
	var result T
	return func() T {
		once.Do(func() { result = f() })
		return result
	}
}

func OnceValues[T1, T2 any](f func() (T1, T2)) func() (T1, T2) {
	var once sync.Once
	var first T1
	var second T2
	return func() (T1, T2) {
		once.Do(func() { first, second = f() })
		return first, second
	}
}
