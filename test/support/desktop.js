// A desktop without a screen: Xvfb with a window manager, and the way into a WebKitGTK window on it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import WebSocket from 'ws';
import { chromiumPath } from './browsers.js';
import { until } from './program.js';

/** Starts an X server and a window manager on the computer; returns the environment of programs on it. */
export async function openDesktop(computer, size = '1400x950') {
  const server = computer.start('Xvfb', [
    '-displayfd',
    '1',
    '-screen',
    '0',
    `${size}x24`,
    '-nolisten',
    'tcp',
    '-noreset',
  ]);
  const number = await until('Xvfb names its display', () => /^\d+$/m.exec(server.stdout)?.[0]);
  const env = { DISPLAY: `:${number}`, LIBGL_ALWAYS_SOFTWARE: '1', NO_AT_BRIDGE: '1' };
  computer.start('openbox', ['--sm-disable'], { env });
  return env;
}

const tool = (env, command, ...args) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, ...env } }).trim();

/** Starts a session bus, by which a second start of the app finds the first; returns the environment of programs on it. */
export async function openSession(computer) {
  const bus = computer.start('dbus-daemon', ['--session', '--nofork', '--print-address']);
  const DBUS_SESSION_BUS_ADDRESS = await until('the bus names its address', () => /^unix:\S+$/m.exec(bus.stdout)?.[0]);
  return { DBUS_SESSION_BUS_ADDRESS };
}

/** Waits for a visible window whose title matches and returns its id and place on the screen. */
export async function findWindow(env, title) {
  const id = await until(
    `a window titled ${title}`,
    () => tool(env, 'xdotool', 'search', '--onlyvisible', '--name', title).split('\n').at(-1),
    { within: 20_000, every: 200 },
  );
  return { id, ...placeOf(env, id) };
}

function placeOf(env, id) {
  const geometry = Object.fromEntries(
    tool(env, 'xdotool', 'getwindowgeometry', '--shell', id)
      .split('\n')
      .map((line) => line.split('=')),
  );
  return {
    x: Number(geometry.X),
    y: Number(geometry.Y),
    width: Number(geometry.WIDTH),
    height: Number(geometry.HEIGHT),
  };
}

/** Clicks a point of the window with the pointer, as a hand would. */
export function click(env, window, x, y) {
  // Relative to the window: the place that xdotool gives of it is off by its frame.
  tool(env, 'xdotool', 'mousemove', '--window', window.id, String(Math.round(x)), String(Math.round(y)));
  tool(env, 'xdotool', 'click', '1');
}

/** Brings the window to the front, as its button in a task bar would. */
export function raise(env, window) {
  tool(env, 'xdotool', 'windowactivate', '--sync', window.id);
}

/** Saves a picture of the window (or of the whole screen) and returns how many colours it has and how much they vary. */
export function photograph(env, id, path) {
  mkdirSync(dirname(path), { recursive: true });
  tool(env, 'import', '-window', id ?? 'root', path);
  const [colours, deviation] = tool(env, 'convert', path, '-format', '%k %[fx:standard_deviation]', 'info:')
    .split(' ')
    .map(Number);
  return { colours, deviation };
}

/**
 * Looks into a WebKitGTK page through its remote inspector (the app must be built with -devtools and started with
 * WEBKIT_INSPECTOR_HTTP_SERVER=host). evaluate returns the value of an expression. A connection that broke, or that the page no longer
 * answers by, is made anew by the next question.
 */
export async function inspect(host) {
  let socket;
  let target;
  let count = 0;
  const waiting = new Map();
  const attempt = async () => {
    target = undefined;
    socket = new WebSocket(`ws://${host}/socket/1/1/WebPage`);
    socket.on('message', (data) => take(JSON.parse(String(data))));
    await new Promise((done, fail) => {
      socket.once('open', done);
      socket.on('error', fail);
    });
    // Whoever connects before there is a page is never told of one.
    return until('it names a page', () => target, { within: 1000 }).catch((thrown) => {
      socket.terminate();
      throw thrown;
    });
  };
  const connect = () => until(`the inspector on ${host} names a page`, attempt, { within: 20_000, every: 200 });
  const take = (message) => {
    // A page that navigates gets a new target; the latest is the one on the screen.
    if (message.method === 'Target.targetCreated') target = message.params.targetInfo.targetId;
    if (message.method === 'Target.didCommitProvisionalTarget') target = message.params.newTargetId;
    if (message.method !== 'Target.dispatchMessageFromTarget') return;
    const reply = JSON.parse(message.params.message);
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  };
  await connect();

  const ask = async (method, params) => {
    if (socket.readyState !== WebSocket.OPEN) await connect();
    const id = ++count;
    const what = params.expression ?? method;
    const reply = await new Promise((done, fail) => {
      waiting.set(id, done);
      setTimeout(() => {
        if (waiting.delete(id)) socket.terminate();
        fail(new Error(`the page did not answer: ${what}`));
      }, 5000).unref();
      const message = JSON.stringify({ id, method, params });
      socket.send(JSON.stringify({ id, method: 'Target.sendMessageToTarget', params: { targetId: target, message } }));
    });
    if (reply.error || reply.result.wasThrown) throw new Error(`${what}: ${JSON.stringify(reply)}`);
    return reply.result;
  };
  return {
    evaluate: async (expression) => (await ask('Runtime.evaluate', { expression, returnByValue: true })).result.value,
    /** Loads the page anew, with a script of ours before its own. */
    async reloadWith(source) {
      await ask('Page.enable', {}).catch(() => undefined); // it is, after the first time
      await ask('Page.setBootstrapScript', { source });
      await ask('Page.reload', {});
    },
    close: () => socket.close(),
  };
}

/** What a person does in a page that is inspected. */
export function hands(page) {
  const find = (id) => `document.querySelector('[data-testid="${id}"]')`;
  return {
    shown: (id) => page.evaluate(`!!${find(id)}`),
    text: (id) => page.evaluate(`${find(id)}?.innerText ?? ''`),
    /** A data- attribute, by its name in dataset. */
    data: (id, name) => page.evaluate(`${find(id)}?.dataset[${JSON.stringify(name)}] ?? ''`),
    press: (id) => page.evaluate(`void ${find(id)}.click()`),
    /** The entries of a list. */
    options: async (id) =>
      JSON.parse(await page.evaluate(`JSON.stringify([...${find(id)}.options].map((each) => each.innerText))`)),
    /** Takes the entry of that name. */
    pick: (id, name) =>
      page.evaluate(`(() => {
        const list = ${find(id)};
        list.value = [...list.options].find((each) => each.innerText === ${JSON.stringify(name)}).value;
        list.dispatchEvent(new Event('change', { bubbles: true }));
      })()`),
    /** Changes some fields of a section of the settings. */
    set: (section, change) =>
      page.evaluate(`void window.go.app.Methods.ChangeSettings('${section}', ${JSON.stringify(change)})`),
  };
}

/**
 * A Chromium, first in the search path, that writes down what it was started with and has a microphone that beeps. `devtools`
 * is where it can be driven, host:port.
 */
export function recordingBrowser(computer, devtools) {
  const record = join(computer.home, 'browser-arguments');
  const folder = join(computer.home, 'bin');
  const own = [
    ...['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ...['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
    `--remote-debugging-port=${devtools.split(':')[1]}`,
  ];
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'chromium'),
    `#!/bin/sh\nprintf '%s\\n' "$@" >${record}\nexec ${[chromiumPath, ...own].join(' ')} "$@"\n`,
    { mode: 0o755 },
  );
  return {
    folder,
    args: () => readFileSync(record, 'utf8').trim().split('\n'),
    /** Whether all its processes have ended: until then they write into the profile. A second start is one more of them. */
    ended: () => processesWith(`--user-data-dir=${computer.home}/`) === 0,
  };
}

/** How many processes have an argument that begins so. */
const processesWith = (argument) =>
  readdirSync('/proc').filter((id) => {
    if (!/^\d+$/.test(id)) return false;
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(`\0${argument}`);
    } catch {
      return false; // it ended meanwhile
    }
  }).length;

/** Writes settings as the app of an earlier day did. */
export function choose(computer, config, profile) {
  mkdirSync(join(computer.home, config), { recursive: true });
  writeFileSync(join(computer.home, config, 'settings.json'), JSON.stringify({ version: 1, profile }));
}
