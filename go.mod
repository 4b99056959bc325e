module github.com/handshark/handshark

go 1.25.0
