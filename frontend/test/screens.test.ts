// @vitest-environment jsdom
import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { MicrophoneError } from '../src/session/transport';
import { jieun, listing, maya, session, state } from './fakes';
import { app, here, room, settled, show, showRoom, transport } from './shown';

describe('the room', () => {
  it('shows everybody with what they are', async () => {
    const participants = [
      maya,
      jieun,
      { id: 'p3', name: '<b>Tom</b>', muted: true, listener: true, reconnecting: true },
    ];
    await showRoom({ session: session({ participants }) });
    const tiles = screen.getAllByTestId('participant');
    expect(tiles.map((tile) => tile.dataset['name'])).toEqual(['Maya', '김지은', '<b>Tom</b>']);
    expect(tiles.map((tile) => tile.dataset['you'])).toEqual(['false', 'true', 'false']);
    expect(tiles[0]?.textContent).toContain('Host');
    expect(tiles[2]?.dataset['muted']).toBe('true');
    expect(tiles[2]?.textContent).toContain('Reconnecting');
    expect(tiles[2]?.querySelector('b')).toBeNull();
  });

  it('marks who speaks, and only them', async () => {
    await showRoom();
    app.emit('levels', { levels: { p1: -20 } });
    const speaking = () => screen.getAllByTestId('participant').map((tile) => tile.dataset['speaking']);
    expect(speaking()).toEqual(['true', 'false']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(speaking()).toEqual(['false', 'false']);
  });

  it('says of a microphone that a moderator muted that the room does not receive it', async () => {
    await showRoom();
    app.emit('state', state(3, { session: session({ silenced: { by: 'Maya', reason: 'the vacuum cleaner' } }) }));
    await settled();
    expect(here('mute').textContent.trim()).toBe('Muted by the host');
    expect(here('mute').getAttribute('aria-pressed')).toBe('false'); // our own switch
    expect(here('silenced').textContent).toMatch(/Maya muted you.*vacuum cleaner/s);
    app.emit('state', state(4, { session: session() }));
    await settled();
    expect(here('mute').textContent.trim()).toBe('Microphone on');
  });

  it('mutes by the button and by M, but not while somebody types', async () => {
    await showRoom();
    const pressed = () => here('mute').getAttribute('aria-pressed');
    await fireEvent.click(here('mute'));
    expect([pressed(), here('mute').textContent.trim()]).toEqual(['true', 'Muted']);
    expect(screen.getAllByTestId('participant')[1]?.dataset['muted']).toBe('true');
    await fireEvent.keyDown(document.body, { code: 'KeyM', key: 'ㅡ' });
    expect(pressed()).toBe('false');
    const field = document.body.appendChild(document.createElement('input'));
    await fireEvent.keyDown(field, { code: 'KeyM', key: 'm' });
    await fireEvent.keyDown(document.body, { code: 'KeyM', key: 'm', ctrlKey: true });
    await fireEvent.keyDown(document.body, { code: 'KeyM', key: 'm', isComposing: true });
    expect(pressed()).toBe('false');
    field.remove();
  });

  it('says who came', async () => {
    await showRoom();
    app.emit('state', state(3, { session: session({ participants: [maya, jieun, { id: 'p3', name: 'Tom' }] }) }));
    await settled();
    expect(here('movements').textContent).toBe('Tom joined');
    expect(here('movements').getAttribute('aria-live')).toBe('polite');
  });

  it('explains why others do not hear me, and tries again', async () => {
    show();
    transport.microphone = () => Promise.reject(new MicrophoneError('refused', ''));
    await room.entrance.join('r1', listing());
    await settled();
    expect(here('listening-hint').textContent).toContain('allow the microphone');
    transport.microphone = () => Promise.resolve();
    await fireEvent.click(within(here('listening-hint')).getByRole('button'));
    await settled();
    expect(screen.queryByTestId('listening-hint')).toBeNull();
  });

  it('says once that echo is not taken out of my microphone, and then where microphones are chosen', async () => {
    await showRoom();
    transport.given = { name: 'Desk', peak: 0.1, silenced: false, uncleaned: ['echo'] };
    await vi.advanceTimersByTimeAsync(1000);
    expect(here('device-told').textContent).toContain('Wear headphones');
    await vi.advanceTimersByTimeAsync(13_000);
    expect(screen.queryByTestId('device-told')).toBeNull();
    await fireEvent.click(here('devices'));
    expect(here('uncleaned').textContent).toContain('Echo is not taken out');
  });

  it('puts talkers of a big room on stage', async () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ id: `p${i}`, name: `Person ${i}`, guest: i === 29 }));
    await showRoom({ session: session({ participants: many }) });
    app.emit('levels', { levels: { p29: -20 } });
    await settled();
    expect(screen.getAllByTestId('on-stage').map((place) => place.textContent)).toEqual([
      expect.stringMatching(/Guest.*Person 29/) as string,
    ]);
    await vi.advanceTimersByTimeAsync(6000);
    expect(screen.queryByTestId('on-stage')).toBeNull();
  });
});

describe('leaving', () => {
  const hosting = { roomId: 'r1', name: 'Standup', invite: 'earshot://10.0.0.2:7788/r1', addresses: [], pin: '' };

  it('is one click for a guest', async () => {
    await showRoom();
    await fireEvent.click(here('leave'));
    expect(app.called('Leave')).toHaveLength(1);
  });

  it.each([
    ['leave-keep', 'Leave'],
    ['leave-end', 'EndRoom'],
  ])('asks a host first; %s calls %s', async (button, method) => {
    await showRoom({ hosting });
    await fireEvent.click(here('leave'));
    expect(app.called('Leave')).toEqual([]);
    expect(here(button).closest('dialog')).toHaveProperty('open', true);
    await fireEvent.click(here(button));
    expect(app.calls.at(-1)).toEqual([method]);
    expect(here('lobby')).toBeTruthy();
  });
});

describe('other screens', () => {
  it('says that the room is in another window, and moves it here', async () => {
    app.answers['GetState'] = state(1, { session: session({ page: 'there' }) });
    show();
    await settled();
    expect(here('elsewhere').textContent).toContain('“Standup” is open in another window');
    await fireEvent.click(here('move-here'));
    await settled();
    expect(here('room')).toBeTruthy();
  });

  it('opens rooms in a browser where the page cannot talk', async () => {
    show(false);
    await settled();
    await fireEvent.click(here('start-room'));
    await settled();
    expect(here('elsewhere').textContent).toContain('The room opened in Chromium');
    await fireEvent.click(here('open-again'));
    expect(app.called('OpenInBrowser')).toEqual([['mine'], ['mine']]);
  });

  it('says that the app is gone', async () => {
    show();
    await settled();
    app.emit('link', 'down');
    await settled();
    expect(document.body.textContent).toContain('Earshot stopped');
  });

  it('shows notices until they are dismissed', async () => {
    app.answers['GetState'] = state(1, { notices: [{ id: 7, code: 'room_ended', detail: '', room: 'Standup' }] });
    show();
    await settled();
    expect(here('notice').textContent).toMatch(/Room “Standup”.*The host ended the room/s);
    await fireEvent.click(within(here('notice')).getByRole('button'));
    expect(app.called('Dismiss')).toEqual([[7]]);
  });
});

describe('what is told once', () => {
  it('goes by itself when there was time to read it, unless somebody points at it or something has to be done', async () => {
    app.answers['Dismiss'] = undefined;
    app.answers['GetState'] = state(1, {
      notices: [
        { id: 1, code: 'settings_unsaved', detail: '', room: '' },
        { id: 2, code: 'room_ended', detail: '', room: 'Standup' },
      ],
    });
    show();
    await settled();
    const ended = screen.getAllByTestId('notice')[1] ?? document.body;
    const button = within(ended).getByRole('button');
    button.focus();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(app.called('Dismiss')).toEqual([]);
    button.blur();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(app.called('Dismiss')).toContainEqual([2]);
    expect(app.called('Dismiss')).not.toContainEqual([1]);
  });
});

describe('the menu of a person', () => {
  const moderated = { session: session({ you: 'p1', participants: [maya, { ...jieun, silenced: true, hand: 2 }] }) };
  const focused = () => (document.activeElement as HTMLElement).dataset['testid'];

  it('goes by the arrow keys, closes by Escape, and gives the focus back', async () => {
    await showRoom(moderated);
    const opener = here('person-menu');
    opener.focus();
    await fireEvent.keyDown(opener, { key: 'ArrowDown' });
    await settled();
    expect(focused()).toBe('volume');
    const menu = here('person-dialog');
    const order = ['mute-here', 'do-unmute', 'do-lower', 'do-remove', 'volume'];
    for (const next of order) {
      await fireEvent.keyDown(menu, { key: 'ArrowDown' });
      expect(focused()).toBe(next);
    }
    await fireEvent.keyDown(menu, { key: 'ArrowUp' });
    expect(focused()).toBe('do-remove');
    await fireEvent.keyDown(menu, { key: 'Home' });
    expect(focused()).toBe('volume');
    await fireEvent.keyDown(menu, { key: 'Escape' });
    expect(screen.queryByTestId('person-dialog')).toBeNull();
    expect(document.activeElement).toBe(opener);
    await fireEvent.keyDown(opener, { key: 'ArrowUp' });
    await settled();
    expect(focused()).toBe('do-remove');
  });

  it('has the volume for everybody, and sets it', async () => {
    await showRoom();
    await fireEvent.click(here('person-menu'));
    await settled();
    await fireEvent.input(here('volume'), { target: { value: '150' } });
    await fireEvent.click(here('mute-here'));
    expect(app.called('ChangeSettings')).toEqual([
      ['people', { loudness: [{ name: 'Maya', volume: 150 }] }],
      ['people', { loudness: [{ name: 'Maya', volume: 100, muted: true }] }],
    ]);
  });

  it('lets somebody who asks speak by one click, and takes a hand down', async () => {
    await showRoom(moderated);
    expect(here('hands').textContent).toContain('김지은 asks to be heard');
    await fireEvent.click(here('let-speak'));
    await fireEvent.click(here('lower'));
    expect(app.called('Moderate')).toEqual([[{ do: 'unmute', id: 'p2' }], [{ do: 'lower', id: 'p2' }]]);
  });
});

describe('connections', () => {
  const link = { word: 'good' as const, rttMillis: 0.4, upLoss: 0, downLoss: 0.002, jitterMillis: 2, concealed: 0 };
  const poor = { ...link, word: 'poor' as const, rttMillis: 212, upLoss: 0.14, jitterMillis: 47.5, concealed: 0.083 };
  const tile = (id: string) =>
    screen.getAllByTestId('participant').find((one) => one.dataset['participantId'] === id) ?? document.body;

  it('are shown by shape and word on the tiles of those whose link is not good', async () => {
    await showRoom();
    app.emit('links', { links: { p1: poor, p2: link } });
    await settled();
    expect(within(tile('p1')).getByText('Poor')).toBeDefined();
    expect(tile('p1').querySelector('.link')?.getAttribute('title')).toContain('Round trip 212 ms');
    expect(tile('p2').querySelector('.link')).toBeNull();
    expect(screen.queryByText(/connection is poor/)).toBeNull();
  });

  it('that are our own and poor come with what to do about it', async () => {
    await showRoom();
    app.emit('links', { links: { p1: link, p2: poor } });
    await settled();
    expect(screen.getByText(/Move closer to the Wi-Fi/)).toBeDefined();
  });

  it('are listed in numbers, the worst first, and those of a lost link are no numbers', async () => {
    await showRoom();
    app.emit('links', { links: { p1: link, p2: { ...poor, word: 'lost' } } });
    await settled();
    await fireEvent.click(here('connections'));
    const rows = screen
      .getAllByTestId('connection')
      .map((row) => [...row.children].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim()).join(' | '));
    expect(rows[0]).toBe('김지은 · You No connection | – | ↑ – ↓ – | – | –');
    expect(rows[1]).toBe('Maya Good | <1 ms | ↑ 0 % ↓ 0.2 % | 2 ms | 0 %');
  });
});
