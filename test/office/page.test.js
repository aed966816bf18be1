// What people see and click when rooms are not found by themselves: the likeliest reason in an empty lobby, the doctor's
// panel, and an invite on its way through a chat. The product's own pages, in the browsers of two computers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { needsRoot, openOffice } from '../support/office.js';
import { setName, startRoom, waitForPeople } from '../support/room-page.js';

test('an empty lobby says why, and an invite leads into the room', { timeout: 120_000, skip: needsRoot }, async (t) => {
  const office = openOffice(t);
  const upstairs = office.network('upstairs', '10.78.0');
  office.route();
  const anna = office.computer('anna');
  const boris = office.computer('boris', { network: upstairs });
  // Nothing of what finds rooms gets into this computer.
  boris.firewall('table inet closed {\nchain in {\ntype filter hook input priority 0;\nudp dport 5353 drop\n}\n}\n');
  const [here, there] = await Promise.all(
    [
      [anna, 400],
      [boris, 700],
    ].map(async ([computer, tone]) => (await openPage(office, computer, (await computer.web()).url, { tone })).page),
  );
  const reason = (page) => page.getByTestId('likeliest').getAttribute('data-reason', { timeout: 20_000 });

  await t.test('nobody is heard: after 5 s, not before', async () => {
    await setName(here, 'Anna');
    await setName(there, 'Boris');
    assert.equal(await reason(here), 'nobody_heard');
    const opened = await here.evaluate(() => performance.now());
    assert.ok(opened > 5000, `after ${opened.toFixed(0)} ms`);
  });
  await t.test('mDNS is blocked: the firewall that does it, and all the rest in the panel', async () => {
    assert.equal(await reason(there), 'firewall_blocks');
    const sentence = await there.getByTestId('likeliest').textContent();
    t.diagnostic(sentence.trim());
    assert.match(sentence, /nftables keeps other computers out\..*sudo nft .*5353.*Copy command/s);
    await there.getByTestId('more').click();
    const finding = there.locator('[data-testid="finding"][data-code="multicast_blocked"]');
    await finding.waitFor();
    assert.match(await finding.textContent(), /eth0.*hears nothing back.*Allow Earshot in the firewall/s);
    await there.screenshot({ path: 'artifacts/doctor.png' });
    assert.match(await there.locator('[data-testid="network"][data-name="eth0"]').textContent(), /hears nothing back/);
    await there.keyboard.press('Escape');
    await there.getByTestId('doctor').waitFor({ state: 'hidden' });
  });
  await t.test('the invite: link, short text, QR code; a pasted message is enough to join', async () => {
    await startRoom(here);
    await here.getByTestId('invite').click();
    const link = await here.getByTestId('invite-link').inputValue();
    const code = (await here.getByTestId('invite-code').textContent()).replace(/\s/g, '');
    assert.match(link, new RegExp(`^earshot://${anna.address}:\\d+/\\w+\\?fp=[\\w-]{43}`));
    assert.match(code, /^EAR-/);
    assert.ok((await here.getByTestId('qr').locator('path').getAttribute('d')).length > 1000);
    await here.keyboard.press('Escape');

    const field = there.getByTestId('join-address-input');
    await field.fill(`Come in, we have tea:\n${code} (or ${link.slice(0, 20)}…)`.replace(/\s+/g, ' '));
    await field.press('Enter');
    await there.getByTestId('room').waitFor();
    await waitForPeople(here, ['Anna', 'Boris']);
    await waitForPeople(there, ['Anna', 'Boris']);
  });
  await t.test('the doctor interrupts no call', async () => {
    await there.getByTestId('connections').click();
    await there.locator('dialog[open]').getByTestId('open-doctor').click();
    await there.getByTestId('finding').first().waitFor();
    await waitForPeople(here, ['Anna', 'Boris']);
  });
});
