/**
 * Who this page is to the app: a random id that a reload keeps, so that the app still knows whose voice it is. A
 * duplicated tab copies sessionStorage and with it the id; the lock tells it apart, because two pages of one id would
 * take the voice from each other for ever.
 */

const key = 'earshot.page';

/** Milliseconds that the document of before a reload gets to let go of its lock. */
const patience = 250;

/** Returns this page's id, and holds it for the life of the page. */
export async function pageID(storage: Storage, locks: LockManager | undefined): Promise<string> {
  const kept = storage.getItem(key);
  if (kept !== null && (await claim(kept, locks))) return kept;
  const id = randomID();
  storage.setItem(key, id);
  await claim(id, locks);
  return id;
}

/** Resolves to whether no other page has that id. Where there are no locks, it believes so. */
function claim(id: string, locks: LockManager | undefined): Promise<boolean> {
  if (!locks) return Promise.resolve(true);
  const signal = AbortSignal.timeout(patience);
  return new Promise((resolve) => {
    const held = () => {
      resolve(true);
      return new Promise<never>(() => undefined);
    };
    // Refused for another reason than time: locks do not work here, so nobody else holds one either.
    locks.request(`${key}.${id}`, { signal }, held).catch(() => resolve(!signal.aborted));
  });
}

function randomID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
