// Package confine starts workers: the process that runs typed Go holds nothing worth stealing, and here is where it is
// stripped of everything.
//
// A server starts a worker in three steps. [Launcher.Start] execs the launcher, which is the server's own binary run
// with the word "launch": no environment, and no descriptor but two sockets, two pipes and /dev/null. [Launch], in that process, puts up what
// outlives an exec (limits, no_new_privs) and execs the worker's binary. [Enter], the first thing the worker does,
// closes every descriptor that is not its own and puts up the rest.
//
// Between these steps stand the kernel's walls: namespaces, an empty root and Landlock belong into Launch, so that a
// models package whose init dials out is inside them already; seccomp belongs into Enter. [Layers] says which of them
// this build puts up; a server records that at its start.
package confine
