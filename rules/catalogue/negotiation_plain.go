package catalogue

import (
	"bytes"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/analyzer/field"
	"github.com/handshark/handshark/rules"
)

// Most handshakes offer and answer the same few things. These checks know them
// without taking the fields apart, so that rules can stop early.

// onlyLine gives the value of a field that stands in one line, nil otherwise. It
// does not allocate.
func onlyLine(m *analyzer.Message, name string) []byte {
	i, ok := m.Only(name)
	if !ok {
		return nil
	}
	return m.ValueOctets(i)
}

// plainOffer reports whether the request offers no extension, or
// permessage-deflate as browsers do.
func plainOffer(p *rules.Pass) bool {
	switch string(onlyLine(p.Request, extensionsField)) {
	case pmd, pmd + "; " + clientWindowBits:
		return true
	}
	return !p.Request.Has(extensionsField)
}

// plainAnswer reports whether the 101 accepts nothing, or what is right whatever
// plain offer there was.
func plainAnswer(p *rules.Pass) bool {
	if p.Request == nil {
		return false
	}
	if !p.Response.Has(extensionsField) {
		return plainOffer(p)
	}
	switch string(onlyLine(p.Response, extensionsField)) {
	case pmd + "; " + clientWindowBits + "=15":
		return string(onlyLine(p.Request, extensionsField)) == pmd+"; "+clientWindowBits
	case pmd, pmd + "; " + serverNoTakeover + "; " + clientNoTakeover, pmd + "; " + serverNoTakeover:
		return p.Request.Has(extensionsField) && plainOffer(p)
	}
	return false
}

// plainName reports whether a message has no subprotocol, or one line with one
// good name.
func plainName(m *analyzer.Message) bool {
	v := onlyLine(m, subprotocolField)
	return v != nil && field.IsToken(string(v)) || v == nil && !m.Has(subprotocolField)
}

// plainChoice reports whether the 101 selects the one subprotocol that was
// offered, or nothing where none was.
func plainChoice(p *rules.Pass) bool {
	return plainName(p.Request) && plainName(p.Response) &&
		bytes.Equal(onlyLine(p.Request, subprotocolField), onlyLine(p.Response, subprotocolField))
}
