// Seats change hands and nobody hears that they do. test/bench/switches.js is the long form.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openOffice } from '../support/office.js';
import { madeUpMillis, takeTurns } from '../support/turns.js';

const wanted = 30;

test('seats change hands and no listener misses a packet', { timeout: 240_000 }, async (t) => {
  const { changes, hers, seconds, unread, listeners } = await takeTurns(openOffice(t), wanted);
  t.diagnostic(`${String(changes)} changes in ${seconds.toFixed(0)} s, ${String(hers)} of the seat that Chromium had`);
  assert.ok(changes >= wanted, `${String(changes)} changes of seats`);
  assert.ok(hers > 0, 'Chromium had a seat and lost it again');
  assert.equal(unread, 0, 'the machine stood still: packets were not read in time');
  for (const { name, errors, calm, busy, lost } of listeners) {
    const [before, during] = [madeUpMillis(calm), madeUpMillis(busy)];
    const each = (during * seconds) / changes;
    t.diagnostic(
      `${name} made up ${before.toFixed(1)} ms a second without changes, ${during.toFixed(1)} with them, ` +
        `${each.toFixed(1)} for each; lost ${lost.join()}`,
    );
    assert.deepEqual(
      lost,
      lost.map(() => 0),
      `${name} missed no packet of any seat`,
    );
    // The newcomer's first packet does not come 20 ms after the last of whoever had the seat, but at any time.
    assert.ok(each < before + 20, `${name} made up ${each.toFixed(1)} ms for each change`);
    assert.deepEqual(errors, []);
  }
});
