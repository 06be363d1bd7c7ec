"""Where anchors come from: certifi, a bundle, the operating system. Reads files, opens no socket."""
