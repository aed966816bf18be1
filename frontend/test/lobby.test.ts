// @vitest-environment jsdom
import { fireEvent, screen, within } from '@testing-library/svelte';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Examination } from '../src/app/api';
import { facts, listing, state } from './fakes';
import { app, here, model, rooms, settled, show, showRoom } from './shown';

const examination: Examination = {
  interfaces: [
    { name: 'en0', kind: 'ethernet', addresses: ['10.0.0.5/24'], up: true, used: true, multicast: 'silent', apps: 2, rooms: 0 },
  ],
  reach: { port: 7788, tcp: 'unknown', udp: 'unknown', by: '' },
  sound: { microphone: 'unknown', speaker: 'unknown' },
  findings: [
    { code: 'multicast_blocked', level: 'problem', params: { interface: 'en0' }, action: 'open_firewall' },
    { code: 'nobody_to_ask', level: 'note' },
    { code: 'firewall_blocks', level: 'warning', params: { product: 'ufw', command: 'sudo ufw allow 7788' }, action: 'copy_command' },
  ],
}; // prettier-ignore
beforeEach(() => {
  app.answers['Examine'] = () => new Promise((resolve) => setTimeout(() => resolve(examination), 2500));
});

describe('the empty lobby', () => {
  it('says what it listens on, and after five seconds the likeliest reason', async () => {
    show();
    await settled();
    expect(here('empty-lobby').textContent).toContain('Listening on en0');
    await vi.advanceTimersByTimeAsync(4900);
    expect(app.called('Examine')).toEqual([]);
    await vi.advanceTimersByTimeAsync(101);
    expect(app.called('Examine')).toHaveLength(1);
    expect(screen.queryByTestId('likeliest')).toBeNull();
    await vi.advanceTimersByTimeAsync(3000);
    expect(here('likeliest').textContent).toMatch(
      /Earshot searches on en0.*Allow Earshot in the firewall.*Open firewall/s,
    );
    await fireEvent.click(here('finding-action'));
    expect(app.called('Act')).toEqual([['open_firewall']]);
    await fireEvent.click(here('more'));
    expect(here('doctor')).toHaveProperty('open', true);
  });

  it('never shows a reason once there is a room', async () => {
    show();
    await vi.advanceTimersByTimeAsync(6000);
    app.emit('rooms', rooms({ revision: 2, rooms: [listing()] }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(screen.queryByTestId('likeliest')).toBeNull();
  });

  it('is examined once for each change of what is looked at, and then at most every 15 s', async () => {
    show();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(app.called('Examine')).toHaveLength(1);
    app.emit('rooms', rooms({ revision: 2, search: { interfaces: ['en0', 'en1'], problem: '', crowded: false } }));
    await vi.advanceTimersByTimeAsync(4000);
    expect(app.called('Examine')).toHaveLength(2);
    app.emit('rooms', rooms({ revision: 3, search: { interfaces: ['en1'], problem: '', crowded: false } }));
    await settled();
    expect(screen.queryByTestId('likeliest')).toBeNull(); // that was of another network
    await vi.advanceTimersByTimeAsync(10_000);
    expect(app.called('Examine')).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(5000);
    expect(app.called('Examine')).toHaveLength(3);
    expect(here('likeliest')).toBeTruthy();
  });

  it('says at once that there is no network', async () => {
    app.answers['GetRooms'] = rooms({ search: { interfaces: [], problem: 'no_network', crowded: false } });
    show();
    await vi.advanceTimersByTimeAsync(5000);
    expect(here('likeliest').textContent).toContain('not on a network');
  });

  it.each([
    ['', 'guest network'],
    ['no_multicast', 'keeps computers from finding each other'],
  ] as const)('says what the search noticed (%j) where the examination fails', async (problem, words) => {
    app.answers['Examine'] = () => Promise.reject(new Error('no'));
    app.answers['GetRooms'] = rooms({ search: { interfaces: [], problem, crowded: false } });
    show();
    await vi.advanceTimersByTimeAsync(5001);
    expect(here('likeliest').textContent).toContain(words);
  });
});

describe('the doctor', () => {
  const finding = (code: string) =>
    screen.getAllByTestId('finding').find((one) => one.dataset['code'] === code) ?? document.body;

  it('is opened from the lobby, looks, and lists what it found and what it looked at', async () => {
    show();
    await settled();
    await fireEvent.click(screen.getAllByTestId('open-doctor').at(-1) ?? document.body);
    expect(here('doctor').textContent).toContain('Looking at your networks');
    expect(here('check-again')).toHaveProperty('disabled', true);
    await vi.advanceTimersByTimeAsync(3000);
    expect(screen.getAllByTestId('finding').map((one) => one.dataset['code'])).toEqual([
      'multicast_blocked',
      'nobody_to_ask',
      'firewall_blocks',
    ]);
    expect(finding('firewall_blocks').textContent).toContain('sudo ufw allow 7788');
    expect(here('network').textContent).toMatch(/en0.*Cable.*10\.0\.0\.5.*hears nothing back.*2 other Earshots/s);
    expect(here('network').textContent).not.toContain('/24');
    await fireEvent.click(here('check-again'));
    expect(app.called('Examine')).toHaveLength(2);
  });

  it('is reached from a room, without leaving it', async () => {
    await showRoom();
    await fireEvent.click(screen.getAllByTestId('open-doctor').at(-1) ?? document.body);
    await vi.advanceTimersByTimeAsync(3000);
    expect(here('room')).toBeTruthy();
    expect(here('doctor')).toHaveProperty('open', true);
  });

  it('says when something cannot be opened', async () => {
    app.answers['Act'] = () => Promise.reject(new Error('no'));
    show();
    await settled();
    model.doctor = true;
    await vi.advanceTimersByTimeAsync(3000);
    await fireEvent.click(within(finding('multicast_blocked')).getByTestId('finding-action'));
    await settled();
    expect(finding('multicast_blocked').textContent).toContain('cannot be opened from here');
  });
});

describe('a link to another room', () => {
  it('asks before the room is left', async () => {
    let link = '';
    app.answers['TakeInvite'] = () => link;
    app.answers['Look'] = (ref: string) => listing({ ref, room: facts({ id: 'r9', name: 'Lunch' }) });
    await showRoom();
    link = 'earshot://10.0.0.9:7788/r9';
    app.emit('invite', null);
    await settled();
    expect(here('switch-room')).toHaveProperty('open', true);
    expect(here('switch-room').textContent).toContain('You are in “Standup”. Leave it and join “Lunch”?');
    await fireEvent.click(here('switch-decline'));
    expect(here('switch-room')).toHaveProperty('open', false);
    expect(app.called('Leave')).toEqual([]);
  });
});

describe('the invite', () => {
  const card = { link: 'earshot://10.0.0.2:7788/r1?fp=x', code: 'EAR-AAAA-BBBB', qr: ['101', '010', '111'] };

  it('is copied by one click, and shown in all its forms', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText } });
    app.answers['InviteCard'] = card;
    await showRoom();
    await fireEvent.click(here('invite'));
    await settled();
    expect(writeText).toHaveBeenCalledExactlyOnceWith('earshot://10.0.0.2:7788/r1');
    expect(here('invite-panel').textContent).toContain('The link is copied');
    expect(here('invite-who').textContent).toBe('Whoever has it can join.');
    expect(here('invite-link')).toHaveProperty('value', card.link);
    expect(here('invite-code').textContent.replace(/\s/g, '')).toBe('EAR-AAAA-BBBB');
    expect(here('qr').getAttribute('viewBox')).toBe('0 0 11 11'); // 3 and the quiet zone
    expect(here('qr').querySelector('path')?.getAttribute('d')).toBe(
      'M4 4h1v1h-1zM6 4h1v1h-1zM5 5h1v1h-1zM4 6h3v1h-3z',
    );
    await fireEvent.click(within(here('invite-panel')).getByText('Copy message'));
    expect(writeText.mock.lastCall).toEqual([
      'Join “Standup” in Earshot:\nearshot://10.0.0.2:7788/r1?fp=x\n\nOr type this into Earshot: EAR-AAAA-BBBB',
    ]);
    Reflect.deleteProperty(navigator, 'clipboard');
  });

  it('is shown to be copied by hand where the clipboard is not allowed', async () => {
    app.answers['InviteCard'] = card;
    await showRoom();
    await fireEvent.click(here('invite'));
    await settled();
    expect(here('invite-panel').textContent).toContain('Copying was not allowed');
    expect(here('invite-link')).toHaveProperty('value', card.link);
  });
});

describe('the lobby', () => {
  it('shows rooms as they come and go, and joins by a click', async () => {
    show();
    await settled();
    app.emit('rooms', rooms({ revision: 2, rooms: [listing({ room: facts({ pin: true }), mine: false })] }));
    await settled();
    expect(screen.queryByTestId('empty-lobby')).toBeNull();
    const card = here('room-card');
    expect(card.dataset).toMatchObject({ roomId: 'r1', roomName: 'Standup' });
    expect(card.textContent).toMatch(
      /Standup.*Needs a PIN.*Hosted by Maya.*2 people inside.*Very good connection, 2 ms/s,
    );
    await fireEvent.click(card);
    await settled();
    expect(app.called('Join')).toEqual([]);
    await fireEvent.input(here('pin-input'), { target: { value: '4711' } });
    await fireEvent.click(here('pin-join'));
    await settled();
    expect(app.called('Join')).toMatchObject([[{ room: 'r1', pin: '4711' }]]);
    app.emit('rooms', rooms({ revision: 3 }));
    expect(screen.queryByTestId('room-card')).toBeNull();
  });

  it('starts a room under my name with one click, or under the name I typed', async () => {
    app.answers['StartRoom'] = () => Promise.reject(new Error('enough'));
    show();
    await settled();
    await fireEvent.click(here('start-room'));
    await settled();
    await fireEvent.input(here('room-name-input'), { target: { value: '  Lunch ' } });
    await fireEvent.click(here('start-room'));
    await fireEvent.click(here('lock'));
    await fireEvent.input(here('room-pin-input'), { target: { value: 'tea & cake' } });
    await fireEvent.click(here('start-room'));
    expect(app.called('StartRoom')).toEqual([
      ['김지은’s room', ''],
      ['Lunch', ''],
      ['Lunch', 'tea & cake'],
    ]);
  });

  it('keeps a changed name on Enter, but not while a syllable is being composed, and forgets it on Escape', async () => {
    show();
    await settled();
    const input = here('name-input');
    input.focus();
    await fireEvent.input(input, { target: { value: '지은' } });
    await fireEvent.keyDown(input, { key: 'Enter', isComposing: true });
    expect(app.called('ChangeSettings')).toEqual([]);
    await fireEvent.keyDown(input, { key: 'Enter' });
    expect(app.called('ChangeSettings')).toEqual([['profile', { name: '지은' }]]);
    input.focus();
    await fireEvent.input(input, { target: { value: 'other' } });
    await fireEvent.keyDown(input, { key: 'Escape' });
    expect(app.called('ChangeSettings')).toHaveLength(1);
    expect(input).toHaveProperty('value', '김지은');
  });

  it('joins by address, and keeps the address when that fails', async () => {
    app.answers['Look'] = () => Promise.reject(Object.assign(new Error(), { code: 'bad_address' }));
    show();
    await settled();
    await fireEvent.input(here('join-address-input'), { target: { value: ' 10.0.0.9 ' } });
    await fireEvent.click(here('join-address-button'));
    await settled();
    expect(app.called('Look')).toEqual([['10.0.0.9']]);
    expect(here('notice').textContent).toContain('neither an invite nor an address');
    expect(here('join-address-input')).toHaveProperty('value', ' 10.0.0.9 ');
  });

  it('keeps words apart that were pasted on several lines', async () => {
    show();
    await settled();
    const field = here('join-address-input');
    const paste = new Event('paste', { cancelable: true, bubbles: true });
    Object.assign(paste, { clipboardData: { getData: () => 'Join us:\r\nearshot://10.0.0.9:7788/r9\nsee you' } });
    await fireEvent(field, paste);
    expect(field).toHaveProperty('value', 'Join us: earshot://10.0.0.9:7788/r9 see you');
    app.answers['Look'] = () => Promise.reject(new Error('enough'));
    await fireEvent.click(here('join-address-button'));
    expect(app.called('Look')).toEqual([['Join us: earshot://10.0.0.9:7788/r9 see you']]);
  });

  it('finds one of many rooms by its people, and says when there are too many', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        listing({ ref: `r${i}`, room: facts({ id: `r${i}`, name: `Room ${i}`, people: [`Person ${i}`] }) }),
      );
    show();
    await settled();
    app.emit('rooms', rooms({ revision: 2, rooms: many(11) }));
    await settled();
    expect(screen.queryByTestId('find-room')).toBeNull();
    app.emit('rooms', rooms({ revision: 3, rooms: many(40), search: { interfaces: [], problem: '', crowded: true } }));
    await settled();
    expect(here('crowded').textContent).toContain('flooding');
    await fireEvent.input(here('find-room'), { target: { value: 'person 17' } });
    expect(screen.getAllByTestId('room-card').map((card) => card.dataset['roomId'])).toEqual(['r17']);
    expect(here('lobby').textContent).toContain('1 of 40 rooms');
    await fireEvent.input(here('find-room'), { target: { value: 'nobody' } });
    expect(here('lobby').textContent).toContain('No room, host or person');
    await fireEvent.keyDown(here('find-room'), { key: 'Escape' });
    await vi.advanceTimersByTimeAsync(100); // a crowd takes several frames
    expect(screen.getAllByTestId('room-card')).toHaveLength(40);
  });

  it('shows my own room even when discovery does not', async () => {
    const hosting = { roomId: 'r9', name: 'Mine', invite: 'earshot://10.0.0.1:7788/r9', addresses: [], pin: '' };
    app.answers['GetState'] = state(1, { hosting });
    show();
    await settled();
    expect(here('room-card').dataset['roomName']).toBe('Mine');
  });

  it('speaks Korean and goes dark when the profile says so', async () => {
    app.answers['GetState'] = state(1, { profile: { name: '김지은', language: 'ko', theme: 'dark' } });
    show();
    await settled();
    expect(here('start-room').textContent).toContain('방 만들기');
    expect(document.documentElement).toMatchObject({ lang: 'ko' });
    expect(document.documentElement.dataset['theme']).toBe('dark');
  });
});
