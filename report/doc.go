// Package report turns verdicts into records and writes them: as a table for
// people, as JSON and NDJSON for programs.
//
// The record types are the contract handshark.report/v1: within v1 keys are
// only added. Credentials are redacted in every format unless asked for.
package report
