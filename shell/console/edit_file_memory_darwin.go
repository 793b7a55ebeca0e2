package console

import "golang.org/x/sys/unix"

// isMemory reports whether a file system keeps its files in memory.
func isMemory(fd int) bool {
	var s unix.Statfs_t
	if err := unix.Fstatfs(fd, &s); err != nil {
		return false
	}
	return unix.ByteSliceToString(s.Fstypename[:]) == "tmpfs"
}
