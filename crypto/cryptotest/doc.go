// Package cryptotest gives tests a keyring that needs no KMS.
package cryptotest
