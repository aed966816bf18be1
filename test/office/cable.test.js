// The bad cable of the tests does what it says, measured from outside: pings that a program sends from one computer to
// another. The other tests rely on it.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { needsRoot, openOffice } from '../support/office.js';

const tool = resolve('support/ping.js');

test(
  'a bad cable harms UDP as much as it is told to, and nothing else',
  { skip: needsRoot, timeout: 120_000 },
  async (t) => {
    const office = openOffice(t);
    const far = office.computer('far');
    const near = office.computer('near', { cable: { seed: 7 } });
    const { cable } = near;
    await far
      .start(process.execPath, [tool, 'serve', far.address])
      .event('the far end is ready', (event) => event.event === 'ready');
    const measure = async (...args) => {
      const program = near.start(process.execPath, [tool, ...args.map(String)]);
      return program.event('the result', (event) => event.event === 'result', { within: 60_000 });
    };
    const udp = async (conditions, count = 500) => {
      const before = await cable.set(conditions);
      const seen = await measure('udp', far.address, count, 100);
      const after = await cable.set({ both: {} });
      const counted = (way) =>
        Object.fromEntries(Object.entries(after[way]).map(([key, value]) => [key, value - before[way][key]]));
      t.diagnostic(`${JSON.stringify(conditions)}: ${JSON.stringify(seen)}`);
      return { seen, up: counted('up'), down: counted('down') };
    };
    /** Within four standard deviations of as many independent draws. */
    const near4 = (what, hits, share, draws) => {
      const off = Math.abs(hits - share * draws);
      assert.ok(off <= 4 * Math.sqrt(share * (1 - share) * draws), `${what}: ${String(hits)} of ${String(draws)}`);
    };

    await t.test('a good cable loses nothing', async () => {
      const { seen, up, down } = await udp({ both: {} });
      assert.deepEqual([seen.lost, seen.duplicates, seen.late], [0, 0, 0]);
      assert.deepEqual([up.passed, down.passed], [500, 500]);
    });

    await t.test('10 % loss one way is 10 %, and the counters say the same as the pings', async () => {
      const { seen, up, down } = await udp({ up: { loss: 0.1 } }, 3000);
      near4('lost', seen.lost, 0.1, 3000);
      assert.equal(up.dropped, seen.lost);
      assert.equal(down.dropped, 0);
    });

    await t.test('each way has its own loss', async () => {
      const { seen, up, down } = await udp({ up: { loss: 0.1 }, down: { loss: 0.3 } }, 2000);
      near4('lost on the way out', up.dropped, 0.1, 2000);
      near4('lost on the way back', down.dropped, 0.3, up.passed);
      assert.equal(up.dropped + down.dropped, seen.lost);
    });

    await t.test('losses come in bursts', async () => {
      const { seen } = await udp({ down: { loss: 0.2, burst: 5 } }, 4000);
      const mean = seen.lost / seen.bursts;
      assert.ok(mean > 3.5 && mean < 7, `bursts of ${mean.toFixed(1)} packets, wanted 5`);
      assert.ok(seen.lost > 500 && seen.lost < 1200, `lost ${String(seen.lost)} of 4000`);
    });

    await t.test('delay is added each way and jitter keeps the order', async () => {
      const { seen, up } = await udp({ both: { delay_ms: 20, jitter_ms: 20 } });
      assert.ok(seen.least_ms >= 40, `the fastest took ${seen.least_ms.toFixed(1)} ms`);
      assert.ok(seen.median_ms >= 50, `the median is ${seen.median_ms.toFixed(1)} ms`);
      assert.deepEqual([seen.lost, seen.late, up.delayed], [0, 0, 500]);
    });

    await t.test('packets are doubled and overtaken', async () => {
      const { seen, up, down } = await udp({ up: { duplicate: 0.1, reorder: 0.1 } }, 1000);
      near4('doubled', seen.duplicates, 0.1, 1000);
      assert.equal(up.duplicated, seen.duplicates);
      near4('overtaken', seen.late, 0.1, 1000);
      assert.equal(seen.lost, 0);
      assert.equal(down.duplicated, 0, 'the copies that come back are packets like any other');
    });

    await t.test('more than the rate does not fit', async () => {
      // 142 bytes in a frame, 500 a second: 568 kbit/s.
      const { seen, up } = await udp({ up: { rate_kbit: 284, queue_ms: 50 } }, 2000);
      // Half, and more where the machine stood still and the pings came in heaps.
      assert.ok(seen.lost > 850 && seen.lost < 1500, `lost ${String(seen.lost)} of 2000, wanted about half`);
      assert.equal(up.overflowed, seen.lost);
    });

    await t.test('TCP passes whole and at full size while UDP is dead', async () => {
      await cable.set({ both: { loss: 1 } });
      const bytes = 256 << 20;
      const seen = await measure('tcp', far.address, bytes);
      const { up, down } = await cable.set({ both: {} });
      t.diagnostic(`TCP: ${((8 * bytes) / seen.seconds / 1e6).toFixed(0)} Mbit/s, ${JSON.stringify({ up, down })}`);
      assert.ok(seen.intact, 'the bytes arrived as they were sent');
      assert.deepEqual([up.unsent, down.unsent], [0, 0]);
      const frames = up.other;
      assert.ok(frames < bytes / 1448, `${String(frames)} frames: segments were not cut into packets by the cable`);
    });

    await t.test('impossible conditions are refused', async () => {
      await assert.rejects(cable.set({ up: { loss: 2 } }), /want a share/);
    });
  },
);
