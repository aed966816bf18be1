import { describe, expect, it } from 'vitest';
import { heardPackets, readTick, spokenPacket, writeAnswer } from '../src/audio/wire';

it('writes a packet of the microphone as the app reads it', () => {
  const opus = new Uint8Array([0xf8, 0xff]);
  expect([...spokenPacket({ first: true, level: 30.4, timestamp: 0x1_0203_0405 }, opus)]).toEqual([
    0x80 | 30,
    2,
    3,
    4,
    5,
    0xf8,
    0xff,
  ]);
  expect(spokenPacket({ first: false, level: 300, timestamp: 0 }, opus)[0]).toBe(127);
});

it('reads packets of seats as the app writes them', () => {
  const bytes = new Uint8Array([0, 9, 3, 0xff, 0xfe, 0x80, 0, 0, 1, 0xf8, 7, 0, 8, 4, 0, 1, 0, 0, 0, 2, 0xf8]);
  const heard = heardPackets(bytes).map((each) => ({ ...each, opus: [...each.opus] }));
  expect(heard).toEqual([
    { seat: 3, sequence: 65534, timestamp: 2 ** 31 + 1, opus: [0xf8, 7] },
    { seat: 4, sequence: 1, timestamp: 2, opus: [0xf8] },
  ]);
});

it.each([
  ['nothing', []],
  ['a packet without Opus', [0, 7, 3, 0, 1, 0, 0, 0, 1]],
  ['half of a packet', [0, 9, 3, 0, 1, 0, 0, 0, 1, 0xf8]],
  ['half of a length', [0]],
])('takes %s for no packet', (_, bytes) => {
  expect(heardPackets(new Uint8Array(bytes))).toEqual([]);
});

describe('a tick', () => {
  const tick = (has: number, samples: number[], rest: number[]): ArrayBuffer => {
    const header = new Uint8Array([0xfe, 0xff, 0x01, 0x02, 2, has, 0, 0]);
    const bytes = new Uint8Array(new Float32Array(samples).buffer);
    return new Uint8Array([...header, ...bytes, ...rest]).buffer;
  };

  it('is read as the app writes it', () => {
    // Of two blocks of one sample.
    const { microphone, played, heard, ...rest } = readTick(tick(3, [1, 2, 3, 4, 5, 6], [0, 9]), 1);
    expect(rest).toEqual({ blocks: 2, longer: -2, leftOut: 0x0201 });
    expect([...(microphone ?? [])]).toEqual([1, 2, 3, 4]);
    expect([...(played ?? [])]).toEqual([5, 6]);
    expect([...heard]).toEqual([0, 9]);
  });

  it.each([
    [0, [], undefined, undefined],
    [1, [1, 2, 3, 4], [1, 2, 3, 4], undefined],
  ])('has what its flags %d say', (has, samples, spoken, echo) => {
    const { microphone, played, heard } = readTick(tick(has, samples, [7]), 1);
    expect(microphone && [...microphone]).toEqual(spoken);
    expect(played && [...played]).toEqual(echo);
    expect([...heard]).toEqual([7]);
  });

  it('is answered with sound and packets', () => {
    const answer = writeAnswer(1, 3, [new Uint8Array([7, 8, 9]), new Uint8Array([1])], (samples) =>
      samples.set([0.5, -0.5]),
    );
    expect(new DataView(answer).getUint16(0, true)).toBe(1);
    expect(new DataView(answer).getUint8(2)).toBe(3);
    expect([...new Float32Array(answer, 4, 2)]).toEqual([0.5, -0.5]);
    expect([...new Uint8Array(answer, 12)]).toEqual([0, 3, 7, 8, 9, 0, 1, 1]);
  });
});
