// Files that people send each other from real pages: dropped, pasted or chosen; whole at the other end, only after it was accepted, and nobody
// who talks meanwhile is disturbed.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { watch } from '../support/hearing.js';
import { openOffice } from '../support/office.js';
import { until } from '../support/program.js';
import { enterRoom, letItPlay, setName, waitForPeople } from '../support/room-page.js';

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Drops or pastes a file of 3 MB, the bytes of which can be told, as a person does it; returns its hash. */
const bring = (page, name, how) =>
  page.evaluate(
    async ([name, how]) => {
      const bytes = new Uint8Array(3_000_000).map((_, i) => (i * 31 + (i >> 8)) % 256);
      const data = new DataTransfer();
      data.items.add(new File([bytes], name));
      if (how === 'drop')
        document
          .querySelector('[data-testid="room"]')
          .dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      else
        document
          .querySelector('[data-testid="chat-input"]')
          .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    [name, how],
  );

test('people send each other files', { timeout: 180_000 }, async (t) => {
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Kitchen');
  const pages = {};
  const downloads = {};
  for (const [name, tone] of Object.entries({ anna: 440, ben: 700, chloe: 1100 })) {
    const computer = office.computer(name);
    downloads[name] = join(computer.home, 'Downloads');
    const program = computer.earshot(['web', '--json', '--no-open'], {
      config: 'web',
      env: { XDG_DOWNLOAD_DIR: downloads[name] },
    });
    const { url } = await program.event('ready', (event) => event.event === 'ready');
    ({ page: pages[name] } = await openPage(office, computer, url, { tone }));
    await setName(pages[name], name);
    await enterRoom(pages[name], { roomID: room.id });
  }
  const { anna, ben, chloe } = pages;
  for (const page of Object.values(pages)) await waitForPeople(page, ['anna', 'ben', 'chloe']);
  for (const page of Object.values(pages)) await letItPlay(page);
  const file = (page) => page.getByTestId('chat-file').last();
  const state = (page, wanted) =>
    until(`the file is ${wanted}`, async () => (await file(page).getAttribute('data-state')) === wanted, {
      within: 30_000,
    });

  await t.test(
    'dropped, to one person: the others learn nothing, and nothing is written before it is accepted',
    async () => {
      const sent = await bring(anna, '../plan\u202efdp.exe', 'drop');
      await anna.getByTestId('share-dialog').waitFor();
      await anna.getByTestId('share-to').selectOption({ label: 'ben' });
      await anna.getByTestId('share-send').click();
      await state(anna, 'offered');
      await ben.getByTestId('chat').click();
      await state(ben, 'offered');
      assert.equal(existsSync(downloads.ben) && readdirSync(downloads.ben).length > 0, false);
      await chloe.getByTestId('chat').click();
      assert.equal(await chloe.getByTestId('chat-file').count(), 0);
      await ben.getByTestId('file-accept').click();
      await state(ben, 'done');
      await state(anna, 'done');
      const [name, ...more] = readdirSync(downloads.ben);
      assert.deepEqual(more, []);
      assert.match(name, /^plan[^\u202e/]*fdp\.exe$/u);
      assert.equal(hash(readFileSync(join(downloads.ben, name))), sent);
    },
  );
  await t.test('pasted, to everybody: one takes it, one does not', async () => {
    const sent = await bring(anna, 'photo.jpg', 'paste');
    await anna.getByTestId('share-send').click();
    await state(ben, 'offered');
    await state(chloe, 'offered');
    await ben.getByTestId('file-decline').click();
    await chloe.getByTestId('file-accept').click();
    await state(chloe, 'done');
    await until('anna sees both', async () => (await file(anna).textContent()).includes('1 of 2'));
    assert.equal(hash(readFileSync(join(downloads.chloe, 'photo.jpg'))), sent);
    assert.equal(readdirSync(downloads.ben).length, 1);
  });
  await t.test('chosen, and large: two talk on meanwhile and miss nothing', async () => {
    const quiet = await watch([ben, chloe], 5);
    const bytes = randomBytes(30 << 20);
    const path = join(office.folder, 'large.bin');
    writeFileSync(path, bytes);
    await anna.getByTestId('file-input').setInputFiles(path);
    await anna.getByTestId('share-to').selectOption({ label: 'ben' });
    const began = performance.now();
    await anna.getByTestId('share-send').click();
    await until('ben is asked', async () => (await file(ben).textContent()).includes('large.bin'), { within: 30_000 });
    t.diagnostic(`30 MiB from the page to the app: ${((30 * 1000) / (performance.now() - began)).toFixed(0)} MiB/s`);
    await ben.getByTestId('file-accept').click();
    await state(ben, 'moving');
    const busy = await watch([ben, chloe], 5);
    assert.equal(await file(ben).getAttribute('data-state'), 'moving', 'the file was on its way all the time');
    for (const [index, name] of ['ben', 'chloe'].entries()) {
      const [before, during] = [quiet[index].concealed, busy[index].concealed];
      t.diagnostic(`${name}: ${(100 * during).toFixed(2)} % made up during it, ${(100 * before).toFixed(2)} % before`);
      assert.ok(during < before + 0.02, `${name} heard ${(100 * during).toFixed(1)} % of made-up sound`);
    }
    await state(ben, 'done');
    assert.equal(hash(readFileSync(join(downloads.ben, 'large.bin'))), hash(bytes));
  });
  await t.test('taken back in the middle, nothing of it is left', async () => {
    await anna.getByTestId('file-input').setInputFiles(join(office.folder, 'large.bin'));
    await anna.getByTestId('share-to').selectOption({ label: 'ben' });
    await anna.getByTestId('share-send').click();
    await state(ben, 'offered');
    await ben.getByTestId('file-accept').click();
    await state(ben, 'moving');
    await anna.getByTestId('file-cancel').click();
    await state(ben, 'gone');
    await until('nothing of it is left', () => readdirSync(downloads.ben).length === 2);
  });
});
