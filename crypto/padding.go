package crypto

// paddedLen is the length to which n bytes are padded: 16, 32, 64, 128, 256, then multiples of 256. At least one byte is
// padding.
func paddedLen(n int) int {
	for size := 16; size <= 256; size *= 2 {
		if n < size {
			return size
		}
	}
	return (n/256 + 1) * 256
}

// appendPadded appends plain, a byte 0x80, and zeros up to the padded length (ISO/IEC 7816-4).
func appendPadded(b, plain []byte) []byte {
	b = append(b, plain...)
	b = append(b, 0x80)
	for n := paddedLen(len(plain)) - len(plain) - 1; n > 0; n-- {
		b = append(b, 0)
	}
	return b
}

// unpad takes the padding off. It says no where the padding is not what appendPadded would have written.
func unpad(b []byte) ([]byte, bool) {
	i := len(b) - 1
	for i >= 0 && b[i] == 0 {
		i--
	}
	if i < 0 || b[i] != 0x80 || paddedLen(i) != len(b) {
		return nil, false
	}
	return b[:i:i], true
}
