package rules

import (
	"time"

	"github.com/handshark/handshark/analyzer"
	"github.com/handshark/handshark/reassembly"
)

// Mark is something that is cheap to know of a handshake: that it is unusual in
// some way, or that it has something at all. Most rules have nothing to find in a
// handshake without certain marks; see Rule.If.
//
// A mark may be set where a closer look would clear it, never the other way round.
type Mark uint8

// Marks of the request. Odd is what is not as nearly all clients write it.
const (
	RequestDeviates    Mark = iota // the grammar of the head is broken somewhere
	RequestRepeats                 // a field name may occur more than once
	MethodOdd                      // not GET
	TargetOdd                      // not a path with an optional query, or a "#" is in it
	HTTPVersionOdd                 // the request is not HTTP/1.1
	HostOdd                        // not one Host line with a valid value
	UpgradeOdd                     // not one Upgrade line that is websocket
	ConnectionOdd                  // not one Connection line that is Upgrade, or keep-alive and Upgrade
	KeyOdd                         // not one Sec-WebSocket-Key line with a valid value, or a predictable one
	VersionOdd                     // not one Sec-WebSocket-Version line that is 13
	OfferOdd                       // extensions are offered in another way than that of browsers
	SubprotocolOffered             // Sec-WebSocket-Protocol is there
	DialectOdd                     // the handshake is not that of RFC 6455
	HasQuery                       // the target has a query
	MayExpire                      // the query may hold how long the URL is valid
	HasOrigin                      // Origin is there
	OriginOdd                      // Origin is there and not plainly that of Host
	HasAuthorization               // Authorization is there
	HasCookie                      // Cookie is there
	HasToken                       // "eyJ" is in the head, as JWTs begin
	RequestContent                 // Content-Length, Transfer-Encoding or Expect is there
	Relayed                        // an intermediary left its mark, see Pass.Marked
	RequestCut                     // the head is not complete
	RequestFieldOdd                // Proxy-Authorization, Proxy-Connection, or a Sec-WebSocket field that has no place in a request
	PortOdd                        // not one Host line that plainly names the port of the connection
	OriginMissing                  // Origin is not there
	CookieOdd                      // Cookie is there and not one line of plain pairs
	AuthorizationOdd               // Authorization is there and not one line of Bearer with a plain token
	SecretInQuery                  // a parameter may have the name of a credential
	CookiesKnown                   // earlier responses set cookies for this host
	Tunneled                       // it runs inside of a CONNECT tunnel

	// Marks of the final response or the 101.

	ResponseDeviates       // the grammar of the head is broken somewhere
	ResponseRepeats        // a field name may occur more than once
	AnswerUpgradeOdd       // not one Upgrade line that is websocket
	AnswerConnectionOdd    // not one Connection line that is Upgrade
	AcceptOdd              // not one Sec-WebSocket-Accept line with one value
	AnswerOdd              // extensions are accepted that do not plainly fit the offer
	SubprotocolSelected    // Sec-WebSocket-Protocol is there
	ResponseContent        // Content-Length, Transfer-Encoding or Content-Encoding is there
	ResponseVersion        // Sec-WebSocket-Version is there
	HasChallenge           // WWW-Authenticate or Proxy-Authenticate is there
	HasBody                // the final response has octets of a body
	HTTPVersionOddInAnswer // the response is not HTTP/1.1
	NoResponse             // there is no final response
	ResponseCut            // the head is not complete
	ResponseTorn           // the connection ended inside the head
	LengthOdd              // of either head: Transfer-Encoding beside Content-Length, or not one plain number
	AcceptSent             // Sec-WebSocket-Accept is there
	KeySent                // Sec-WebSocket-Key is there
	SetsCookie             // Set-Cookie is there
	CacheField             // Age, X-Cache, CF-Cache-Status, X-Varnish or Via is there
	NoChallenge            // WWW-Authenticate is not there
	ChallengeOdd           // a challenge is there that is not one Bearer, or one scheme with one quoted realm
	BodyCut                // not all of the body was seen
	BodySpeaks             // the body holds words that name a check, see BodyHints
	InterimSent            // an interim response came before the final one
	Slow                   // TCP took longer than SlowFrom to connect, or the server to answer

	// Marks of the final status.

	StatusSuccess // 2xx
	StatusRedirect
	Status400
	Status401
	Status403
	Status404
	Status405
	Status407
	Status426
	StatusClientError // another 4xx
	Status500
	Status501
	Status502
	Status503
	Status504
	StatusServerError // another 5xx and what is beyond
	StatusOther

	// Marks of what followed a 101, and of the end.

	FrameOdd          // masking, length, opcode or a control frame breaks a rule
	FrameReserved     // a reserved bit is set
	FrameFragmented   // a continuation, or a frame without FIN
	TextNotUTF8       // a whole text message that is not UTF-8
	FrameRefuses      // a frame of the server may refuse the client, see analyzer.Refusal, or be of a development server that does not know the host
	ClientFrames      // three frames of the client or more
	NotFrames         // octets that are no frame
	EarlyData         // octets behind the request, before its answer
	CloseSeen         // a Close frame
	CloseOdd          // a Close frame with another code than 1000 or 1001, or with a reason
	NoClose           // a session in which no side sent a Close frame
	DataAfterClose    // a side sent a data frame after its Close frame
	MaskRepeats       // the first masked frames of the client have the same key
	PingOpen          // a Ping that no Pong answered
	Glued             // octets follow the 101 head in the same packet
	ServerSilent      // a session without an octet of the server
	TornDown          // FIN or RST followed
	NotEstablished    // any other outcome
	OutcomeIncomplete // the capture cannot tell the outcome
	OutcomeMalformed  // what the server answered is not HTTP
	ClientLeft        // the client left after the 101

	// Marks of the connection.

	NoSYN       // neither SYN nor SYN-ACK is in the capture
	OneSided    // octets of one side may be missing altogether
	Overlaps    // a segment had other octets than before at the same place
	ProxyPrefix // the connection begins with a PROXY protocol header

	// Compared is never there: what the rule is about shows only in comparison with
	// other handshakes, after the verdict.
	Compared

	marks
)

// Marks is a set of marks.
type Marks [(marks + 63) / 64]uint64

func (m *Marks) add(k Mark) { m[k/64] |= 1 << (k % 64) }

func (m *Marks) put(k Mark, there bool) {
	if there {
		m.add(k)
	}
}

// union gives the marks of both.
func (m *Marks) union(other *Marks) (all Marks) {
	for i := range all {
		all[i] = m[i] | other[i]
	}
	return all
}

// Condition is what has to be marked for a rule to find anything: of each of its
// groups at least one mark. The zero value is always met.
type Condition [2]Marks

// If is the condition that at least one of the marks is there.
func If(list ...Mark) (c Condition) {
	for _, k := range list {
		c[0].add(k)
	}
	return c
}

// And adds that at least one of further marks is there; once only.
func (c Condition) And(list ...Mark) Condition {
	for _, k := range list {
		c[1].add(k)
	}
	return c
}

func (c *Condition) met(m *Marks) bool {
	for i := range c {
		if c[i] != (Marks{}) && !c[i].meets(m) {
			return false
		}
	}
	return true
}

func (m *Marks) meets(other *Marks) bool {
	for i := range m {
		if m[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

// SlowFrom is the wait after which a handshake is slow.
const SlowFrom = time.Second

// note looks at a handshake once. s is what follows from the asker of the request.
func (p *Pass) note(s *steady) {
	p.marks = Marks{}
	m := &p.marks
	m.connection(p)
	if p.Request != nil {
		m.request(p, p.Request, s)
	}
	if p.Response != nil {
		m.response(p, p.Response)
	} else {
		m.add(NoResponse)
	}
	if p.Upgraded != nil {
		m.session(p.Upgraded)
	}
	m.put(NotEstablished, p.Outcome != analyzer.Established)
	m.put(OutcomeIncomplete, p.Outcome == analyzer.Incomplete)
	m.put(OutcomeMalformed, p.Outcome == analyzer.Malformed)
	m.put(ClientLeft, p.Ending.Kind == analyzer.EndingClientLeft)
	m.put(EarlyData, len(p.RequestBody.Data) > 0)
}

func (m *Marks) connection(p *Pass) {
	c, s := &p.Conn.Halves[reassembly.Client], &p.Conn.Halves[reassembly.Server]
	m.put(NoSYN, !p.Conn.SYN.Seen && !p.Conn.SYNACK.Seen)
	m.put(OneSided, p.Lost&analyzer.BothSides != 0 || c.BeyondAck || s.BeyondAck)
	m.put(Overlaps, c.Conflicts+s.Conflicts > 0)
	m.put(ProxyPrefix, p.Proxy != nil)
	m.put(Tunneled, p.Tunnel != nil)
	m.put(CookiesKnown, len(p.Cookies) > 0)
	m.put(InterimSent, len(p.Interim) > 0)
	connect, _ := p.ConnectTime()
	wait, _ := p.ResponseTime()
	m.put(Slow, connect > SlowFrom || wait > SlowFrom)
}

// Shows reports whether the handshake has a mark. It may have one that a closer
// look would clear.
func (p *Pass) Shows(k Mark) bool { return p.marks[k/64]>>(k%64)&1 != 0 }
