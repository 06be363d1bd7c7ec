"""Pure: certificates and anchors in, links, paths and gaps out. No clock, no files, no sockets."""
