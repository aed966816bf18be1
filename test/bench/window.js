// The voice of the real window on Linux: what it costs, whether its memory grows, and how late a voice is both ways. A sound
// card of four channels has what is said and what is heard at both ends, in sync. The colleague is a Chromium on another
// computer.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumPath } from '../support/browsers.js';
import { findWindow, openDesktop } from '../support/desktop.js';
import { median } from '../support/figures.js';
import { Office } from '../support/office.js';
import { pause, until } from '../support/program.js';
import { openRig } from '../support/rig.js';
import { enterRoom, setName } from '../support/room-page.js';

const rate = 48000;
const minutes = Number(process.env.EARSHOT_BENCH_MINUTES ?? 10);
/** Prints what the app's sound card did each second too. */
const details = process.env.EARSHOT_BENCH_DETAILS === '1';
const only = (process.env.EARSHOT_BENCH_WINDOW ?? 'cost,memory,delay').split(',');

export async function window() {
  const speech = speak();
  if (only.includes('cost')) await inRoom({ seats: 10, speech }, cost);
  if (only.includes('memory')) await inRoom({ seats: 3, speech }, memory);
  if (only.includes('delay')) await inRoom({ colleague: true, speech }, delay);
}

/** Half a minute of somebody reading, by a synthesizer. */
function speak() {
  const text =
    "The quick brown fox jumps over the lazy dog. We talk about the plans for the coming week, and who brings coffee to the meeting on Thursday afternoon. She had your dark suit in greasy wash water all year. Don't ask me to carry an oily rag like that.";
  const wav = execFileSync('espeak-ng', ['-s', '150', '--stdout', text], { maxBuffer: 1 << 26 });
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

const repeated = (samples, seconds, gain = 0.5) =>
  Float32Array.from({ length: seconds * rate }, (_, i) => gain * samples[i % samples.length]);

/** Opens a room with that many talkers, or a colleague in Chromium, and the window in it. */
async function inRoom({ seats = 0, colleague = false, speech }, measure) {
  const office = new Office();
  try {
    const host = office.computer('host');
    const { room } = await host.host('Bench');
    const file = join(host.home, 'speech.ogg');
    writeFileSync(file, speech.ogg);
    for (let i = 0; i < seats; i++) await host.join(room.invite, `talker ${String(i)}`, ['--play', file, '--loop']);
    const desk = office.here;
    const rig = await openRig(desk);
    const desktop = await openDesktop(desk);
    mkdirSync(join(desk.home, 'window'), { recursive: true });
    writeFileSync(
      join(desk.home, 'window', 'settings.json'),
      JSON.stringify({
        version: 1,
        profile: { name: 'desk' },
        quality: { bitrate: 32000, music: false, lowDelay: process.env.EARSHOT_BENCH_LOW_DELAY === '1' },
      }),
    );
    if (colleague) await openColleague(office, rig, room);
    const app = desk.earshot([...(details ? ['--verbose'] : []), room.invite], {
      config: 'window',
      env: {
        ...desktop,
        ...rig.env,
        LANGUAGE: 'en',
        LC_ALL: 'C.UTF-8',
        ...(process.env.GSTD
          ? { GST_DEBUG: process.env.GSTD, GST_DEBUG_FILE: '/tmp/ear/gst-%p.log', GST_DEBUG_NO_COLOR: '1' }
          : {}),
      },
    });
    await findWindow(desktop, '^Earshot$');
    const web = await until('the web process is there', () => webProcessOf(app.pid), { within: 20_000 });
    await pause(5000);
    await measure({ rig, web, speech, seats });
    if (details) console.log(app.stderr.match(/.*\bloudspeaker .*/g)?.join('\n'));
  } finally {
    await office.close();
  }
}

/** A Chromium with the sound card's far end. */
async function openColleague(office, rig, room) {
  const computer = office.computer('colleague');
  const config = join(computer.home, 'web');
  mkdirSync(config, { recursive: true });
  writeFileSync(
    join(config, 'settings.json'),
    JSON.stringify({
      version: 1,
      profile: { name: 'colleague' },
      quality: { bitrate: 32000, music: false, lowDelay: false },
    }),
  );
  const { url } = await computer.web();
  const browser = await chromium.launch({
    executablePath: computer.script('chromium', chromiumPath),
    ignoreDefaultArgs: ['--mute-audio'],
    args: ['--disable-gpu', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
    env: computer.environment(rig.farEnv),
  });
  office.onClose(() => browser.close());
  const context = await browser.newContext({
    viewport: { width: 480, height: 640 },
    reducedMotion: 'reduce',
    permissions: ['microphone'],
  });
  const page = await context.newPage();
  await page.goto(url);
  await setName(page, 'colleague');
  await enterRoom(page, { roomID: room.id });
}

async function cost({ rig, web, speech, seats }) {
  rig.say('mouth', repeated(speech.samples, 120));
  await pause(20_000); // for what is compiled while it runs
  for (let i = 0; i < 3; i++) {
    const before = threadsOf(web);
    await pause(10_000);
    const spent = threadsOf(web);
    const parts = Object.entries(spent)
      .map(([name, ticks]) => [name.split(':')[0], (ticks - (before[name] ?? 0)) / 10])
      .sort(([, a], [, b]) => b - a);
    const all = parts.reduce((sum, [, share]) => sum + share, 0);
    const most = parts.slice(0, 6).map(([name, share]) => `${name} ${share.toFixed(1)}`);
    console.log(
      `Window, cost: 1 microphone and ${String(seats)} seats ${all.toFixed(1)} % of a processor: ${most.join(', ')}`,
    );
  }
}

async function memory({ rig, web, speech, seats }) {
  rig.say('mouth', repeated(speech.samples, 60 * minutes + 60));
  await pause(Number(process.env.WARM ?? 60) * 1000);
  const first = memoryOf(web);
  for (let minute = 1; minute <= minutes; minute++) {
    await pause(60_000);
    const now = memoryOf(web);
    console.log(
      `Window, memory: ${String(seats)} seats, minute ${String(minute)}: ${now.toFixed(1)} MB, ${((now - first) / minute).toFixed(2)} MB a minute`,
    );
  }
}

async function delay({ rig, speech }) {
  for (const [name, mouth, ear] of [
    ['window to Chromium', 'mouth', 'far-speaker'],
    ['Chromium to window', 'far-mouth', 'speaker'],
  ]) {
    const saying = rig.say(mouth, repeated(speech.samples, 26));
    await pause(4000);
    const recording = rig.record();
    await pause(18_000);
    const heard = await recording.stop();
    await saying.exited;
    const delays = [];
    for (let second = 1; second <= 15; second++) {
      const found = delayOf(heard[mouth], heard[ear], second * rate);
      if (found !== undefined) delays.push(found);
    }
    if (delays.length === 0) {
      console.log(`Window, delay: ${name}: nothing is heard`);
      continue;
    }
    console.log(
      `Window, delay: ${name}: median ${median(delays).toFixed(0)} ms, worst ${Math.max(...delays).toFixed(0)} ms (${String(delays.length)} of 15 seconds): ` +
        delays.map((each) => each.toFixed(0)).join(' '),
    );
  }
}

/** How much later, in ms, a second of one recording is in the other; undefined where it cannot be told. */
function delayOf(said, heard, from) {
  const every = 6; // 8 kHz
  const thin = (samples, at, count) =>
    Float32Array.from({ length: count }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < every; k++) sum += samples[at + every * i + k] ?? 0;
      return sum;
    });
  const count = rate / every;
  const piece = thin(said, from, count);
  const energy = piece.reduce((sum, each) => sum + each * each, 0);
  if (energy < 1) return undefined;
  const most = 8 * 900;
  const ear = thin(heard, from, count + most);
  let [best, likeness] = [0, 0];
  for (let lag = 0; lag < most; lag++) {
    let product = 0;
    let power = 1e-9;
    for (let i = 0; i < count; i++) {
      product += piece[i] * ear[lag + i];
      power += ear[lag + i] * ear[lag + i];
    }
    const like = Math.abs(product) / Math.sqrt(power * energy);
    if (like > likeness) [best, likeness] = [lag, like];
  }
  return likeness > 0.4 ? best / 8 : undefined;
}

/** One line of proc(5)'s stat: name, parent, clock ticks spent. */
function statOf(path) {
  const text = readFileSync(path, 'utf8');
  const end = text.lastIndexOf(')');
  const rest = text.slice(end + 2).split(' ');
  return {
    name: text.slice(text.indexOf('(') + 1, end),
    parent: Number(rest[1]),
    ticks: Number(rest[11]) + Number(rest[12]),
  };
}

function webProcessOf(parent) {
  for (const pid of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const stat = statOf(`/proc/${pid}/stat`);
      if (stat.name.startsWith('WebKitWebProces') && stat.parent === parent) return pid;
    } catch {
      // It has ended.
    }
  }
  return undefined;
}

function threadsOf(pid) {
  const threads = {};
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const { name, ticks } = statOf(`/proc/${pid}/task/${thread}/stat`);
      threads[`${name}:${thread}`] = ticks;
    } catch {
      // It has ended.
    }
  }
  return threads;
}

/** What is resident of a process, in MB. */
const memoryOf = (pid) => Number(/^Rss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1000;
