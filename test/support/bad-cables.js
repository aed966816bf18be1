// Two people in Chromium who talk to each other, each on a cable of its own that can be made bad. By loopback, one of them
// does: what passes between the two ways is then counted at both ends.
import { openPage } from './browsers.js';
import { transport } from './office.js';
import { enterRoom, expectToHear, setName } from './room-page.js';

/**
 * Opens a room on a computer with a good cable and lets anna and ben in, who sing. A voice passes two cables: the
 * speaker's on its way up and the listener's on its way down. Returns {cables, pages}.
 */
export async function twoOnBadCables(office) {
  const { room } = await office.computer('server').host('Bad cables');
  const tones = { anna: 440, ben: 660 };
  const cables = [];
  const pages = [];
  for (const [index, [name, tone]] of Object.entries(tones).entries()) {
    const computer = office.computer(name, { cable: { seed: 11 + index } });
    const { url } = await computer.web('web', { voice: name === 'ben' ? 'webrtc' : transport });
    const { page } = await openPage(office, computer, url, { tone });
    await setName(page, name);
    await enterRoom(page, { roomID: room.id });
    cables.push(computer.cable);
    pages.push(page);
  }
  const all = Object.values(tones);
  await expectToHear(pages[0], [tones.ben], all);
  await expectToHear(pages[1], [tones.anna], all);
  return { cables, pages };
}
