// One click on Start room, and the others walk in: the main job of Earshot with nothing but pages.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { needsRoot, openOffice } from '../support/office.js';
import { until } from '../support/program.js';
import {
  enterRoom,
  expectOneNegotiation,
  expectToHear,
  setName,
  startRoom,
  waitForPeople,
} from '../support/room-page.js';

const all = [440, 660];

test(
  'a room started in one page is found, entered and heard from another computer',
  { timeout: 120_000 },
  async (t) => {
    const office = openOffice(t);
    const open = async (name, tone) => {
      const computer = office.computer(name);
      const { program, url } = await computer.web();
      const opened = await openPage(office, computer, url, { tone });
      await setName(opened.page, name);
      return { computer, program, ...opened };
    };
    const host = await open('anna', 440);
    const guest = await open('ben', 660);

    await startRoom(host.page);
    await waitForPeople(host.page, ['anna']);
    await enterRoom(guest.page);
    await waitForPeople(guest.page, ['anna', 'ben']);
    await expectToHear(host.page, [660], all);
    await expectToHear(guest.page, [440], all);
    await expectOneNegotiation(host.page, 'the host');
    await expectOneNegotiation(guest.page, 'the guest');

    await t.test('the host leaves and keeps the room open, then is back', async () => {
      await host.page.getByTestId('leave').click();
      await host.page.getByTestId('leave-keep').click();
      await host.page.getByTestId('lobby').waitFor();
      await expectToHear(guest.page, [], all);
      await waitForPeople(guest.page, ['ben']);
      await enterRoom(host.page);
      await expectToHear(host.page, [660], all);
      await expectToHear(guest.page, [440], all);
    });

    await t.test(
      'a host that is killed: the guest reads why and is back in the lobby',
      { skip: needsRoot && 'needs a host of its own' },
      async () => {
        host.program.child.kill('SIGKILL');
        await guest.page.getByTestId('lobby').waitFor({ timeout: 30_000 });
        const notice = guest.page.getByTestId('notice').first();
        await notice.waitFor();
        const sentence = (await notice.innerText()).trim();
        t.diagnostic(`the guest reads: ${sentence.replaceAll(/\s+/g, ' ')}`);
        assert.match(sentence, /\w+ \w+ .*\./s, 'a sentence, not a code');
        await until(
          'the dead room is gone from the lobby',
          async () => (await guest.page.getByTestId('room-card').count()) === 0,
        );
        assert.deepEqual(guest.errors, []);
      },
    );
  },
);

test(
  'a room with a PIN: asked for, refused when wrong, entered when right, and not asked for again after a reload',
  { timeout: 120_000 },
  async (t) => {
    const office = openOffice(t);
    const open = async (name) => {
      const computer = office.computer(name);
      const { url } = await computer.web();
      const opened = await openPage(office, computer, url, { tone: 440 });
      await setName(opened.page, name);
      return opened;
    };
    const host = await open('anna');
    const guest = await open('ben');
    await host.page.locator('[data-testid="lock"]').click();
    await host.page.getByTestId('room-pin-input').fill('tea & cake');
    await startRoom(host.page);

    await guest.page.getByTestId('room-card').click();
    await guest.page.getByTestId('pin-input').fill('tea & biscuits');
    await guest.page.getByTestId('pin-join').click();
    const trouble = guest.page.getByTestId('pin-trouble');
    await until('the guest reads that the PIN is wrong', async () => (await trouble.innerText()).length > 20);
    assert.match(await host.page.getByTestId('notice').first().innerText(), /wrong PIN/);

    await guest.page.getByTestId('pin-input').fill('tea & cake');
    await guest.page.getByTestId('pin-input').press('Enter');
    await guest.page.getByTestId('room').waitFor();
    await waitForPeople(host.page, ['anna', 'ben']);

    await guest.page.reload();
    await guest.page.getByTestId('room').waitFor();
    assert.equal(await guest.page.getByTestId('pin-input').count(), 0);
    await waitForPeople(guest.page, ['anna', 'ben']);
    assert.deepEqual([...host.errors, ...guest.errors], []);
  },
);
