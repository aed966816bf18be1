// No meaning by colour alone: what differs in colour differs in a word or in a shape too.
import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import { openLook } from './look.js';
import { screenNamed } from './screens.js';

const look = await openLook();
after(() => look.close());
const page = await look.newPage();
beforeEach(() => page.setViewportSize({ width: 1200, height: 800 }));

describe('without colours', () => {
  const room = screenNamed('room-3');
  /** What is left of an element without colours: the words that are seen, the drawing of its icons. */
  const shapeOf = (selector) =>
    page
      .locator(selector)
      .first()
      .evaluate((one) => ({
        words: one.innerText,
        shape: Array.from(
          one.querySelectorAll('path, rect'),
          (part) => part.getAttribute('d') ?? getComputedStyle(part).opacity,
        ).join(' '),
      }));
  const differ = (states, what) => {
    const seen = new Map();
    for (const [name, state] of states) {
      const twin = seen.get(JSON.stringify(state));
      assert.equal(twin, undefined, `${what}: ${name} looks like ${twin} but for its colour`);
      seen.set(JSON.stringify(state), name);
    }
  };

  test('the microphone’s states', async () => {
    const states = [];
    for (const [name, more, light] of [
      ['heard', '', 'heard'],
      ['muted', '&muted', 'muted'],
      ['unheard', '&unheard', 'unheard'],
      ['pushing', '&mode=push-to-talk', 'released'],
      ['silenced', '&silenced', 'silenced'],
      ['off', '&microphone=refused', 'off'],
    ]) {
      await look.show(page, { ...room, wait: `[data-light=${light}]` }, more);
      states.push([name, await shapeOf('[data-testid=mute]')]);
    }
    differ(states, 'microphone');
  });

  test('the switches of the bar, also where they have no word', async () => {
    await look.show(page, room);
    for (const width of [1200, 700]) {
      await page.setViewportSize({ width, height: 800 });
      for (const id of ['deafen', 'record']) {
        const before = await shapeOf(`[data-testid=${id}]`);
        if (id === 'deafen') await page.getByTestId(id).click();
        else
          await page.evaluate(() =>
            dispatchEvent(
              new CustomEvent('scene', {
                detail: (now) => ({ session: { ...now.session, recording: { folder: '/x', since: 0 } } }),
              }),
            ),
          );
        await page.locator(`[data-testid=${id}][aria-pressed=true]`).waitFor();
        differ(
          [
            ['off', before],
            ['on', await shapeOf(`[data-testid=${id}]`)],
          ],
          id,
        );
        if (id === 'deafen') await page.getByTestId(id).click();
        else
          await page.evaluate(() =>
            dispatchEvent(
              new CustomEvent('scene', {
                detail: ({ session }) => ({ session: { ...session, recording: undefined } }),
              }),
            ),
          );
        await page.locator(`[data-testid=${id}][aria-pressed=false]`).waitFor();
      }
    }
  });

  test('a link’s quality', async () => {
    await look.show(page, screenNamed('room-connections'));
    const states = [];
    for (const word of ['good', 'fair', 'poor', 'lost'])
      states.push([word, await shapeOf(`[data-testid=connection] [data-link=${word}]`)]);
    differ(states, 'link');
  });

  test('whoever speaks has a ring and bold letters', async () => {
    await look.show(page, room);
    const look2 = (speaking) =>
      page
        .locator(`[data-testid=participant][data-speaking=${speaking}]`)
        .first()
        .evaluate((tile) => ({
          ring: parseFloat(getComputedStyle(tile.querySelector('.avatar')).outlineWidth),
          weight: Number(getComputedStyle(tile.querySelector('.name')).fontWeight),
        }));
    const [on, off] = [await look2(true), await look2(false)];
    assert.ok(on.ring >= 3 && off.ring === 0 && on.weight > off.weight, JSON.stringify({ on, off }));
  });

  test('what the doctor found', async () => {
    await look.show(page, screenNamed('doctor'));
    const levels = await page
      .getByTestId('finding')
      .evaluateAll((all) =>
        all.map((one) => [one.dataset.level, one.querySelector('svg')?.innerHTML.replace(/<!---->/g, '')]),
      );
    const shapes = new Map(levels);
    assert.ok(shapes.size >= 3, `levels: ${[...shapes.keys()].join()}`);
    assert.equal(new Set(shapes.values()).size, shapes.size);
  });
});
