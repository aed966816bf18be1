import { expect, it } from 'vitest';
import { heardPacket, spokenPacket } from '../src/audio/wire';

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

it('reads a packet of a seat as the app writes it', () => {
  const { buffer } = new Uint8Array([3, 0xff, 0xfe, 0x80, 0, 0, 1, 0xf8, 7]);
  const heard = heardPacket(buffer);
  expect({ ...heard, opus: [...(heard?.opus ?? [])] }).toEqual({
    seat: 3,
    sequence: 65534,
    timestamp: 2 ** 31 + 1,
    opus: [0xf8, 7],
  });
  expect(heardPacket(new ArrayBuffer(7))).toBeUndefined();
});
