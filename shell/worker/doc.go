// Package worker is the confined side of a session: it evaluates what was typed, and holds nothing worth stealing.
//
// [Main] is the whole life of a worker's process. It has two sockets and two pipes, no environment, no key and no DSN.
// It takes one recorded command at a time, evaluates it in an interpreter whose variables live as long as the process,
// and answers with a tree of the value. GORM runs here unchanged, on a database/sql driver whose database is the
// broker's gate: every statement, every fact of a sealed value and every write goes over the wire and is checked and
// recorded there. Nothing in this package enforces anything against the person who types; it makes the refusals of the
// broker readable, and Go of today out of an interpreter of yesterday.
package worker
