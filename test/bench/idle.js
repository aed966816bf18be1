// What Earshot costs while nobody speaks: from the start to a lobby that can be used, the processor and the memory of all its processes, in the
// lobby and alone in a room, as the window and as a page of the browser; beside Mumble and a page that does no more than connect to itself.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumPath } from '../support/browsers.js';
import { findWindow, inspect, openDesktop, raise } from '../support/desktop.js';
import { median } from '../support/figures.js';
import { Office } from '../support/office.js';
import { familyOf, memoryOf, processes } from '../support/processes.js';
import { now, pause, until } from '../support/program.js';
import { openRig } from '../support/rig.js';
import { setName, startRoom } from '../support/room-page.js';

const only = (process.env.EARSHOT_BENCH_IDLE ?? 'start,window,page,mumble,tab').split(',');
const seconds = Number(process.env.EARSHOT_BENCH_SECONDS ?? 20);
const runs = Number(process.env.EARSHOT_BENCH_RUNS ?? 5);
const inspector = '127.0.0.1:9224';

export async function idle() {
  const scenes = { start, window: ofWindow, page: ofPage, mumble: ofMumble, tab: ofTab };
  for (const [name, scene] of Object.entries(scenes)) {
    if (!only.includes(name)) continue;
    const office = new Office();
    try {
      const desk = office.here;
      const rig = await openRig(desk);
      office.computer('colleague'); // brings the LAN's link up
      await scene(office, desk, { ...(await openDesktop(desk)), ...rig.env, LANGUAGE: 'en', LC_ALL: 'C.UTF-8' });
    } finally {
      await office.close();
    }
  }
}

function settle(desk, profile = { name: 'desk' }) {
  const config = join(desk.home, 'window');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'settings.json'), JSON.stringify({ version: 1, profile, sound: { checked: true } }));
}

/** From the start of the program to the lobby, which is marked by the page itself. */
async function start(office, desk, env) {
  settle(desk);
  const took = [];
  for (let run = 0; run < runs; run++) {
    const at = now();
    const app = desk.earshot([], { config: 'window', env: { ...env, WEBKIT_INSPECTOR_HTTP_SERVER: inspector } });
    await findWindow(env, '^Earshot$'); // whoever inspects before there is a page ends WebKit's inspector
    const page = await inspect(inspector);
    const marks = await until('the lobby is shown', async () => {
      const said = await page.evaluate(`JSON.stringify({ origin: performance.timeOrigin,
        lobby: performance.getEntriesByName('lobby')[0]?.startTime })`);
      const each = JSON.parse(said);
      return each.lobby !== undefined && each;
    });
    page.close();
    await app.stop();
    took.push({
      page: marks.origin - at,
      lobby: marks.origin + marks.lobby - at,
    });
  }
  const of = (key) => `${median(took.map((each) => each[key])).toFixed(0)} ms`;
  console.log(
    `Idle, start: the page begins after ${of('page')}, the lobby can be used after ${of('lobby')} ` +
      `(medians of ${String(runs)}; the lobby: ${took.map((each) => each.lobby.toFixed(0)).join(' ')})`,
  );
}

async function ofWindow(office, desk, env) {
  settle(desk);
  const app = desk.earshot([], { config: 'window', env: { ...env, WEBKIT_INSPECTOR_HTTP_SERVER: inspector } });
  await findWindow(env, '^Earshot$');
  const page = await inspect(inspector);
  office.onClose(() => page.close());
  const shown = (id) =>
    until(`${id} is shown`, () => page.evaluate(`!!document.querySelector('[data-testid="${id}"]')`));
  await shown('lobby');
  await watch('window, lobby', () => familyOf(app.pid));
  await page.evaluate(`document.querySelector('[data-testid="start-room"]').click()`);
  await shown('room');
  await watch('window, alone in a room', () => familyOf(app.pid));
}

async function openBrowser(office, desk, env) {
  const browser = await chromium.launch({
    executablePath: desk.script('chromium', chromiumPath),
    ignoreDefaultArgs: ['--mute-audio'],
    args: ['--disable-gpu', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
    env: desk.environment(env),
  });
  office.onClose(() => browser.close());
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, permissions: ['microphone'] });
  context.setDefaultTimeout(60_000);
  return context.newPage();
}

async function ofPage(office, desk, env) {
  const { program, url } = await desk.web('web');
  const page = await openBrowser(office, desk, env);
  await page.goto(url);
  await setName(page, 'desk');
  const all = () => [...familyOf(program.pid), ...named(/^(chrom|cat)/)];
  await watch('page in Chromium, lobby', all);
  await startRoom(page);
  await watch('page in Chromium, alone in a room', all);
}

/** A page with a microphone and two connections of its own: what the browser needs by itself. */
async function ofTab(office, desk, env) {
  const { url } = await desk.web('web');
  const page = await openBrowser(office, desk, env);
  await page.goto('about:blank');
  await watch('empty page in Chromium', () => named(/^chrom/));
  await page.goto(new URL('/nothing-is-here', url).href); // a secure context, for the microphone
  await page.evaluate(async () => {
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
    Object.assign(window, { a, b });
    a.onicecandidate = ({ candidate }) => void b.addIceCandidate(candidate ?? undefined);
    b.onicecandidate = ({ candidate }) => void a.addIceCandidate(candidate ?? undefined);
    b.ontrack = ({ streams: [stream] }) => void Object.assign(new Audio(), { srcObject: stream }).play();
    a.addTrack(microphone.getTracks()[0], microphone);
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
  });
  await watch('page in Chromium that is connected to itself', () => named(/^chrom/));
}

/** Mumble, connected to a server of its own, with its usual settings but for the questions of its first start. */
async function ofMumble(office, desk, env) {
  const ini = join(desk.home, 'murmur.ini');
  writeFileSync(ini, `database=${join(desk.home, 'murmur.sqlite')}\nport=64738\nbonjour=false\nlogfile=\nuname=root\n`);
  const server = desk.start('/usr/sbin/murmurd', ['-fg', '-ini', ini]);
  await pause(3000);
  if (server.end) {
    console.log(`Idle, Mumble: its server does not run here:\n${server.report()}`);
    return;
  }
  const folder = join(desk.home, '.config', 'Mumble');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'Mumble.conf'),
    '[General]\nlastupdate=2\n[audio]\ninput=PulseAudio\noutput=PulseAudio\n[ui]\nusage=false\nupdatecheck=false\npluginoverlay=false\n[net]\nusage=false\n',
  );
  const app = desk.start('mumble', ['mumble://desk@127.0.0.1:64738/'], { env: { ...env, QT_QPA_PLATFORM: 'xcb' } });
  // A certificate of its own, by "Next" and "Finish"; then the server's, which is not known, by "Yes".
  for (const [title, keys] of [
    ['^Certificate Management', ['alt+n', 'alt+f']],
    ['^Mumble$', ['alt+y']],
  ]) {
    const { id } = await findWindow(env, title);
    for (const key of keys) {
      raise(env, { id });
      desk.start('xdotool', ['key', key], { env });
      await pause(3000);
    }
  }
  await pause(5000);
  desk.start('import', ['-window', 'root', join(process.cwd(), 'artifacts/mumble.png')], { env });
  await watch('Mumble', () => familyOf(app.pid));
}

/** Seconds until nothing moves any more: the rings of an empty lobby go out for ten. */
const still = 15;

/** Prints what some processes cost from now on. */
async function watch(name, pids) {
  await pause(1000 * still);
  const before = ticksOf(pids());
  const at = now();
  await pause(1000 * seconds);
  const after = ticksOf(pids());
  const past = (now() - at) / 10; // a tick is 10 ms
  const shares = Object.entries(after)
    .map(([pid, { name, ticks }]) => ({
      name,
      share: (100 * (ticks - (before[pid]?.ticks ?? 0))) / past,
      memory: memoryOf(pid, 'Pss'),
    }))
    .sort((a, b) => b.memory - a.memory);
  const sum = (key) => shares.reduce((all, each) => all + each[key], 0);
  console.log(
    `Idle, ${name}: ${sum('share').toFixed(1)} % of a processor, ${sum('memory').toFixed(0)} MB: ` +
      shares.map((each) => `${each.name} ${each.share.toFixed(1)} %, ${each.memory.toFixed(0)} MB`).join('; '),
  );
}

const named = (pattern) => Object.entries(processes()).flatMap(([pid, { name }]) => (pattern.test(name) ? [pid] : []));

const ticksOf = (pids) => {
  const all = processes();
  return Object.fromEntries(pids.filter((pid) => all[pid]).map((pid) => [pid, all[pid]]));
};
