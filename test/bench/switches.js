// What a hundred changes of seats do to those who listen.
import { Office } from '../support/office.js';
import { madeUpMillis, takeTurns } from '../support/turns.js';

const wanted = 100;

export async function switches() {
  const office = new Office();
  try {
    const { changes, hers, seconds, listeners } = await takeTurns(office, wanted);
    console.log(
      `Seats: ${String(changes)} changes in ${seconds.toFixed(0)} s, ${String(hers)} of the seat that Chromium itself had`,
    );
    for (const { name, calm, busy, lost } of listeners) {
      const missed = lost.reduce((sum, each) => sum + each, 0);
      console.log(
        `Seats, heard in ${name}: ${String(missed)} packets lost; made up ${madeUpMillis(busy).toFixed(1)} ms a second, ` +
          `${madeUpMillis(calm).toFixed(1)} without changes (medians, all seats together)`,
      );
    }
  } finally {
    await office.close();
  }
}
