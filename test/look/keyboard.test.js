// The whole app by keyboard alone; what is read out; what moves.
import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import { openLook } from './look.js';
import { screenNamed as screen } from './screens.js';

const look = await openLook();
after(() => look.close());
const page = await look.newPage();
beforeEach(() => page.setViewportSize({ width: 1200, height: 800 }));

/** Of what has the focus: its data-testid or its words, and whether it can be seen that it has it. */
const focused = () =>
  page.evaluate(() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    // A switch or a choice shows the focus on what stands for it.
    const drawn = [one, one.nextElementSibling, one.closest('label'), one.closest('.field')].filter(Boolean);
    const ring = drawn.some((each) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(each);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    });
    return {
      id: one.dataset.testid ?? '',
      words: (one.getAttribute('aria-label') ?? one.textContent ?? '').trim(),
      body: one === document.body,
      ring: ring && style.visibility === 'visible',
      inDialog: one.closest('dialog') !== null,
    };
  });

async function press(...keys) {
  for (const key of keys) await page.keyboard.press(key);
  await page.waitForTimeout(60);
}

/** Goes on by Tab until the wanted one has the focus, at most once around; every stop on the way has to be seen. */
async function tabTo(id) {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    const now = await focused();
    if (now.body) continue; // the edge of the page
    assert.ok(now.ring, `the focus on ${now.id || now.words} cannot be seen`);
    if (now.id === id) return;
  }
  assert.fail(`Tab does not lead to ${id}`);
}

describe('by keyboard alone', () => {
  test('from the lobby into a room, through it, and back', async () => {
    await look.show(page, screen('lobby-3'));
    await tabTo('room-card');
    await press('Enter');
    await page.getByTestId('room').waitFor();

    await tabTo('mute');
    await press('Space');
    await page.locator('[data-testid=mute][aria-pressed=true]').waitFor();
    assert.equal((await focused()).id, 'mute');

    await tabTo('chat');
    await press('Enter');
    assert.equal((await focused()).id, 'chat-input');
    await page.keyboard.type('hello');
    await press('Enter', 'Escape');
    assert.equal((await focused()).id, 'chat');

    await tabTo('settings');
    await press('Enter');
    assert.ok((await focused()).inDialog);
    await press('Escape');
    assert.equal((await focused()).id, 'settings');

    await tabTo('leave');
    await press('Enter');
    await page.getByTestId('lobby').waitFor();
  });

  test('a room is started', async () => {
    await look.show(page, screen('lobby-0'));
    await tabTo('room-name-input');
    await press('Enter');
    await page.getByTestId('room').waitFor();
  });

  for (const [name, opener] of [
    ['lobby-3', 'settings'],
    ['lobby-3', 'open-doctor'],
    ['lobby-3', 'check-microphone'],
    ['room-3', 'invite'],
    ['room-3', 'compare-code'],
    ['room-3', 'connections'],
    ['room-3', 'settings'],
    ['room-3', 'devices'],
    ['room-3', 'record'],
    ['room-moderated', 'room-panel'],
    ['room-alone-hosting', 'leave'],
  ])
    test(`the dialog of ${opener} in ${name} keeps the focus, and Escape gives it back`, async () => {
      await look.show(page, screen(name));
      await tabTo(opener);
      await press('Enter');
      await page.locator('dialog:modal').waitFor();
      const stops = new Set();
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        const now = await focused();
        // Between the last and the first the browser's own buttons have their turn.
        assert.ok(now.inDialog || now.body, `the focus left the dialog for ${now.id || now.words}`);
        if (now.inDialog) assert.ok(now.ring, `the focus on ${now.id || now.words} cannot be seen`);
        stops.add(now.id + now.words);
      }
      assert.ok(stops.size > 1);
      await press('Escape');
      assert.equal(await page.locator('dialog:modal').count(), 0);
      assert.equal((await focused()).id, opener);
    });

  test('what has no room in the bar is in a menu, and a dialog of the menu gives the focus back to it', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await look.show(page, screen('room-3'));
    await tabTo('bar-more');
    await press('ArrowDown');
    assert.equal((await focused()).id, 'devices');
    await press('ArrowDown');
    assert.equal((await focused()).id, 'chat');
    await press('End');
    assert.equal((await focused()).id, 'record');
    await press('ArrowDown');
    assert.equal((await focused()).id, 'devices');
    await press('Escape');
    assert.equal((await focused()).id, 'bar-more');
    assert.equal(await page.getByTestId('bar-more').getAttribute('aria-expanded'), 'false');

    await press('Enter', 'Enter');
    await page.locator('[data-testid=devices-panel]:modal').waitFor();
    await press('Escape');
    assert.equal((await focused()).id, 'bar-more');

    await press('Enter', 'ArrowDown', 'Enter');
    assert.equal((await focused()).id, 'chat-input');
    await press('Escape');
    assert.equal((await focused()).id, 'bar-more');

    // Closed, nothing of it is in the way of Tab.
    await press('Tab');
    assert.equal((await focused()).id, 'leave');
    await press('Shift+Tab', 'Enter');
    await press('Shift+Tab', 'Shift+Tab');
    assert.equal(await page.getByTestId('bar-more').getAttribute('aria-expanded'), 'false');

    await tabTo('room-menu');
    await press('Enter', 'End', 'Enter');
    await page.locator('dialog:modal').waitFor();
    await press('Escape');
    assert.equal((await focused()).id, 'room-menu');
  });

  test('a person has a menu, which Escape closes', async () => {
    await look.show(page, screen('room-3'));
    await tabTo('person-menu');
    await press('Enter');
    assert.equal((await focused()).id, 'volume');
    await press('ArrowRight');
    assert.equal(await page.getByTestId('volume').inputValue(), '105');
    assert.match(await page.getByTestId('person-dialog').innerText(), /105 %/);
    await press('Escape');
    assert.equal((await focused()).id, 'person-menu');
  });
});

describe('what is read out', () => {
  /** Everything that a live region said since it was shown, in order. */
  async function listen() {
    await page.evaluate(() => {
      const regions = '[aria-live], [role=status], [role=alert], [role=log]';
      window.said = [];
      new MutationObserver((changes) => {
        for (const { target, addedNodes } of changes) {
          const region = (target.nodeType === Node.TEXT_NODE ? target.parentElement : target)?.closest(regions);
          if (
            !region ||
            region.getAttribute('aria-live') === 'off' ||
            !region.checkVisibility({ visibilityProperty: true })
          )
            continue;
          const words =
            target.nodeType === Node.TEXT_NODE
              ? target.data
              : Array.from(addedNodes, (node) => node.textContent).join(' ');
          if (words.trim() !== '') window.said.push(words.trim().replace(/\s+/g, ' '));
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  }
  const said = () => page.evaluate(() => window.said.splice(0));
  /** Changes the people of the room: fn runs in the page. */
  const happen = (fn) =>
    page.evaluate(`dispatchEvent(new CustomEvent('scene', { detail: (now) => {
    const participants = (${fn})(structuredClone(now.session.participants));
    return { session: { ...now.session, participants } };
  } }))`);

  test('who came, left, raised a hand and records, once each, and nobody who merely talks', async () => {
    await look.show(page, screen('room-3'));
    await listen();
    await happen(`(all) => [...all, { id: 'new', name: 'Ana Ruiz' }]`);
    await page.waitForFunction(() => window.said.length > 0);
    assert.deepEqual(
      (await said()).filter((one) => one.includes('Ana Ruiz')),
      ['Ana Ruiz joined'],
    );

    await happen(`(all) => all.map((one) => one.id === 'new' ? { ...one, hand: 3 } : one)`);
    await page.waitForFunction(() => window.said.length > 0);
    assert.equal((await said()).filter((one) => one.includes('Ana Ruiz raised a hand')).length, 1);

    await happen(`(all) => all.map((one) => one.id === 'new' ? { ...one, hand: 0, recording: true } : one)`);
    await page.waitForFunction(() => window.said.length > 0);
    const recording = await said();
    assert.ok(
      recording.some((one) => one.includes('Ana Ruiz')),
      `nothing said of a recording: ${recording.join(' | ')}`,
    );

    await happen(`(all) => all.filter((one) => one.id !== 'new')`);
    await page.waitForFunction(() => window.said.some((one) => one.includes('left')));
    assert.ok((await said()).includes('Ana Ruiz left'));

    // Many at once are a number, and levels are nobody's words.
    await happen(`(all) => [...all, ...Array.from({ length: 20 }, (_, i) => ({ id: 'm' + i, name: 'Person ' + i }))]`);
    await page.waitForTimeout(3000);
    const crowd = await said();
    assert.ok(
      crowd.some((one) => /2\d|20 people joined/.test(one)),
      crowd.join(' | '),
    );
    assert.ok(crowd.length <= 2, `talking or a crowd is read out: ${crowd.join(' | ')}`);
  });
});

describe('what moves', () => {
  const running = (page) =>
    page.evaluate(() =>
      document
        .getAnimations()
        .filter((one) => one.playState === 'running')
        .map((one) => `${one.animationName ?? one.transitionProperty} of ${one.effect.target?.className}`),
    );

  for (const name of [
    'lobby-0',
    'lobby-first',
    'doctor-looking',
    'room-3',
    'room-60',
    'room-reconnecting',
    'microphone-check',
  ])
    test(`nothing on ${name} for whoever wants less motion`, async () => {
      const page = await look.newPage();
      await look.show(page, screen(name));
      assert.deepEqual(await running(page), []);
      await page.context().close();
    });

  test('talking moves nothing by itself: no animation and no transition runs with the voices', async () => {
    const page = await look.newPage({ motion: true });
    await look.show(page, { ...screen('room-12'), pause: 1000 });
    for (let i = 0; i < 10; i++) {
      assert.deepEqual(await running(page), []);
      await page.waitForTimeout(100);
    }
    await page.context().close();
  });
});
