// Real browsers with the product's own page in them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { growEars, singAndCount, tapLoopback } from './page-ears.js';

export const chromiumPath = process.env.EARSHOT_TEST_CHROMIUM ?? '/usr/bin/chromium';

const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--mute-audio',
];

/** Chromium's own fake microphone, which plays a file through the whole capture path. */
const filedMicrophone = (path) => [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  `--use-file-for-fake-audio-capture=${path}`,
];

/** One that is there, and whose use the user refuses. */
const refusedMicrophone = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream=deny'];

/**
 * A small window at rest: without a graphics card, drawing would take the processor from the sound. Wide enough that no button is in
 * a menu.
 */
const plain = { viewport: { width: 760, height: 480 }, reducedMotion: 'reduce', locale: 'en-US' };

/**
 * Starts a Chromium of its own on the computer; it closes with the office. `look` is Playwright's context options. With a `card`
 * (the environment of a rig.js) it plays aloud there.
 */
export async function openChromium(office, computer, { microphoneFile, card, refused, ...look } = {}) {
  const usual = card ? quiet.filter((flag) => flag !== '--mute-audio') : quiet;
  const browser = await chromium.launch({
    executablePath: computer.script('chromium', chromiumPath),
    args: [...usual, ...(microphoneFile ? filedMicrophone(microphoneFile) : refused ? refusedMicrophone : [])],
    env: { ...computer.environment(), ...card },
    ...(card && { ignoreDefaultArgs: ['--mute-audio'] }), // Playwright's own
  });
  office.onClose(() => browser.close());
  const context = await browser.newContext({ ...plain, permissions: ['microphone'], ...look });
  return { browser, context };
}

/**
 * Starts a Chromium whose profile remembers that the page may use the microphone. Playwright grants it to every frame,
 * whatever the page's own policy says, so this is for tests of what follows from that policy: how connections find their
 * way.
 */
async function openProfile(office, computer, url) {
  const profile = join(computer.home, 'profile');
  mkdirSync(join(profile, 'Default'), { recursive: true });
  const media_stream_mic = { [`${new URL(url).origin},*`]: { setting: 1, last_modified: '13300000000000000' } };
  const preferences = { profile: { content_settings: { exceptions: { media_stream_mic } } } };
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: computer.script('chromium', chromiumPath),
    args: quiet,
    env: computer.environment(),
    ...plain,
  });
  office.onClose(() => context.close());
  return { context };
}

/**
 * Opens the page of the computer's own app in a Chromium of its own, with a tone for a microphone.
 * Errors that the page throws or logs are collected in `errors`. With `remembered` the microphone was allowed before, as a
 * person does it.
 */
export async function openPage(office, computer, url, { tone, remembered, ...look } = {}) {
  const { context } = await (remembered ? openProfile(office, computer, url) : openChromium(office, computer, look));
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.addInitScript(tapLoopback, tone !== undefined);
  await page.addInitScript(singAndCount, tone);
  await page.addInitScript(growEars);
  await page.goto(url);
  return { page, errors };
}
