// Firefox and Chromium in one room: the same page, two engines, tones both ways.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { openPage } from '../support/browsers.js';
import { openOffice } from '../support/office.js';
import { growEars, singAndCount } from '../support/page-ears.js';
import { enterRoom, expectOneNegotiation, expectToHear, setName, waitForPeople } from '../support/room-page.js';
import { openSoundCard } from '../support/sound.js';

const all = [440, 660];
const firefoxPath = [process.env.EARSHOT_TEST_FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find(
  (path) => path && existsSync(path),
);

test('Firefox and Chromium hear each other', { timeout: 150_000 }, async (t) => {
  assert.ok(firefoxPath, 'Firefox is installed');
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Two engines');

  const computer = office.computer('anna');
  const { url } = await computer.web();
  const { page: chromium } = await openPage(office, computer, url, { tone: 440 });
  await setName(chromium, 'anna');
  await enterRoom(chromium, { roomID: room.id });

  // Firefox is steered over a TCP port of the loopback interface, so it runs on the test's own computer.
  const firefox = await openFirefox(office, office.here);
  const page = await firefox.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.evaluateOnNewDocument(singAndCount, 660);
  await page.evaluateOnNewDocument(growEars);
  const { url: firefoxURL } = await office.here.web();
  await page.goto(firefoxURL);
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

async function openFirefox(office, computer) {
  const sound = await openSoundCard(computer); // without one its AudioContext stays suspended
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefoxPath,
    headless: true,
    userDataDir: join(computer.home, 'firefox'),
    env: computer.environment({ ...sound, MOZ_DISABLE_CONTENT_SANDBOX: '1' }),
    extraPrefsFirefox: {
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
      'app.update.enabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  });
  office.onClose(() => browser.close());
  return browser;
}

async function enterWithPuppeteer(page, name, roomID) {
  const input = page.locator('[data-testid="name-input"]');
  await input.fill(name);
  await page.keyboard.press('Enter');
  const card = `[data-testid="room-card"][data-room-id="${roomID}"]`;
  await page.locator(card).click();
  await page.waitForSelector('[data-testid="room"]', { timeout: 30_000 });
}
