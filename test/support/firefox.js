// A real Firefox with the product's own page in it, steered by Puppeteer.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { growEars, singAndCount, tapLoopback } from './page-ears.js';
import { openSoundCard } from './sound.js';

const firefoxPath = [process.env.EARSHOT_TEST_FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find(
  (path) => path && existsSync(path),
);

/**
 * Opens the page of an app of its own on the test's own computer, since Firefox is steered over a TCP port of the loopback
 * interface, with a tone for a microphone. Errors that the page throws are collected in `errors`.
 */
export async function openFirefoxPage(office, tone) {
  const page = await prepareFirefoxPage(await openFirefox(office, office.here), tone);
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  const { url } = await office.here.web();
  await page.goto(url);
  return { page, errors };
}

/** Opens a page that has ears, and a tone for a microphone, but is nowhere yet. */
export async function prepareFirefoxPage(firefox, tone) {
  const page = await firefox.newPage();
  await page.evaluateOnNewDocument(tapLoopback, tone !== undefined);
  await page.evaluateOnNewDocument(singAndCount, tone);
  await page.evaluateOnNewDocument(growEars);
  return page;
}

/** Starts a Firefox of its own; it closes with the office. `options` are Puppeteer's. */
export async function openFirefox(office, computer, options = {}) {
  if (!firefoxPath) throw new Error('Firefox is not installed');
  const sound = await openSoundCard(computer); // without one its AudioContext stays suspended
  const browser = await puppeteer.launch({
    browser: 'firefox',
    ...options,
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

export async function enterWithPuppeteer(page, name, roomID) {
  const input = page.locator('[data-testid="name-input"]');
  await input.fill(name);
  await page.keyboard.press('Enter');
  const card = `[data-testid="room-card"][data-room-id="${roomID}"]`;
  await page.locator(card).click();
  await page.waitForSelector('[data-testid="room"]', { timeout: 30_000 });
}
