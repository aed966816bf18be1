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
export function heardPackets(message: Uint8Array<ArrayBuffer>): Heard[] {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const packets: Heard[] = [];
  for (let at = 0; at + lengthBytes <= message.byteLength;) {
    const length = view.getUint16(at);
    at += lengthBytes;
    if (length <= heardHeader || at + length > message.byteLength) break;
    packets.push({
      seat: view.getUint8(at),
      sequence: view.getUint16(at + 1),
      timestamp: view.getUint32(at + 3),
      opus: message.subarray(at + heardHeader, at + length),
    });
    at += length;
  }
  return packets;
}

/** Bytes before the samples of a tick of the sound card, and of its answer. */
const tickHeader = 8;
const answerHeader = 4;
/** What is in a tick. */
const hasMicrophone = 1;
const hasPlayed = 2;

/** Some blocks of 10 ms that the sound card asks for. */
export interface Tick {
  blocks: number;
  /** By how many samples the answer is to be longer than them. */
  longer: number;
  /** Blocks of the microphone that came before it and were left out: nobody had time for them. */
  leftOut: number;
  /** Samples of both channels in turn. */
  microphone: Float32Array | undefined;
  /** Samples of what the loudspeaker played meanwhile. */
  played: Float32Array | undefined;
  /** Packets of seats, for heardPackets. */
  heard: Uint8Array<ArrayBuffer>;
}

/** Reads a tick. block is in samples. */
export function readTick(message: ArrayBuffer, block: number): Tick {
  const view = new DataView(message);
  const blocks = view.getUint8(4);
  const has = view.getUint8(5);
  let at = tickHeader;
  const samples = (wanted: boolean, channels: number): Float32Array | undefined => {
    if (!wanted) return undefined;
    const from = at;
    at += 4 * channels * blocks * block;
    return new Float32Array(message, from, channels * blocks * block);
  };
  const microphone = samples((has & hasMicrophone) !== 0, 2);
  const played = samples((has & hasPlayed) !== 0, 1);
  const heard = new Uint8Array(message, at);
  return {
    blocks,
    longer: view.getInt16(0, true),
    leftOut: view.getUint16(2, true),
    microphone,
    played,
    heard,
  };
}

/**
 * Writes an answer: that many frames are to be played, which fill puts into the samples it is given, both channels in turn; so many blocks
 * of a packet have begun; then packets.
 */
export function writeAnswer(
  frames: number,
  begun: number,
  packets: readonly Uint8Array[],
  fill: (samples: Float32Array<ArrayBuffer>) => void,
): ArrayBuffer {
  const sound = answerHeader + 8 * frames;
  const length = packets.reduce((sum, { length }) => sum + lengthBytes + length, sound);
  const answer = new ArrayBuffer(length);
  const view = new DataView(answer);
  view.setUint16(0, frames, true);
  view.setUint8(2, begun);
  fill(new Float32Array(answer, answerHeader, 2 * frames));
  let at = sound;
  for (const packet of packets) {
    view.setUint16(at, packet.length);
    new Uint8Array(answer, at + lengthBytes).set(packet);
    at += lengthBytes + packet.length;
  }
  return answer;
}
