"""The only room that opens sockets: routes, tunnels, handshakes, captures. It makes facts."""
