// How well a page hears, by its own statistics (W3C webrtc-stats): what was lost on the way and what was made up for it.
import { pause } from './program.js';

const counted = [
  'packetsReceived',
  'packetsLost',
  'packetsDiscarded',
  'nackCount',
  'retransmittedPacketsReceived',
  'fecPacketsReceived',
  'totalSamplesReceived',
  'concealedSamples',
  'silentConcealedSamples',
  'concealmentEvents',
  'insertedSamplesForDeceleration',
  'removedSamplesForAcceleration',
  'jitterBufferDelay',
  'jitterBufferEmittedCount',
  'jitterBufferTargetDelay',
  'jitterBufferMinimumDelay',
];

/** What a page says of its voices now, and the sums over its seats. */
export async function listenTo(page) {
  const { inbound, outbound } = await page.evaluate(() => window.voices());
  const seats = Object.fromEntries(
    counted.map((key) => [key, inbound.reduce((sum, seat) => sum + (seat[key] ?? 0), 0)]),
  );
  return { inbound, outbound, seats };
}

/** What changed from one look at a page's seats to the next. */
export function between(before, after) {
  const grown = Object.fromEntries(counted.map((key) => [key, after[key] - before[key]]));
  return {
    ...grown,
    /** The share of what was played that was made up, silence made up for silence not counted. */
    concealed: (grown.concealedSamples - grown.silentConcealedSamples) / grown.totalSamplesReceived,
    bufferMillis: (1000 * grown.jitterBufferDelay) / grown.jitterBufferEmittedCount,
    targetMillis: (1000 * grown.jitterBufferTargetDelay) / grown.jitterBufferEmittedCount,
  };
}

/** Watches several pages at once for a while: [what `between` says of each, with the codecs it hears and sends]. */
export async function watch(pages, seconds) {
  const before = await Promise.all(pages.map(listenTo));
  await pause(1000 * seconds);
  const after = await Promise.all(pages.map(listenTo));
  return after.map(({ inbound, outbound, seats }, index) => ({
    ...between(before[index].seats, seats),
    hears: [...new Set(inbound.map((seat) => seat.codec))].join(),
    sends: outbound?.codec,
    packetsSent: outbound.packetsSent - before[index].outbound.packetsSent,
    retransmittedPacketsSent: outbound.retransmittedPacketsSent - before[index].outbound.retransmittedPacketsSent,
    bytesSent: outbound.bytesSent - before[index].outbound.bytesSent,
    asked: outbound.nackCount - before[index].outbound.nackCount,
  }));
}
