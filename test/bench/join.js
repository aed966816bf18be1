// From the click on a room to the first audible sample at another Chromium.
// Cold: the click is the first thing that happens to a page just loaded. Prepared: the lobby has been open for a while, so
// that its peer connection and offer are ready.
import { openPage } from '../support/browsers.js';
import { report } from '../support/figures.js';
import { Office } from '../support/office.js';
import { pause } from '../support/program.js';
import { leaveRoom, setName } from '../support/room-page.js';
import { makeMicrophone } from '../support/tones.js';

const runs = 9;

export async function join() {
  const office = new Office();
  try {
    const { room } = await office.computer('server').host('Bench');
    const speakerDesk = office.computer('anna');
    const listenerDesk = office.computer('ben');
    const speaker = (
      await openPage(office, speakerDesk, (await speakerDesk.web()).url, {
        microphoneFile: makeMicrophone(office.folder, 440),
      })
    ).page;
    const listener = (await openPage(office, listenerDesk, (await listenerDesk.web()).url, { tone: 880 })).page;
    await setName(speaker, 'anna');
    await setName(listener, 'ben');
    const card = `[data-testid="room-card"][data-room-id="${room.id}"]`;
    await enter(listener, card);
    await listener.getByTestId('mute').click(); // its own voice has no part in this

    const results = { cold: [], prepared: [] };
    const connected = { cold: [], prepared: [] };
    for (const kind of ['warm-up', 'cold', 'prepared']) {
      for (let run = 0; run < (kind === 'warm-up' ? 2 : runs); run++) {
        if (kind === 'prepared') await pause(2000);
        else await speaker.reload();
        await speaker.locator(card).waitFor();
        const heard = listener.evaluate(() => window.ears.firstSound());
        await enter(speaker, card);
        const at = await heard;
        const clicked = await speaker.evaluate(() => window.clicks.at(-1));
        results[kind]?.push(at - clicked);
        const { connectedAt } = (await speaker.evaluate(() => window.negotiations())).at(-1);
        connected[kind]?.push(connectedAt - clicked);
        await pause(500);
        await leaveRoom(speaker);
        await pause(700); // until the listener's ears are silent again
      }
    }
    report('Join, cold page: click to connected', connected.cold);
    report('Join, cold page: click to first audible sample', results.cold);
    report('Join, prepared in the lobby: click to connected', connected.prepared);
    report('Join, prepared in the lobby: click to first audible sample', results.prepared);
  } finally {
    await office.close();
  }
}

/** Clicks the card by the page's own hand, so that the time of Playwright's checks is not part of the figure. */
async function enter(page, card) {
  await page.locator(card).waitFor();
  await page.evaluate((selector) => document.querySelector(selector).click(), card);
  await page.getByTestId('room').waitFor();
}
