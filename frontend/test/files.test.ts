// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { RoomFile } from '../src/app/api';
import { asking, largestFile, pieceSize, progress, RoomFiles, sizeOf } from '../src/session/files';
import { FakeApp, session, state } from './fakes';

const file = (change: Partial<RoomFile> = {}): RoomFile => ({
  id: 'f1', at: 1, from: 'p1', by: 'Maya', mine: false, name: 'plan.pdf', size: 1000, state: 'offered', moved: 0, ...change,
}); // prettier-ignore

describe('the files of a room', () => {
  let app: FakeApp;
  let files: RoomFiles;
  let told: string[];

  beforeEach(() => {
    app = new FakeApp();
    told = [];
    files = new RoomFiles(app.api, (thrown) => told.push((thrown as { code: string }).code));
    app.answers['OfferFile'] = 'f9';
    app.answers['GetFiles'] = { room: 'r1', files: [file()] };
    files.start();
    app.emit('state', state(1, { session: session() }));
  });

  it('are those of the room we are in, and none of another', async () => {
    await vi.waitFor(() => expect(files.list.map(({ id }) => id)).toEqual(['f1']));
    app.emit('files', { room: 'another', files: [] });
    expect(files.list.length).toBe(1);
    app.emit('state', state(2));
    expect(files.list).toEqual([]);
  });

  it('are given to the app piece by piece, in order and whole', async () => {
    const bytes = new Uint8Array(pieceSize * 2 + 7).map((_, i) => i % 251);
    await files.offer([new File([bytes], 'a.bin')], 'p1');
    expect(app.called('OfferFile')).toEqual([['a.bin', bytes.length, 'p1']]);
    const pieces = app.called('PutFile').map(([id, piece]) => {
      expect(id).toBe('f9');
      return Uint8Array.from(atob(piece as string), (byte) => byte.charCodeAt(0));
    });
    expect(pieces.map(({ length }) => length)).toEqual([pieceSize, pieceSize, 7]);
    const given = pieces.flatMap((piece) => Array.from(piece));
    expect(given.length).toBe(bytes.length);
    expect(given.every((byte, i) => byte === bytes[i])).toBe(true);
  });

  it('are cancelled when the app takes no more, and that is told; a cancelled one is not', async () => {
    app.answers['PutFile'] = () => Promise.reject(Object.assign(new Error(), { code: 'disk_full' }));
    await files.offer([new File(['x'], 'a')], '');
    expect(app.called('CancelFile')).toEqual([['f9']]);
    expect(told).toEqual(['disk_full']);
    app.answers['PutFile'] = () => Promise.reject(Object.assign(new Error(), { code: 'not_found' }));
    await files.offer([new File(['x'], 'a')], '');
    expect(told).toEqual(['disk_full']);
  });

  it('are not begun when they are too large', async () => {
    const large = new File(['x'], 'a');
    Object.defineProperty(large, 'size', { value: largestFile + 1 });
    await files.offer([large], '');
    expect(told).toEqual(['file_too_large']);
    expect(app.called('OfferFile')).toEqual([]);
  });
});

it('counts what waits for our answer', () => {
  expect(asking([file(), file({ mine: true }), file({ state: 'done' })])).toBe(1);
});

it('knows how far a file is', () => {
  expect(progress(file())).toBeUndefined();
  expect(progress(file({ state: 'moving', moved: 250 }))).toBe(0.25);
  expect(progress(file({ state: 'moving', size: 0 }))).toBe(1);
  const to = [
    { id: 'a', name: 'A', state: 'done', moved: 1000 },
    { id: 'b', name: 'B', state: 'moving', moved: 500 },
    { id: 'c', name: 'C', state: 'declined', moved: 0 },
  ] as const;
  expect(progress(file({ mine: true, state: 'moving', moved: 1000, to: [...to] }))).toBe(0.75);
});

it('writes sizes as people read them', () => {
  expect(['0', '999', '1500', '4821300', '1073741824'].map((size) => sizeOf(Number(size), 'en'))).toEqual([
    '0 byte', '999 byte', '1.5 kB', '4.8 MB', '1.1 GB',
  ]); // prettier-ignore
});
