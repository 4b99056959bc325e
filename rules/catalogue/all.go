// Package catalogue holds every rule: one file per rule or per small group
// that shares its logic, prefixed by its family; each family's list is in the
// file of that name.
package catalogue

import (
	"slices"

	"github.com/handshark/handshark/rules"
)

// All lists every rule in catalogue order: by family, then as listed. The rules
// are shared and must not be changed.
func All() []*rules.Rule {
	return slices.Concat(
		metaRules,
		transportRules,
		tlsRules,
		protocolRules,
		syntaxRules,
		proxyRules,
		versionRules,
		headersRules,
		authRules,
		originRules,
		routingRules,
		backendRules,
		responseRules,
		negotiationRules,
		postUpgradeRules,
		timingRules,
		hygieneRules,
	)
}
