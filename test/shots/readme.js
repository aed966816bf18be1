// Pictures for the README, taken of the real app with real participants: docs/images/{lobby,room}{,-dark,-ko}.png.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { openPage } from '../support/browsers.js';
import { Office } from '../support/office.js';
import { pause, until } from '../support/program.js';
import { enterRoom, people, setName } from '../support/room-page.js';
import { makeTone } from '../support/tones.js';

const folder = resolve('../docs/images');
const rooms = [
  { host: 'Ines', name: 'Kitchen table', talking: ['Ines', 'Aiko'], quiet: ['Jonas'], listening: ['Tomás'] },
  { host: '서연', name: '디자인 회의', talking: ['서연'], quiet: ['민준'], listening: [] },
  { host: 'Noor', name: 'Quiet hours', talking: [], quiet: ['Noor'], listening: [] },
];
const looks = [
  { suffix: '', colorScheme: 'light', locale: 'en-US' },
  { suffix: '-dark', colorScheme: 'dark', locale: 'en-US' },
  { suffix: '-ko', colorScheme: 'light', locale: 'ko-KR' },
];

mkdirSync(folder, { recursive: true });
const office = new Office();
try {
  const tone = makeTone(office.folder, 440, 20);
  const silence = makeTone(office.folder, 0, 20);
  for (const [index, { host, name, talking, quiet, listening }] of rooms.entries()) {
    const computer = office.computer(`host${String(index)}`);
    const { room } = await computer.host(name, ['--host-name', host]);
    for (const person of [...talking, ...quiet, ...listening]) {
      const sound = listening.includes(person) ? [] : ['--play', talking.includes(person) ? tone : silence, '--loop'];
      await computer.join(room.invite, person, sound);
    }
  }
  const desk = office.computer('desk');
  const { url } = await desk.web();
  for (const { suffix, colorScheme, locale } of looks) {
    const { page } = await openPage(office, desk, url, {
      tone: 0, // a quiet microphone
      colorScheme,
      locale,
      viewport: { width: 1080, height: 720 },
      deviceScaleFactor: 2,
    });
    await setName(page, 'Mira');
    await until(
      'the lobby shows all rooms',
      async () => (await page.getByTestId('room-card').count()) === rooms.length,
    );
    await pause(1500); // counts and measured paths have settled
    await page.screenshot({ path: `${folder}/lobby${suffix}.png` });
    await enterRoom(page, { name: rooms[0].name });
    await until(
      'two people speak',
      async () => Object.values(await people(page)).filter((one) => one.speaking).length >= 2,
    );
    await pause(1500);
    await page.screenshot({ path: `${folder}/room${suffix}.png` });
    await page.getByTestId('leave').click();
    await page.getByTestId('lobby').waitFor();
    await page.close();
  }
  console.log(`pictures are in ${folder}`);
} finally {
  await office.close();
}
