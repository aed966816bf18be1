// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../src/app/connect';
import { pageID } from '../src/app/page';

let urls: string[] = [];
let sockets: { onmessage?: (message: { data: string }) => void; onclose?: () => void }[] = [];

function visit(hash: string): ReturnType<typeof connect> {
  window.history.replaceState(null, '', `/${hash}`);
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor(url: string) {
        urls.push(url);
        sockets.push(this);
      }
    },
  );
  return connect();
}

afterEach(() => {
  urls = [];
  sockets = [];
  window.sessionStorage.clear();
  delete window.go;
  delete window.runtime;
  vi.unstubAllGlobals();
});

it('takes token and room from the fragment, strips it, and survives a reload', async () => {
  const first = await visit('#token=T&join=earshot%3A%2F%2Fhost%3A7788%2Fr1%3Ffp%3Dx');
  expect(first?.join).toBe('earshot://host:7788/r1?fp=x');
  expect(window.location.hash).toBe('');
  expect(urls).toEqual([`ws://${window.location.host}/bridge?token=T&page=${first?.page ?? ''}`]);
  const reloaded = await visit('');
  expect(reloaded?.page).toBe(first?.page);
  expect(reloaded?.join).toBeUndefined();
  expect(urls[1]).toBe(urls[0]);
});

it('exchanges a ticket for the token, and uses the ticket no more', async () => {
  const first = await visit('#ticket=once');
  const page = first?.page ?? '';
  expect(window.location.hash).toBe('');
  expect(urls).toEqual([`ws://${window.location.host}/bridge?ticket=once&page=${page}`]);
  vi.useFakeTimers();
  sockets[0]?.onclose?.(); // before the token came
  vi.runOnlyPendingTimers();
  expect(urls[1]).toBe(urls[0]);
  sockets[1]?.onmessage?.({ data: '{"event":"token","data":"T"}' });
  sockets[1]?.onclose?.();
  vi.runOnlyPendingTimers();
  vi.useRealTimers();
  expect(urls[2]).toBe(`ws://${window.location.host}/bridge?token=T&page=${page}`);
  await visit('');
  expect(urls[3]).toBe(urls[2]);
  expect([
    window.sessionStorage.getItem('earshot.ticket'),
    window.sessionStorage.getItem('earshot.token'),
  ]).not.toContain('once');
});

it('carries the voice as the window on Linux does where the address with the token says so, also after a reload', async () => {
  expect((await visit('#token=T&voice=loopback'))?.voice).toBe('loopback');
  expect((await visit(''))?.voice).toBe('loopback');
  expect((await visit('#voice=loopback&token=T2'))?.voice).toBe('loopback');
  expect((await visit('#token=T&voice=card'))?.voice).toBe('card');
  expect((await visit('#token=T&voice=pigeon'))?.voice).toBeUndefined();
  expect((await visit('#token=T3'))?.voice).toBeUndefined();
  expect((await visit(''))?.voice).toBeUndefined();
  expect((await visit('#voice=loopback'))?.voice).toBeUndefined();
});

it('connects to nothing without a token', async () => {
  expect(await visit('')).toBeUndefined();
  expect(urls).toEqual([]);
});

it('prefers the window it is in, and gives its refusals codes', async () => {
  // As Wails v2.15.0 rejects: new Error of what the app's formatError returned.
  const GetState = () => Promise.reject(new Error('{"code":"room_full","detail":"100 inside"}'));
  const GetRooms = () => Promise.reject(new Error('Wails broke'));
  window.go = { app: { Methods: { GetState, GetRooms } as never } };
  window.runtime = { EventsOn: () => () => undefined };
  const inWindow = await visit('');
  expect(urls).toEqual([]);
  await expect(inWindow?.app.GetState()).rejects.toMatchObject({ code: 'room_full', detail: '100 inside' });
  await expect(inWindow?.app.GetRooms()).rejects.toMatchObject({ code: 'internal', detail: 'Wails broke' });
});

describe('the id of a page', () => {
  /** Locks of one browser: a held name is refused after the asker's patience. */
  function browser(): LockManager {
    const held = new Set<string>();
    return {
      request: (name: string, { signal }: LockOptions, granted: () => Promise<unknown>) => {
        if (!held.has(name)) {
          held.add(name);
          return granted();
        }
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
      },
    } as unknown as LockManager;
  }

  it('is not shared with a duplicate of its tab', async () => {
    const locks = browser();
    const original = await pageID(window.sessionStorage, locks);
    const duplicate = await pageID(window.sessionStorage, locks);
    expect(duplicate).not.toBe(original);
    expect(window.sessionStorage.getItem('earshot.page')).toBe(duplicate);
  });

  it('outlives a reload', async () => {
    const before = await pageID(window.sessionStorage, browser());
    expect(await pageID(window.sessionStorage, browser())).toBe(before);
  });
});
