import { expect, it } from 'vitest';
import { heardPackets, spokenPacket } from '../src/audio/wire';

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
  const { buffer } = new Uint8Array([0, 9, 3, 0xff, 0xfe, 0x80, 0, 0, 1, 0xf8, 7, 0, 8, 4, 0, 1, 0, 0, 0, 2, 0xf8]);
  const heard = heardPackets(buffer).map((each) => ({ ...each, opus: [...each.opus] }));
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
  expect(heardPackets(new Uint8Array(bytes).buffer)).toEqual([]);
});
