package analyzer

// Outcome says how an attempt ended.
type Outcome uint8

// Outcomes.
const (
	Incomplete    Outcome = iota // the capture cannot tell
	Established                  // 101, then used, or nothing after it in the capture
	ClosedEarly                  // 101, then ended in an error within the look-ahead
	Aborted                      // 101, then the client left without a frame
	Rejected                     // final status other than 101
	Redirected                   // final status 3xx other than 304
	NoResponse                   // no status until the limit or the capture end, or a 101 that did not arrive
	Reset                        // RST before a status
	Closed                       // FIN before a status
	TLSFailed                    // TLS never completed
	ConnectFailed                // TCP never completed
	Malformed                    // what came back is not HTTP
)

// String gives the word of the JSON report.
func (o Outcome) String() string { return outcomeNames[o] }

// Failed reports whether the outcome is a failure.
func (o Outcome) Failed() bool { return o != Established && o != Incomplete }

// Party is who did something.
type Party uint8

// Parties.
const (
	Nobody Party = iota
	ByClient
	ByServer
	ByIntermediary
	ByNetwork
	ByCaptureEnd
)

// String gives the word of the JSON report.
func (p Party) String() string { return partyNames[p] }

// EndingKind is the kind of an Ending.
type EndingKind uint8

// Kinds of ending: the rows of the compatibility table of the root-cause procedure.
const (
	EndingNone       EndingKind = iota // established, or nothing can be said
	EndingNoTCP                        // no SYN-ACK, or no connection
	EndingTLS                          // TLS alert or silent end of TLS
	EndingNoStatus                     // RST, FIN or silence before a status
	EndingStatus                       // a final status other than 101: Status
	EndingClientLeft                   // 101, then the client left
	EndingClose                        // Close frame after a 101: Code
	EndingDropped                      // 101, then the server side ended without a Close frame, or sent no frames
	EndingNotHTTP                      // the answer is not HTTP
)

// Ending is how the attempt came to its end, for the root-cause procedure.
type Ending struct {
	Kind   EndingKind
	Status int    // EndingStatus only
	Code   uint16 // EndingClose only
	// From is who sent the Close frame; valid for EndingClose only.
	From Party
	Time int64 // capture time of the terminating event
}

// Evidence is a set of things that a capture can show of an attempt.
type Evidence uint16

// Evidence that a rule can need.
const (
	RequestHead   Evidence = 1 << iota // complete request head
	ResponseHead                       // complete head of the final response
	ResponseBody                       // body of the final response, up to BodyLimit or its end
	BothSides                          // packets of both sides
	TCPOpen                            // the SYN and what followed it
	TCPClose                           // how the connection ended, or that it was still open at the end of the watch
	Plaintext                          // application octets in clear (or decrypted)
	Frames                             // the octets after the 101 within the look-ahead
	RequestStart                       // the first octets of the client
	ResponseStart                      // the first octets of the server
)

var outcomeNames = [...]string{
	Incomplete: "incomplete", Established: "established", ClosedEarly: "closed-early",
	Aborted: "aborted", Rejected: "rejected", Redirected: "redirected",
	NoResponse: "no-response", Reset: "reset", Closed: "closed",
	TLSFailed: "tls-failed", ConnectFailed: "connect-failed", Malformed: "malformed",
}

var partyNames = [...]string{
	Nobody: "none", ByClient: "client", ByServer: "server",
	ByIntermediary: "intermediary", ByNetwork: "network", ByCaptureEnd: "capture-end",
}
