import { describe, expect, it } from 'vitest';
import { inboundOf, reportBetween, type Inbound } from '../src/session/reception';

const inbound = (change: Partial<Inbound>): Inbound => ({
  packetsReceived: 0,
  packetsLost: 0,
  totalSamplesReceived: 0,
  concealedSamples: 0,
  silentConcealedSamples: 0,
  jitterBufferDelay: 0,
  jitterBufferEmittedCount: 0,
  ...change,
});

describe('inboundOf', () => {
  it('reads the audio that came in, whatever a browser leaves out', () => {
    const stats = new Map<string, unknown>([
      ['a', { type: 'inbound-rtp', kind: 'audio', packetsReceived: 5, concealedSamples: 7 }],
      ['b', { type: 'outbound-rtp', kind: 'audio', packetsSent: 5 }],
      ['c', { type: 'candidate-pair' }],
    ]);
    expect([...inboundOf(stats)]).toEqual([['a', inbound({ packetsReceived: 5, concealedSamples: 7 })]]);
  });
});

describe('reportBetween', () => {
  const before = new Map([
    [
      'talker',
      inbound({ packetsReceived: 1000, packetsLost: 10, totalSamplesReceived: 96_000, concealedSamples: 960 }),
    ],
    ['silent', inbound({ packetsReceived: 50 })],
  ]);
  const talked = inbound({
    packetsReceived: 1090,
    packetsLost: 20,
    totalSamplesReceived: 192_000,
    concealedSamples: 5760,
    silentConcealedSamples: 2880,
    jitterBufferDelay: 4800,
    jitterBufferEmittedCount: 96_000,
  });

  it('counts what has changed, and only sound that somebody made', () => {
    const silent = inbound({ packetsReceived: 60, totalSamplesReceived: 96_000, concealedSamples: 96_000 });
    expect(
      reportBetween(
        before,
        new Map([
          ['talker', talked],
          ['silent', silent],
        ]),
      ),
    ).toEqual({ received: 100, lost: 10, concealed: 0.02, bufferMillis: 50 });
  });

  it('says nothing of seats that were not there before, and takes no counter backwards', () => {
    const reset = inbound({ packetsReceived: 40, packetsLost: 3 });
    expect(
      reportBetween(
        before,
        new Map([
          ['talker', reset],
          ['new', talked],
        ]),
      ),
    ).toEqual({ received: 0, lost: 0, concealed: 0, bufferMillis: 0 });
  });
});
