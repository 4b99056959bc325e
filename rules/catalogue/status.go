package catalogue

// Status codes that rules speak of (RFC 9110 section 15). net/http has them too;
// it is kept out of this program because it hides the faults that are looked for.
const (
	statusSwitchingProtocols  = 101
	statusMovedPermanently    = 301
	statusFound               = 302
	statusSeeOther            = 303
	statusTemporaryRedirect   = 307
	statusPermanentRedirect   = 308
	statusBadRequest          = 400
	statusUnauthorized        = 401
	statusForbidden           = 403
	statusNotFound            = 404
	statusMethodNotAllowed    = 405
	statusUpgradeRequired     = 426
	statusInternalServerError = 500
	statusNotImplemented      = 501
	statusBadGateway          = 502
	statusGatewayTimeout      = 504
)
