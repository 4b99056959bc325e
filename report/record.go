package report

// Schema names the contract of the records.
const Schema = "handshark.report/v1"

// Document is the object that the JSON format writes. It is streamed, never
// held: the type is for readers and for the schema in docs.
type Document struct {
	Schema     string      `json:"schema"`
	Tool       Tool        `json:"tool"`
	Handshakes []Handshake `json:"handshakes"`
	Captures   []Capture   `json:"captures"`
	Summary    Summary     `json:"summary"`
}

// Tool is the program that wrote a report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Handshake is one handshake record of the report (schema handshark.report/v1).
// Text that came from the capture is redacted unless secrets were asked for.
type Handshake struct {
	ID           string         `json:"id"`
	WebSocket    string         `json:"websocket"` // yes, likely, unknown
	Client       string         `json:"client"`
	Server       string         `json:"server"`
	URL          Text           `json:"url"`
	Capture      int            `json:"capture"`
	Stream       *int64         `json:"stream"` // Wireshark's tcp.stream where it is exact
	Frames       FrameRange     `json:"frames"`
	Filter       string         `json:"filter"`
	SeenOn       []string       `json:"seen_on"`
	Path         []string       `json:"path"`
	Time         Time           `json:"time"`
	HTTPVersion  string         `json:"http_version"`
	Tunnel       *Tunnel        `json:"tunnel"`
	AnsweredBy   Text           `json:"answered_by"`
	TLS          *TLS           `json:"tls"`
	Outcome      string         `json:"outcome"`
	EndedBy      string         `json:"ended_by"`
	SupersededBy *string        `json:"superseded_by"`
	Request      *Request       `json:"request"`
	Interim      []Response     `json:"interim"`
	Response     *Response      `json:"response"`
	Timing       Timing         `json:"timing_ms"`
	Session      *Session       `json:"session"`
	RootCause    *RootCause     `json:"root_cause"`
	Findings     []Finding      `json:"findings"`
	Inconclusive []Inconclusive `json:"inconclusive"`
	Legs         []string       `json:"legs"`
	ClientViews  []ClientView   `json:"client_views"` // failed handshakes only; those of clients that would have failed
}

// ClientView is what a client prints for a failure.
type ClientView struct {
	Client  string `json:"client"`
	Version string `json:"version"` // that was observed; empty = from the source of the client
	Text    Text   `json:"text"`    // … stands for what differs from run to run
}

// At is a packet.
type At struct {
	Capture int    `json:"capture"`
	Frame   uint64 `json:"frame"`
}

// FrameRange is the first and the last packet of a handshake. First is in
// Handshake.Capture; Last is in a later file if the connection crosses files.
type FrameRange struct {
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
}

// Field is one field line of a message head.
type Field struct {
	Name  Text `json:"name"`
	Value Text `json:"value"`
}

// Request is a request head.
type Request struct {
	Method  Text    `json:"method"`
	Target  Text    `json:"target"`
	Version Text    `json:"version"`
	Fields  []Field `json:"fields"`
	At      []At    `json:"at"`
	Time    Time    `json:"time"`
}

// Response is a response head with the beginning of its body.
type Response struct {
	Status     int     `json:"status"`
	Reason     Text    `json:"reason"`
	Version    Text    `json:"version"`
	Fields     []Field `json:"fields"`
	At         []At    `json:"at"`
	Time       Time    `json:"time"`
	BodyPrefix Text    `json:"body_prefix"`
}

// Tunnel is a CONNECT exchange around the handshake.
type Tunnel struct {
	Target Text `json:"target"`
	Status int  `json:"status"` // 0 = unanswered
	At     []At `json:"at"`
}

// TLS is what is known of the TLS session.
type TLS struct {
	Version   string `json:"version"`
	Cipher    string `json:"cipher"`
	SNI       Text   `json:"sni"`
	ALPN      Text   `json:"alpn"`
	Decrypted bool   `json:"decrypted"`
	Resumed   bool   `json:"resumed"`
	Alert     *Alert `json:"alert"`
}

// Alert is a TLS alert.
type Alert struct {
	From string `json:"from"`
	Code int    `json:"code"`
	Name string `json:"name"`
}

// Timing holds durations in milliseconds; null = unknown.
type Timing struct {
	Connect  *float64 `json:"connect"`
	TLS      *float64 `json:"tls"`
	Response *float64 `json:"response"`
	Total    *float64 `json:"total"`
}

// Session is what followed a 101 within the look-ahead.
type Session struct {
	ClientFrames int     `json:"client_frames"`
	ServerFrames int     `json:"server_frames"`
	LastedMS     float64 `json:"lasted_ms"`
	Close        *Close  `json:"close"`
}

// Close is the Close frame that ended a session.
type Close struct {
	From   string `json:"from"`
	Code   int    `json:"code"`
	Reason Text   `json:"reason"`
}

// RootCause is the one cause of a failed handshake.
type RootCause struct {
	Rule       string      `json:"rule"` // "undetermined" when confidence is too low
	Actor      string      `json:"actor"`
	Confidence float64     `json:"confidence"`
	Label      string      `json:"label"` // certain, high, medium, low
	Summary    Text        `json:"summary"`
	Fix        string      `json:"fix"`
	FixFor     string      `json:"fix_for"` // product or party that Fix is written for; empty = any
	RunnerUp   *Candidate  `json:"runner_up"`
	Candidates []Candidate `json:"candidates"`
}

// Candidate is a cause that was considered.
type Candidate struct {
	Rule       string  `json:"rule"`
	Confidence float64 `json:"confidence"`
}

// Finding is one result of one rule.
type Finding struct {
	Rule      string     `json:"rule"`
	Role      string     `json:"role"`     // primary, contributing, consequence, incidental, note
	Severity  string     `json:"severity"` // error, warning, info
	Actor     string     `json:"actor"`
	Message   Text       `json:"message"`
	Evidence  []Evidence `json:"evidence"`
	Reference string     `json:"reference"`
	Fix       string     `json:"fix"`
	FixFor    string     `json:"fix_for"`
}

// Evidence is a place in the capture.
type Evidence struct {
	Side   string `json:"side"`
	At     []At   `json:"at"`
	Offset uint64 `json:"offset"`
	Length uint64 `json:"length"`
	Field  Text   `json:"field"`
	Value  Text   `json:"value"`
	Absent bool   `json:"absent"` // field is what is missing there
}

// Inconclusive is a rule that the capture does not allow to judge.
type Inconclusive struct {
	Rule    string `json:"rule"`
	Because string `json:"because"`
}

// Capture describes one capture of the run.
type Capture struct {
	Index            int       `json:"index"`
	File             Text      `json:"file"`
	Format           string    `json:"format"`
	LinkTypes        []string  `json:"link_types"`
	Packets          uint64    `json:"packets"`
	Bytes            uint64    `json:"bytes"`
	Conversations    uint64    `json:"conversations"`
	First            *Time     `json:"first"`
	Last             *Time     `json:"last"`
	UndecodedPackets uint64    `json:"undecoded_packets"`
	TruncatedPackets uint64    `json:"truncated_packets"`
	InterfaceDrops   uint64    `json:"interface_drops"`
	Evicted          uint64    `json:"evicted"`
	Problems         []Problem `json:"problems"`
}

// Problem is damage in a capture.
type Problem struct {
	Frame   uint64 `json:"frame"`
	Offset  *int64 `json:"offset"` // byte offset in the (uncompressed) file; null = unknown
	Message Text   `json:"message"`
	After   bool   `json:"-"` // it is behind Frame, which is whole
}

// Summary closes a report.
type Summary struct {
	Handshakes  int          `json:"handshakes"`
	Established int          `json:"established"`
	Failed      int          `json:"failed"`
	Incomplete  int          `json:"incomplete"`
	Superseded  int          `json:"superseded"` // failed, but the client got over it
	Unknown     int          `json:"unknown"`
	ByCause     []CauseCount `json:"by_cause"`
	NotJudged   []NotJudged  `json:"not_judged"`
}

// CauseCount is how often a cause was found.
type CauseCount struct {
	Rule  string `json:"rule"`
	Count int    `json:"count"`
}

// NotJudged counts conversations about which nothing can be said.
type NotJudged struct {
	Because       string   `json:"because"`
	Conversations uint64   `json:"conversations"`
	Servers       []string `json:"servers"` // "host:port" with SNI where known; at most 10
}
