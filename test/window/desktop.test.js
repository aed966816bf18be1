// The window among other programs on a desktop: closing it keeps the call, a second start brings it back where it was, a key works
// while another window has the focus, and what happens in the room is told by the system.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findWindow, inspect, openDesktop, openSession, photograph, raise } from '../support/desktop.js';
import { openOffice } from '../support/office.js';
import { pause, until } from '../support/program.js';

const inspector = '127.0.0.1:9224';

test('the window behaves among other programs', { timeout: 180_000 }, async (t) => {
  const office = openOffice(t);
  const colleague = office.computer('colleague');
  const desk = office.here;
  const desktop = await openDesktop(desk);
  const session = await openSession(desk);
  const env = {
    ...desktop,
    ...session,
    WEBKIT_INSPECTOR_HTTP_SERVER: inspector,
    EARSHOT_BROWSER: 'none',
    LANGUAGE: 'en',
    LC_ALL: 'C.UTF-8',
  };
  const tool = (command, ...args) =>
    execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, ...desktop } }).trim();
  const visible = () => {
    try {
      return tool('xdotool', 'search', '--onlyvisible', '--name', '^Earshot|Earshot$') !== '';
    } catch {
      return false;
    }
  };
  const place = (id) =>
    Object.fromEntries(
      tool('xdotool', 'getwindowgeometry', '--shell', id)
        .split('\n')
        .map((line) => line.split('='))
        .map(([name, value]) => [name, Number(value)]),
    );
  // What the desktop's notification service is asked to show, on the bus.
  const notifications = desk.start('dunst', ['-conf', '/dev/null', '-print'], { env });

  let app = desk.earshot([], { env });
  let window = await findWindow(desktop, 'Earshot');
  let page = await inspect(inspector);
  t.after(() => page.close());
  const call = (method, ...args) =>
    page.evaluate(`void window.go.app.Methods.${method}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
  const shown = (id) => page.evaluate(`!!document.querySelector('[data-testid="${id}"]')`);
  const press = (id) => page.evaluate(`document.querySelector('[data-testid="${id}"]').click()`);
  await until('the lobby is shown', () => shown('lobby'));
  await page.evaluate(
    `window.heard = []; window.runtime.EventsOn('hotkey', (key) => window.heard.push(key.action)); 0`,
  );

  await t.test('a room is hosted, and closing the window asks what becomes of it', async () => {
    await call('StartRoom', 'Kitchen', '');
    await until("the room is on a colleague's list", async () => (await colleague.rooms('1s')).length === 1);
    tool('wmctrl', '-i', '-c', window.id);
    await until('it asks', () => page.evaluate(`!!document.querySelector('[data-testid="close-dialog"][open]')`));
    await pause(500); // it fades in
    photograph(desktop, window.id, 'artifacts/window-close.png');
    assert.ok(visible());
  });
  await t.test('the answer hides the window, and the room goes on', async () => {
    await press('close-hide');
    await until('the window is away', () => !visible());
    const { program } = await colleague.join('Kitchen', 'colleague');
    await until('somebody is in the room', async () => (await colleague.rooms('1s'))[0]?.participants === 1);
    assert.equal(app.end, undefined, 'the app has ended');
    await program.stop();
    const { desktop: kept } = JSON.parse(readFileSync(settingsOf(desk), 'utf8'));
    assert.equal(kept.onClose, 'hide');
  });
  await t.test('a second start brings it back', async () => {
    const second = desk.earshot([], { env });
    assert.equal((await second.exited).code, 0, second.report());
    await until('the window is there', visible);
    window = await findWindow(desktop, 'Earshot');
  });
  await t.test('a key works while another window has the focus, and one that is taken is told so', async () => {
    const other = desk.start('xmessage', ['another program'], { env });
    const otherWindow = await findWindow(desktop, 'xmessage');
    raise(desktop, otherWindow);
    await call('ChangeSettings', 'keys', { system: { talk: 'F9', mute: 'Ctrl+Shift+KeyM', deafen: '', hand: '' } });
    await pause(500);
    tool('xdotool', 'key', 'ctrl+shift+m');
    await until('the page hears of it', async () => (await page.evaluate('window.heard.join()')) === 'mute.toggle');
    tool('xdotool', 'keydown', 'F9');
    await pause(1200); // long enough for the key to repeat
    tool('xdotool', 'keyup', 'F9');
    await until(
      'and of the held one, once',
      async () => (await page.evaluate('window.heard.join()')) === 'mute.toggle,talk.press,talk.release',
    );
    await other.stop();
  });
  await t.test('a notification is shown by the system, its words as they are', async () => {
    await call('Notify', { title: 'Maya in “Kitchen”', body: '<b>lunch?</b>' });
    await until('the desktop shows it', () => notifications.stdout.includes('Maya in “Kitchen”'));
    assert.match(notifications.stdout, /&lt;b&gt;lunch\?|<b>lunch\?<\/b>/);
    const said = notifications.stdout.length;
    await call('ChangeSettings', 'desktop', { doNotDisturb: true });
    await call('Notify', { title: 'Nobody is to see this', body: '' });
    await pause(1500);
    assert.ok(!notifications.stdout.slice(said).includes('Nobody'), 'it disturbed');
  });
  await t.test('starting at login is a file that comes and goes', async () => {
    const file = join(desk.home, '.config', 'autostart', 'earshot.desktop');
    await call('ChangeSettings', 'desktop', { startAtLogin: true });
    await until('the file is there', () => existsSync(file));
    assert.match(readFileSync(file, 'utf8'), /^Exec=".*earshot.*" --minimised$/m);
    await call('ChangeSettings', 'desktop', { startAtLogin: false });
    await until('the file is gone', () => !existsSync(file));
  });
  await t.test('the small window is small and above all others, and large again', async () => {
    await call('MiniWindow', true);
    await until('it is small', () => place(window.id).WIDTH < 350);
    const states = () =>
      execFileSync('xprop', ['-id', window.id, '_NET_WM_STATE'], {
        encoding: 'utf8',
        env: { ...process.env, ...desktop },
      });
    await until('it is above', () => states().includes('ABOVE'));
    await call('MiniWindow', false);
    await until('it is large', () => place(window.id).WIDTH === 1080);
    await until('it is not above', () => !states().includes('ABOVE'));
  });
  await t.test('it opens where and as large as it was closed', async () => {
    tool('xdotool', 'windowsize', '--sync', window.id, '900', '640');
    tool('xdotool', 'windowmove', window.id, '180', '120');
    await pause(500);
    const before = place(window.id);
    await call('EndRoom');
    await until('the room is gone', async () => (await colleague.rooms('1s')).length === 0);
    page.close();
    tool('wmctrl', '-i', '-c', window.id);
    assert.equal((await app.exited).code, 0, app.report());
    app = desk.earshot([], { env });
    window = await findWindow(desktop, 'Earshot');
    await until('it is where it was', () => {
      const now = place(window.id);
      return (
        now.WIDTH === 900 && now.HEIGHT === 640 && Math.abs(now.X - before.X) < 40 && Math.abs(now.Y - before.Y) < 60
      );
    });
  });
  await t.test('diagnostics are shown without names', async () => {
    page = await inspect(inspector);
    await until('the lobby is shown', () => shown('lobby'));
    await press('settings');
    await until('the settings are open', () => shown('diagnostics'));
    await pause(500);
    photograph(desktop, window.id, 'artifacts/window-settings.png');
    await press('diagnostics');
    await until('the text is there', () => shown('diagnostics-text'), { within: 20_000 });
    photograph(desktop, window.id, 'artifacts/window-diagnostics.png');
    const text = await page.evaluate(`document.querySelector('[data-testid="diagnostics-text"]').textContent`);
    assert.match(text, /== Log\n.*msg=started/);
    for (const secret of ['Kitchen', desk.home, '10.78.'])
      assert.ok(!text.replaceAll('10.78.0.0/24', '').includes(secret), `${secret} is in\n${text}`);
  });
  await t.test('being told to end, it ends, whatever goes on', async () => {
    await call('StartRoom', 'Kitchen', '');
    await until('the room is there', async () => (await colleague.rooms('1s')).length === 1);
    const end = await app.stop('SIGTERM');
    assert.equal(end.signal, null, app.report());
  });
});

const settingsOf = (desk) => {
  const found = execFileSync('find', [desk.home, '-name', 'settings.json'], { encoding: 'utf8' }).trim().split('\n');
  return found[0];
};
