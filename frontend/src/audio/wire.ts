/** The packets between this page and its app (package voice of the app, doc.go). */

/** Bytes before the Opus in a packet of the microphone, and of a seat. */
const spokenHeader = 5;
const heardHeader = 7;

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

/** Reads a packet of a seat; undefined for what is none. */
export function heardPacket(buffer: ArrayBuffer): Heard | undefined {
  if (buffer.byteLength <= heardHeader) return undefined;
  const view = new DataView(buffer);
  return {
    seat: view.getUint8(0),
    sequence: view.getUint16(1),
    timestamp: view.getUint32(3),
    opus: new Uint8Array(buffer, heardHeader),
  };
}
