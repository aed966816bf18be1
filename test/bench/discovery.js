// From a room being ready (it answers and is advertised) to its card in a lobby that is already open on another computer.
import { openPage } from '../support/browsers.js';
import { report } from '../support/figures.js';
import { Office } from '../support/office.js';
import { pause } from '../support/program.js';

const runs = 9;

export async function discovery() {
  const office = new Office();
  try {
    const desk = office.computer('anna');
    const server = office.computer('server');
    const { page } = await openPage(office, desk, (await desk.web()).url, { tone: 440 });
    await page.getByTestId('lobby').waitFor();
    await page.evaluate(() => {
      window.listed = {};
      new MutationObserver(() => {
        for (const { dataset } of document.querySelectorAll('[data-testid="room-card"]')) {
          window.listed[dataset.roomId] ??= performance.timeOrigin + performance.now();
        }
      }).observe(document.body, { childList: true, subtree: true, attributes: true });
    });
    await pause(3000); // the first searches of a fresh lobby are over

    const listed = [];
    const gone = [];
    for (let run = 0; run < runs; run++) {
      const { program, room } = await server.host(`Bench ${String(run)}`);
      const ready = program.events.find((event) => event.event === 'ready').at;
      const card = page.locator(`[data-testid="room-card"][data-room-id="${room.id}"]`);
      await card.waitFor();
      listed.push((await page.evaluate((id) => window.listed[id], room.id)) - ready);
      const ended = performance.timeOrigin + performance.now();
      void program.stop('SIGTERM');
      await card.waitFor({ state: 'detached' });
      gone.push(performance.timeOrigin + performance.now() - ended);
      await program.exited;
      await pause(300 + run * 211); // at another point of the lobby's rhythm each time
    }
    report('Discovery: room ready to its card in an open lobby', listed);
    report('Discovery: host stopped to its card gone', gone);
  } finally {
    await office.close();
  }
}
