/** The packets between this page and its app (package voice of the app, doc.go). */

/** Bytes before the Opus in a packet of the microphone, and of a seat. */
const spokenHeader = 5;
const heardHeader = 7;
/** Before a packet of a seat: its length. */
const lengthBytes = 2;

export interface Heard {
  seat: number;
  sequence: number;
  timestamp: number;
  opus: Uint8Array<ArrayBuffer>;
}

/** Writes a packet of the microphone. */
export function spokenPacket(
  { first, level, timestamp }: { first: boolean; level: number; timestamp: number },
  opus: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(spokenHeader + opus.length);
  packet[0] = (first ? 0x80 : 0) | Math.min(127, Math.max(0, Math.round(level)));
  new DataView(packet.buffer).setUint32(1, timestamp >>> 0);
  packet.set(opus, spokenHeader);
  return packet;
}

/** Reads the packets of seats in a message; what is none ends it. */
export function heardPackets(message: ArrayBuffer): Heard[] {
  const view = new DataView(message);
  const packets: Heard[] = [];
  for (let at = 0; at + lengthBytes <= message.byteLength;) {
    const length = view.getUint16(at);
    at += lengthBytes;
    if (length <= heardHeader || at + length > message.byteLength) break;
    packets.push({
      seat: view.getUint8(at),
      sequence: view.getUint16(at + 1),
      timestamp: view.getUint32(at + 3),
      opus: new Uint8Array(message, at + heardHeader, length - heardHeader),
    });
    at += length;
  }
  return packets;
}
