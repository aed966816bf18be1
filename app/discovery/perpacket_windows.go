package discovery

// perPacketInterface says that the library can choose the interface of each datagram that it sends. On Windows
// golang.org/x/net has no control messages: everything leaves by the interface of the lowest metric, which on a machine
// with WSL or Hyper-V is a virtual switch. There the links send too (see responder and Browser).
const perPacketInterface = false
