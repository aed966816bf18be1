// What is written in a room, in real pages: it reaches everybody and those who come later, links open elsewhere, markup is text.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { openOffice } from '../support/office.js';
import { until } from '../support/program.js';
import { enterRoom, setName, waitForPeople } from '../support/room-page.js';

test('people write to each other', { timeout: 120_000 }, async (t) => {
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Kitchen');
  const pages = {};
  const open = async (name, env = {}) => {
    const computer = office.computer(name);
    const program = computer.earshot(['web', '--json', '--no-open'], { config: 'web', env });
    const { url } = await program.event('ready', (event) => event.event === 'ready');
    ({ page: pages[name] } = await openPage(office, computer, url, { tone: 440 }));
    await setName(pages[name], name);
    await enterRoom(pages[name], { roomID: room.id });
    return computer;
  };
  const bin = join(office.folder, 'bin');
  const opened = join(office.folder, 'opened');
  mkdirSync(bin);
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$@" >${opened}\n`, { mode: 0o755 });
  await open('anna');
  await open('ben', { PATH: `${bin}:${process.env.PATH}`, DISPLAY: ':0' });
  for (const page of Object.values(pages)) await waitForPeople(page, ['anna', 'ben']);
  const { anna, ben } = pages;
  const messages = (page) => page.getByTestId('chat-message').locator('p').allTextContents();
  const reads = (page, want) =>
    until(`the chat is ${want.join(' / ')}`, async () => (await messages(page)).join('\n') === want.join('\n'));

  await t.test('with the keyboard, and whoever has the chat closed is told that something is new', async () => {
    await anna.getByTestId('chat').click();
    await anna.keyboard.type('coffee?');
    await anna.keyboard.press('Shift+Enter');
    await anna.keyboard.type('see https://example.org/menu?day=1.');
    await anna.keyboard.press('Enter');
    await reads(anna, ['coffee?\nsee https://example.org/menu?day=1.']);
    await until('ben is told', async () => (await ben.getByTestId('chat').textContent()).includes('1'));
    await ben.getByTestId('chat').click();
    await reads(ben, ['coffee?\nsee https://example.org/menu?day=1.']);
    assert.equal((await ben.getByTestId('chat').textContent()).includes('1'), false);
  });
  await t.test('a link opens outside the page, by a click', async () => {
    assert.equal(existsSync(opened), false);
    const address = ben.url();
    await ben.getByTestId('chat-message').getByRole('link').click();
    await until('the browser of the system opens it', () => existsSync(opened) && readFileSync(opened, 'utf8') !== '');
    assert.equal(readFileSync(opened, 'utf8').trim(), 'https://example.org/menu?day=1');
    assert.equal(ben.url(), address);
    assert.equal(ben.context().pages().length, 1);
  });
  await t.test('markup is text', async () => {
    const text = '<img src=x onerror="document.title=1"><b>bold</b> javascript:alert(1)';
    await ben.getByTestId('chat-input').fill(text);
    await ben.getByTestId('chat-send').click();
    await until('anna reads it', async () => (await messages(anna)).at(-1) === text);
    assert.equal(await anna.locator('#chat img, #chat b, #chat a[href^="javascript"]').count(), 0);
  });
  await t.test('whoever comes later, or reloads, reads what was there', async () => {
    await open('chloe');
    await pages.chloe.getByTestId('chat').click();
    const before = await messages(anna);
    await reads(pages.chloe, before);
    await anna.reload();
    await anna.getByTestId('room').waitFor();
    await anna.getByTestId('chat').click();
    await reads(anna, before);
    // Escape closes it and gives the focus back.
    await anna.keyboard.press('Escape');
    await anna.getByTestId('chat-panel').waitFor({ state: 'hidden' });
    assert.equal(await anna.evaluate(() => document.activeElement.dataset.testid), 'chat');
  });
});
