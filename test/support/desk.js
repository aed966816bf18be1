// Two desks in one room: at each the real window or a page in Chromium, and one sound card of four channels between them, which
// has what is said and what is heard at both, in sync.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumPath } from './browsers.js';
import { levelOf, rate } from './compare.js';
import { findWindow, inspect, openDesktop } from './desktop.js';
import { Office } from './office.js';
import { growEars, singAndCount, tapLoopback } from './page-ears.js';
import { pause, until } from './program.js';
import { openRig } from './rig.js';
import { enterRoom, setName } from './room-page.js';

/** Where a window's page can be looked into, on its own computer. */
const inspector = '127.0.0.1:9226';
/** Prints what the app's sound card did each second too. */
const details = process.env.EARSHOT_BENCH_DETAILS === '1';

/** Some seconds of somebody reading, by a synthesizer: samples, and an Ogg Opus file. */
export function speak(voice = 'en') {
  const text =
    "The quick brown fox jumps over the lazy dog. We talk about the plans for the coming week, and who brings coffee to the meeting on Thursday afternoon. She had your dark suit in greasy wash water all year. Don't ask me to carry an oily rag like that.";
  const wav = execFileSync('espeak-ng', ['-v', voice, '-s', '150', '--stdout', text], { maxBuffer: 1 << 26 });
  const convert = (...to) =>
    execFileSync('ffmpeg', ['-v', 'error', '-i', '-', '-ac', '1', '-ar', String(rate), ...to], {
      input: wav,
      maxBuffer: 1 << 28,
    });
  const bytes = convert('-f', 'f32le', '-');
  return {
    samples: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4),
    ogg: convert('-c:a', 'libopus', '-b:a', '32k', '-frame_duration', '20', '-application', 'voip', '-f', 'ogg', '-'),
  };
}

export const repeated = (samples, seconds, gain = 0.5) =>
  Float32Array.from({ length: seconds * rate }, (_, i) => gain * samples[i % samples.length]);

export const cleaned = { echo: true, noise: 'standard', gain: true };
export const asItIs = { echo: false, noise: 'off', gain: false };

/**
 * Opens a room with that many talkers, who read `speech`, and the ends: `near` and `far` are 'window', 'Chromium' or undefined. `sound` and
 * `music` are the near end's settings; the far end's sound is left as it is unless `farSound` says otherwise. measure is given the
 * rig and what openEnd returns of each.
 */
export async function inRoom(
  { near = 'window', far, seats = 0, speech, sound = {}, farSound = {}, music = false },
  measure,
) {
  const office = new Office();
  try {
    const host = office.computer('host');
    const { room } = await host.host('Bench');
    if (seats > 0) {
      const file = join(host.home, 'speech.ogg');
      writeFileSync(file, speech.ogg);
      for (let i = 0; i < seats; i++) await host.join(room.invite, `talker ${String(i)}`, ['--play', file, '--loop']);
    }
    const rig = await openRig(office.here);
    const open = (kind, name, computer, env, sound) =>
      kind && openEnd(kind, { office, computer, env, room, settings: settingsOf(name, sound, music) });
    const colleague = await open(far, 'colleague', office.computer('colleague'), rig.farEnv, farSound);
    const desk = await open(near, 'desk', office.here, rig.env, sound);
    if (far) {
      await flows(rig, 'mouth', 'far-speaker');
      await flows(rig, 'far-mouth', 'speaker');
    } else await pause(10_000);
    await measure({ rig, desk, colleague, seats });
    if (details) console.log(desk.app.stderr.match(/.*\bloudspeaker .*/g)?.join('\n'));
  } finally {
    await office.close();
  }
}

/** Waits until what is said at one end is heard at the other: a busy machine takes its time to open a window. */
async function flows(rig, mouth, ear) {
  const saying = rig.say(mouth, repeated(speak().samples, 60, 1));
  await until(
    `${ear} plays what ${mouth} says`,
    async () => {
      const recording = rig.record();
      await pause(1500);
      const heard = await recording.stop();
      return levelOf(heard[ear], 0, heard[ear].length) > -50;
    },
    { within: 50_000 },
  );
  await saying.stop('SIGINT');
}

const settingsOf = (name, sound, music) => ({
  version: 1,
  profile: { name },
  sound,
  quality: { bitrate: 32000, music, lowDelay: process.env.EARSHOT_BENCH_LOW_DELAY === '1' },
});

/** Opens the window, or a page, in the room: {app, page}, the page being Chromium's; inspect() looks into a window on this computer. */
async function openEnd(kind, { office, computer, env, room, settings }) {
  const config = join(computer.home, 'end');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'settings.json'), JSON.stringify(settings));
  if (kind === 'window') {
    const desktop = await openDesktop(computer);
    const app = computer.earshot([...(details ? ['--verbose'] : []), room.invite], {
      config: 'end',
      env: { ...desktop, ...env, WEBKIT_INSPECTOR_HTTP_SERVER: inspector, LANGUAGE: 'en', LC_ALL: 'C.UTF-8' },
    });
    await findWindow(desktop, '^Earshot$');
    return { app, inspect: () => inspect(inspector) };
  }
  const { program, url } = await computer.web('end');
  const browser = await chromium.launch({
    executablePath: computer.script('chromium', chromiumPath),
    ignoreDefaultArgs: ['--mute-audio'],
    args: ['--disable-gpu', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
    env: computer.environment(env),
  });
  office.onClose(() => browser.close());
  const context = await browser.newContext({
    viewport: { width: 480, height: 640 },
    reducedMotion: 'reduce',
    permissions: ['microphone'],
  });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await page.addInitScript(tapLoopback, false);
  await page.addInitScript(singAndCount, undefined);
  await page.addInitScript(growEars);
  await page.goto(url);
  await setName(page, settings.profile.name);
  await enterRoom(page, { roomID: room.id });
  return { app: program, page, browser };
}
