import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Examination, Finding } from '../src/app/api';
import { examineAtMostEvery, Examiner } from '../src/session/examiner';
import { FakeApp } from './fakes';

let app: FakeApp;
let examiner: Examiner;

const found = (...findings: Finding[]): Examination => ({
  interfaces: [],
  reach: { port: 7788, tcp: 'unknown', udp: 'unknown', by: '' },
  sound: { microphone: 'unknown', speaker: 'unknown' },
  findings,
});

beforeEach(() => {
  vi.useFakeTimers();
  app = new FakeApp();
  app.answers['Examine'] = found({ code: 'no_microphone', level: 'problem' }, { code: 'vpn_up', level: 'note' });
  examiner = new Examiner({ app: app.api });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the examiner', () => {
  it('names the likeliest reason that no room is found, which is never the sound', async () => {
    await examiner.examine();
    expect(examiner.checkup).toMatchObject({ running: false, failed: false, likeliest: { code: 'vpn_up' } });
    expect(examiner.checkup.result?.findings).toHaveLength(2);
  });

  it('asks once at a time', async () => {
    const said: boolean[] = [];
    examiner.subscribe(({ running }) => said.push(running));
    await Promise.all([examiner.examine(), examiner.examine()]);
    expect(app.called('Examine')).toHaveLength(1);
    expect(said).toEqual([true, false]);
    await examiner.examine();
    expect(app.called('Examine')).toHaveLength(2);
  });

  it('keeps the last result while it asks again, and when that fails', async () => {
    await examiner.examine();
    app.answers['Examine'] = () => Promise.reject(new Error('no'));
    await examiner.examine();
    expect(examiner.checkup).toMatchObject({ running: false, failed: true, likeliest: { code: 'vpn_up' } });
  });

  it('says how long it rests before it may be asked by itself', async () => {
    expect(examiner.restsFor).toBe(0);
    await examiner.examine();
    vi.advanceTimersByTime(4000);
    expect(examiner.restsFor).toBe(examineAtMostEvery - 4000);
  });
});
