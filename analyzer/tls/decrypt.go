package tls

// Decryption is how far the decryption of a connection came.
type Decryption uint8

// States of decryption.
const (
	// NoKeys: it was not asked for, it has not begun, or secrets are not known.
	NoKeys Decryption = iota
	// Decrypting: records of the handshake or of the application are being read.
	Decrypting
	// Undecryptable: secrets are known, but the suite is not supported, or records do
	// not authenticate, or what was missing could not be bridged.
	Undecryptable
)

// Decrypt makes r undo the protection of records whose secrets keys has. It is to
// be called before the first Feed.
func (r *Reader) Decrypt(keys *KeyLog, wait bool, data func(from Side, offset uint64, plaintext []byte), lost func(from Side, offset uint64)) {
}

// Decryption reports how far decryption came, and why no further.
func (r *Reader) Decryption() (d Decryption, why string) {
	return NoKeys, ""
}
