package capture

// LinkType is a link-layer header type as files carry it (LINKTYPE_ value).
type LinkType uint32
