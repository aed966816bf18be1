// @vitest-environment jsdom
import { fireEvent, screen, within } from '@testing-library/svelte';
import { describe, expect, it, vi } from 'vitest';
import { CardBooth } from '../src/session/cardbooth';
import { session, state, usualSound } from './fakes';
import { app, devices, here, model, settled, show, showRoom, transport } from './shown';

const openSettings = () => fireEvent.click(here('settings'));

describe('the settings', () => {
  it('switch the passing on of rooms, and lead to the doctor', async () => {
    show();
    await settled();
    await openSettings();
    const passOn = screen.getByLabelText('Pass on rooms between networks');
    expect(passOn).toHaveProperty('checked', true);
    await fireEvent.click(passOn);
    expect(app.called('ChangeSettings')).toEqual([['network', { passOn: false }]]);
    const dialog = passOn.closest('dialog') ?? document.createElement('dialog');
    expect(dialog.open).toBe(true);
    await fireEvent.click(within(dialog).getByTestId('open-doctor'));
    expect(dialog.open).toBe(false);
    expect(here('doctor')).toHaveProperty('open', true);
  });
});

describe('the keys of the settings', () => {
  it('are chosen by pressing them; what a page needs, what is taken and what writes everywhere is refused', async () => {
    await showRoom();
    await openSettings();
    const capture = here('key-window-mute');
    await fireEvent.click(capture);
    await fireEvent.keyDown(capture, { code: 'ControlLeft', key: 'Control', ctrlKey: true });
    await fireEvent.keyDown(capture, { code: 'KeyX', ctrlKey: true, key: 'x' });
    expect(app.called('ChangeSettings').at(-1)).toMatchObject([
      'keys',
      { window: { mute: 'Ctrl+KeyX', deafen: 'KeyD' } },
    ]);
    const said = app.called('ChangeSettings').length;
    for (const [testid, code, words] of [
      ['key-window-mute', 'Enter', 'Earshot needs that key'],
      ['key-window-mute', 'KeyD', 'already for “Sound off”'],
      ['key-system-mute', 'KeyM', 'Ctrl, Alt'],
    ] as const) {
      await fireEvent.click(here(testid));
      await fireEvent.keyDown(here(testid), { code, key: code });
      expect(here('key-settings').textContent).toContain(words);
      await fireEvent.keyDown(here(testid), { code: 'Escape', key: 'Escape' });
    }
    expect(app.called('ChangeSettings')).toHaveLength(said);
  });
});

describe('the voice quality', () => {
  it('is chosen in plain words that say what they cost', async () => {
    await showRoom();
    await openSettings();
    await fireEvent.click(screen.getByLabelText('Fine'));
    expect(app.called('ChangeSettings')).toEqual([['quality', { bitrate: 64_000 }]]);
    expect(screen.getByText(/32 kbit\/s: about 0\.4 MB/)).toBeDefined();
  });

  it('is music or low delay by a switch, and music leaves no choice of a voice', async () => {
    await showRoom();
    await openSettings();
    await fireEvent.click(screen.getByLabelText('Music'));
    await fireEvent.click(screen.getByLabelText('Low delay'));
    expect(app.called('ChangeSettings')).toEqual([
      ['quality', { music: true }],
      ['quality', { lowDelay: true }],
    ]);
    app.emit('state', state(9, { session: session(), quality: { bitrate: 32_000, music: true, lowDelay: false } }));
    await settled();
    expect(screen.getByLabelText('Fine').closest('fieldset')?.disabled).toBe(true);
    expect(screen.getByText(/128 kbit\/s/)).toBeDefined();
  });
});

describe('microphone and loudspeaker', () => {
  const built = [['audioinput', 'b', 'Built-in'], ['audiooutput', 's', 'Desk']] as const; // prettier-ignore
  const jabra = ['audioinput', 'j', 'Jabra'] as const;

  it('are chosen by name in the room, and remembered', async () => {
    devices.are(...built, jabra);
    await showRoom();
    await fireEvent.click(here('devices'));
    await fireEvent.change(here('choose-microphone'), { target: { value: 'j' } });
    expect(app.called('ChangeSettings')).toEqual([['sound', { microphone: { name: 'Jabra', id: 'j' } }]]);
    app.emit('state', state(3, { session: session(), sound: { ...usualSound, microphone: { name: 'Jabra' } } }));
    await settled();
    expect(transport.sounds.at(-1)).toMatchObject({ microphone: 'j', noise: 'standard', echo: true });
  });

  it('that go are replaced, with a word; the chosen one is used again when it is back', async () => {
    devices.are(...built, jabra);
    const sound = { ...usualSound, microphone: { name: 'Jabra' } };
    await showRoom({ sound });
    expect(transport.sounds.at(-1)?.microphone).toBe('j');
    devices.are(...built);
    await settled();
    expect(transport.sounds.at(-1)?.microphone).toBe('');
    expect(here('device-told').textContent).toContain('Jabra is gone.');
    devices.are(...built, jabra);
    await settled();
    expect(transport.sounds.at(-1)?.microphone).toBe('j');
    expect(here('device-told').textContent).toContain('Jabra is back. You speak into it again.');
    await vi.advanceTimersByTimeAsync(12_000);
    expect(screen.queryByTestId('device-told')).toBeNull();
  });

  it('that go without a word of the browser are replaced within seconds', async () => {
    devices.are(...built, jabra);
    await showRoom({ sound: { ...usualSound, microphone: { name: 'Jabra' } } });
    devices.areUntold(...built);
    await vi.advanceTimersByTimeAsync(3000);
    expect(here('device-told').textContent).toContain('Jabra is gone.');
    expect(transport.sounds.at(-1)?.microphone).toBe('');
  });

  it('are a new loudspeaker only after a click', async () => {
    devices.are(...built);
    await showRoom({ sound: { ...usualSound, speaker: { name: 'Hall' } } });
    devices.are(...built, ['audiooutput', 'h', 'Hall']);
    await settled();
    expect(transport.sounds.at(-1)?.speaker).toBe('');
    await fireEvent.click(within(here('device-told')).getByText('Use it'));
    expect(transport.sounds.at(-1)?.speaker).toBe('h');
    expect(screen.queryByTestId('device-told')).toBeNull();
  });

  it('that give nothing are named within 5 s, but not while muted', async () => {
    devices.are(...built);
    await showRoom();
    transport.given = { name: 'Built-in', peak: 0, silenced: false };
    await vi.advanceTimersByTimeAsync(4900);
    expect(here('dead-microphone').textContent).toContain('We hear nothing from your microphone, Built-in.');
    transport.given = { name: 'Built-in', peak: 0.1, silenced: false };
    await vi.advanceTimersByTimeAsync(500);
    expect(screen.queryByTestId('dead-microphone')).toBeNull();
    transport.given = { name: 'Built-in', peak: 0, silenced: false };
    await fireEvent.click(here('mute'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(screen.queryByTestId('dead-microphone')).toBeNull();
  });

  it('are checked by those who want to, once offered', async () => {
    app.answers.GetState = state(1, { sound: { ...usualSound, checked: false } });
    show();
    await settled();
    await fireEvent.click(here('check-later'));
    expect(app.called('ChangeSettings')).toEqual([['sound', { checked: true }]]);
    app.emit('state', state(2));
    await settled();
    expect(screen.queryByTestId('check-offer')).toBeNull();
    await fireEvent.click(here('check-microphone'));
    await settled();
    // This page may not use devices, and says where that is mended.
    expect(here('check-trouble').dataset['reason']).toBe('refused');
    expect(here('check-panel').textContent).toContain(model.t.sound.check.cannotHear);
  });

  it('are checked in a browser where the threads of this window do not start', async () => {
    const start = () => Promise.reject(new Error('a thread could not be loaded'));
    show(true, new CardBooth({ app: app.api, page: 'here', start }));
    await settled();
    await fireEvent.click(here('check-microphone'));
    await settled();
    expect(here('check-trouble').dataset['reason']).toBe('voiceless');
    expect(screen.queryByTestId('play-sound')).toBeNull();
    await fireEvent.click(here('check-outside'));
    expect(app.called('OpenInBrowser')).toEqual([['']]);
    await settled();
    expect(here('lobby')).toBeTruthy();
  });
});
