"""Where anchors come from: certifi, a bundle, the system. Reads files, opens no socket."""
