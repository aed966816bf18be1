/** What our receivers measured between two looks at a connection's statistics. */
import type { Report } from '../app/api';

/** Packets of a seat in between that make it worth judging: a silent talker sends five a second or fewer (DTX). */
const talking = 20;

/** The part of an inbound-rtp entry (W3C webrtc-stats) that is read. Counters since the connection began. */
export interface Inbound {
  packetsReceived: number;
  packetsLost: number;
  totalSamplesReceived: number;
  concealedSamples: number;
  silentConcealedSamples: number;
  jitterBufferDelay: number;
  jitterBufferEmittedCount: number;
}

/** Reads the seats out of a connection's statistics, by their ids. What a browser does not count is 0. */
export function inboundOf(stats: Iterable<readonly [string, unknown]>): Map<string, Inbound> {
  const seats = new Map<string, Inbound>();
  for (const [id, entry] of stats) {
    const given = entry as Partial<Inbound> & { type?: string; kind?: string };
    if (given.type !== 'inbound-rtp' || given.kind !== 'audio') continue;
    seats.set(id, {
      packetsReceived: given.packetsReceived ?? 0,
      packetsLost: given.packetsLost ?? 0,
      totalSamplesReceived: given.totalSamplesReceived ?? 0,
      concealedSamples: given.concealedSamples ?? 0,
      silentConcealedSamples: given.silentConcealedSamples ?? 0,
      jitterBufferDelay: given.jitterBufferDelay ?? 0,
      jitterBufferEmittedCount: given.jitterBufferEmittedCount ?? 0,
    });
  }
  return seats;
}

/**
 * What happened between two looks. Packets count from all seats; sound only from those on which somebody talked, since the
 * quiet of the others would dilute what is heard. Silence that is filled in is no concealment.
 */
export function reportBetween(before: ReadonlyMap<string, Inbound>, after: ReadonlyMap<string, Inbound>): Report {
  let received = 0, lost = 0, samples = 0, concealed = 0, waited = 0, emitted = 0; // prettier-ignore
  for (const [id, now] of after) {
    const then = before.get(id);
    if (!then) continue;
    const grown = (key: keyof Inbound) => Math.max(0, now[key] - then[key]);
    received += grown('packetsReceived');
    lost += grown('packetsLost');
    if (grown('packetsReceived') + grown('packetsLost') < talking) continue;
    samples += grown('totalSamplesReceived');
    concealed += Math.max(0, grown('concealedSamples') - grown('silentConcealedSamples'));
    waited += grown('jitterBufferDelay');
    emitted += grown('jitterBufferEmittedCount');
  }
  return {
    received,
    lost,
    concealed: samples > 0 ? Math.min(1, concealed / samples) : 0,
    bufferMillis: emitted > 0 ? Math.min(60_000, (1000 * waited) / emitted) : 0,
  };
}
