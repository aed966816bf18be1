// What is done to a microphone on its way, with Chromium's own capture: noise that is taken out, another level of it in the middle of
// a call, a dead microphone, hearing oneself, and a microphone that is not allowed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openChromium } from '../support/browsers.js';
import { openOffice } from '../support/office.js';
import { growEars, singAndCount } from '../support/page-ears.js';
import { pause, until } from '../support/program.js';
import { noisyWords, wav } from '../support/rig.js';
import { enterRoom, letItPlay, setName } from '../support/room-page.js';

const rate = 48000;

function file(office, name, samples) {
  const path = join(office.folder, `${name}.wav`);
  writeFileSync(path, wav(samples));
  return path;
}

/** Loudness, dB of full scale, of what the page hears in pieces of 50 ms over some seconds. */
function loudness(page, seconds) {
  return page.evaluate(async (seconds) => {
    window.scale ??= new AudioContext({ sampleRate: 48000 });
    await window.scale.resume();
    const ear = new AnalyserNode(window.scale, { fftSize: 2048 });
    const sources = [...document.querySelectorAll('audio[data-seat]')]
      .filter(({ srcObject }) => srcObject?.getAudioTracks().length)
      .map(({ srcObject }) => new MediaStreamAudioSourceNode(window.scale, { mediaStream: srcObject }));
    sources.forEach((source) => source.connect(ear));
    const samples = new Float32Array(2048);
    const heard = [];
    const end = performance.now() + 1000 * seconds;
    while (performance.now() < end) {
      await new Promise((done) => setTimeout(done, 50));
      ear.getFloatTimeDomainData(samples);
      heard.push(10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 1e-12) / 2048));
    }
    sources.forEach((source) => source.disconnect());
    return heard.sort((a, b) => a - b);
  }, seconds);
}

const quantile = (sorted, share) => sorted[Math.floor(share * (sorted.length - 1))];

/** How far words stand above what is between them, dB. */
async function signalToNoise(page) {
  const heard = await loudness(page, 7);
  return { snr: quantile(heard, 0.85) - quantile(heard, 0.15), words: quantile(heard, 0.85) };
}

async function openIn(office, computer, url, { microphoneFile, refused } = {}) {
  const { context } = await openChromium(office, computer, {
    microphoneFile,
    refused,
    ...(refused && { permissions: [] }),
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

async function chooseNoise(page, level) {
  await page.getByTestId('devices').click();
  await page.getByTestId('devices-panel').getByText(level, { exact: true }).click();
  await page.keyboard.press('Escape');
}

test('noise is taken out of a voice as it is chosen, in the middle of a call', { timeout: 180_000 }, async (t) => {
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Workshop');
  const annas = office.computer('anna');
  const noisy = file(office, 'noisy', noisyWords(12, 0.02));
  const { page: anna, errors } = await openIn(office, annas, (await annas.web()).url, { microphoneFile: noisy });
  const bens = office.computer('ben');
  const { context } = await openChromium(office, bens);
  const ben = await context.newPage();
  await ben.addInitScript(singAndCount, 440);
  await ben.addInitScript(growEars);
  await ben.goto((await bens.web()).url);
  for (const [name, page] of Object.entries({ anna, ben })) {
    await setName(page, name);
    await enterRoom(page, { name: room.name });
  }
  await letItPlay(ben);
  await letItPlay(anna);
  await ben.getByTestId('mute').click();

  const figures = {};
  for (const level of ['Off', 'Standard', 'Strong']) {
    await chooseNoise(anna, level);
    await pause(4000); // suppressors learn the room for a while
    figures[level] = await signalToNoise(ben);
  }
  t.diagnostic(JSON.stringify(figures));
  assert.ok(figures.Standard.snr > figures.Off.snr + 3, JSON.stringify(figures));
  assert.ok(figures.Strong.snr > figures.Off.snr + 12, JSON.stringify(figures));
  assert.ok(figures.Strong.words > figures.Off.words - 12, `the voice is still there: ${JSON.stringify(figures)}`);

  await t.test('mute works on the way through the cleaner, and ends', async () => {
    await anna.getByTestId('mute').click();
    await until('silence', async () => quantile(await loudness(ben, 1), 0.95) < -80);
    await anna.getByTestId('mute').click();
    await until('words again', async () => quantile(await loudness(ben, 1.5), 0.9) > -50);
  });
  await t.test('the page reported nothing', () => assert.deepEqual(errors, []));
});

test(
  'a microphone that gives nothing is named within 5 s, and no longer when it gives something',
  { timeout: 90_000 },
  async (t) => {
    const office = openOffice(t);
    const { room } = await office.computer('server').host('Quiet');
    const computer = office.computer('anna');
    const dead = file(office, 'dead', new Float32Array(60 * rate));
    const { page } = await openIn(office, computer, (await computer.web()).url, { microphoneFile: dead });
    await setName(page, 'anna');
    await enterRoom(page, { name: room.name });
    await page.getByTestId('mute').and(page.locator(':enabled')).waitFor();
    const since = Date.now();
    await page.getByTestId('dead-microphone').waitFor({ timeout: 15_000 });
    t.diagnostic(
      `said after ${String(Date.now() - since)} ms: ${await page.getByTestId('dead-microphone').innerText()}`,
    );
    assert.match(await page.getByTestId('dead-microphone').innerText(), /nothing from your microphone, .*Fake/i);
    await page.getByTestId('mute').click();
    await page.getByTestId('dead-microphone').waitFor({ state: 'detached' });
  },
);

test('somebody hears themselves by the way of a room, with a delay', { timeout: 90_000 }, async (t) => {
  const office = openOffice(t);
  const computer = office.computer('anna');
  const words = file(office, 'words', noisyWords(12, 0.0005));
  const { page, errors } = await openIn(office, computer, (await computer.web()).url, { microphoneFile: words });
  await page.getByTestId('check-accept').click();
  let state;
  await until(
    'the bars say that it hears',
    async () => (state = await page.getByTestId('level-meter').getAttribute('data-state')) === 'speaking',
  ).catch((error) => assert.fail(`${String(error)} ${state} ${errors.join()}`));
  await page.getByTestId('play-sound').click();
  await page.getByTestId('hear-myself').click();
  const delay = page.getByTestId('check-delay');
  const measured = await until('the delay', async () => Number(await delay.getAttribute('data-milliseconds')), {
    within: 30_000,
  });
  t.diagnostic(`${String(measured)} ms: ${await delay.innerText()}`);
  assert.ok(measured > 20 && measured < 400, `${String(measured)} ms`);
  const back = await page.evaluate(async () => {
    const { srcObject } = document.querySelector('audio[data-check]');
    const context = new AudioContext({ sampleRate: 48000 });
    const ear = new AnalyserNode(context, { fftSize: 32768 });
    new MediaStreamAudioSourceNode(context, { mediaStream: srcObject }).connect(ear);
    const samples = new Float32Array(32768);
    let most = 0;
    for (let i = 0; i < 30; i++) {
      await new Promise((done) => setTimeout(done, 100));
      ear.getFloatTimeDomainData(samples);
      most = Math.max(most, samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    }
    return 10 * Math.log10(most);
  });
  t.diagnostic(`what comes back has ${back.toFixed(1)} dBFS`);
  assert.ok(back > -45);
  await page.getByTestId('check-done').click();
  assert.equal(await page.locator('audio[data-check]').count(), 0);
  assert.equal(await page.getByTestId('check-offer').count(), 0, 'it is offered once');
  assert.deepEqual(errors, []);
});

test('a microphone that is not allowed comes with the way to allow it', { timeout: 60_000 }, async (t) => {
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Closed');
  const computer = office.computer('anna');
  const { page } = await openIn(office, computer, (await computer.web()).url, { refused: true });
  await page.getByTestId('check-accept').click();
  await page.getByTestId('check-trouble').waitFor();
  assert.equal(await page.getByTestId('check-trouble').getAttribute('data-reason'), 'refused');
  await page.getByTestId('check-done').click();
  await setName(page, 'anna');
  await enterRoom(page, { name: room.name });
  assert.match(await page.getByTestId('listening-hint').innerText(), /left of the address bar/);
});
