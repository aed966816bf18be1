// Package load fills a room with participants that talk by a pattern, and measures what arrives: loss, order, delay, the
// time that a join takes, and what the host spends on it. It is what `earshot load` runs.
//
// A talker's packets are Opus to the SFU and carry, where the sound would be, who sent them, a number and the time. Most
// participants only count packets as they come from the socket, by the clear RTP header, and drop them there: decrypting
// for a whole office would measure this program instead of the host. Some decrypt every packet and check its content.
package load
