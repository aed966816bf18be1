/** How long a voice takes from their mouth to our ear, as far as this page can know. */
import type { View } from '../session/view';

/** Milliseconds of sound in a packet, which has to be spoken before it can be sent. */
const packet = 20;

export interface Delay {
  millis: number;
  parts: { packet: string; theirs: string; ours: string; buffer: string };
}

/** undefined until both links and our jitter buffer were measured. */
export function delayOf({ links, bufferMillis }: View, them: string, us: string): Delay | undefined {
  const theirs = links[them]?.rttMillis ?? 0;
  const ours = links[us]?.rttMillis ?? 0;
  if (theirs === 0 || ours === 0 || bufferMillis === 0) return undefined;
  const of = (ms: number) => `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  return {
    millis: Math.round(packet + theirs / 2 + ours / 2 + bufferMillis),
    parts: { packet: of(packet), theirs: of(theirs / 2), ours: of(ours / 2), buffer: of(bufferMillis) },
  };
}
