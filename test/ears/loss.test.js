// A bad network is not heard: two people talk while each one's cable loses packets both ways. test/bench/loss.js is the
// long form, with more kinds of bad.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { twoOnBadCables } from '../support/bad-cables.js';
import { watch } from '../support/hearing.js';
import { needsRoot, openOffice, transport } from '../support/office.js';
import { pause } from '../support/program.js';

const settle = 6000; // ms for measured loss to switch on what protects from it
const seconds = 10;

test(
  '10 % loss each way at both ends is repaired, and silence costs little',
  { skip: needsRoot, timeout: 150_000 },
  async (t) => {
    const office = openOffice(t);
    const { cables, pages } = await twoOnBadCables(office);
    const set = (both) => Promise.all(cables.map((cable) => cable.set({ both })));

    await t.test('10 % loss each way', async () => {
      const count = () => Promise.all(cables.map((cable) => cable.counters()));
      const atFirst = await count();
      const clean = await watch(pages, seconds);
      const before = await set({ loss: 0.1 });
      await pause(settle);
      const settled = await count();
      const bad = await watch(pages, seconds);
      const after = await set({});
      for (const [index, seen] of bad.entries()) {
        const { concealed, bufferMillis, packetsLost, packetsReceived } = seen;
        const { up, down } = after[index];
        t.diagnostic(
          `page ${String(index)}: ${(100 * concealed).toFixed(2)} % made up (without loss ${(100 * clean[index].concealed).toFixed(2)} %), ` +
            `played ${bufferMillis.toFixed(0)} ms after it came; its cable lost ${String(up.dropped)} of ${String(up.entered)} up, ` +
            `${String(down.dropped)} of ${String(down.entered)} down`,
        );
        assert.ok(up.dropped - before[index].up.dropped > 40, 'packets were lost on the way up');
        assert.ok(down.dropped - before[index].down.dropped > 40, 'packets were lost on the way down');
        // Unrepaired, it would be a fifth: two cables with 10 % each.
        assert.ok(
          packetsLost < 0.02 * packetsReceived,
          `${String(packetsLost)} of ${String(packetsReceived)} packets were never repaired`,
        );
        assert.ok(concealed < clean[index].concealed + 0.03, `${(100 * concealed).toFixed(2)} % were made up`);
        // Frames are sent twice. A page whose voice goes by loopback sends nothing itself: its cable counts, also what is asked
        // for and sent again, a third more at most.
        const byCable = Number.isNaN(seen.bytesSent);
        const [usual, now] = byCable
          ? [before[index].up.bytes - atFirst[index].up.bytes, up.bytes - settled[index].up.bytes]
          : [clean[index].bytesSent / clean[index].packetsSent, seen.bytesSent / seen.packetsSent];
        assert.ok(now > (byCable ? 1.4 : 1.5) * usual, `${String(now)} bytes go up, usually ${String(usual)}`);
      }
    });

    // The encoder of a page whose voice goes by loopback does not tell silence.
    await t.test('silence', { skip: transport !== 'webrtc' }, async () => {
      for (const page of pages) await page.evaluate(() => window.sing(0));
      await pause(2000);
      const quiet = await watch(pages, seconds);
      for (const { packetsSent, packetsReceived } of quiet) {
        t.diagnostic(
          `silence: ${(packetsSent / seconds).toFixed(1)} packets a second up, ${(packetsReceived / seconds).toFixed(1)} down`,
        );
        assert.ok(packetsSent > 0, 'it is silence, not a mute');
        assert.ok(packetsSent <= 5.5 * seconds, `${String(packetsSent)} packets up in ${String(seconds)} s of silence`);
        assert.ok(
          packetsReceived <= 5.5 * seconds,
          `${String(packetsReceived)} packets down in ${String(seconds)} s of silence`,
        );
      }
    });
  },
);
