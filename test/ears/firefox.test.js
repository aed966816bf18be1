// Firefox and Chromium in one room: the same page, two engines, tones both ways.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { enterWithPuppeteer, openFirefoxPage } from '../support/firefox.js';
import { openOffice } from '../support/office.js';
import { enterRoom, expectOneNegotiation, expectToHear, setName, waitForPeople } from '../support/room-page.js';

const all = [440, 660];

test('Firefox and Chromium hear each other', { timeout: 150_000 }, async (t) => {
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Two engines');

  const computer = office.computer('anna');
  const { url } = await computer.web();
  const { page: chromium } = await openPage(office, computer, url, { tone: 440 });
  await setName(chromium, 'anna');
  await enterRoom(chromium, { roomID: room.id });

  const { page, errors } = await openFirefoxPage(office, 660);
  await enterWithPuppeteer(page, 'ben', room.id);

  for (const where of [chromium, page]) await waitForPeople(where, ['anna', 'ben']);
  await expectToHear(chromium, [660], all);
  await expectToHear(page, [440], all);
  await expectOneNegotiation(chromium, 'Chromium');
  await expectOneNegotiation(page, 'Firefox');

  await page.locator('[data-testid="mute"]').click();
  await expectToHear(chromium, [], all);
  await page.locator('[data-testid="mute"]').click();
  await expectToHear(chromium, [660], all);
  assert.deepEqual(errors, []);
});
