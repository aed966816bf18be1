// What processes cost, by proc(5). Networks of the tests have processes of their own: all that is seen here was started here.
import { readFileSync, readdirSync } from 'node:fs';

/** A line of stat: its name, its parent's id, and the clock ticks of 10 ms it has spent; undefined when it has ended. */
function statOf(path) {
  try {
    const text = readFileSync(path, 'utf8');
    const end = text.lastIndexOf(')');
    const rest = text.slice(end + 2).split(' ');
    const ticks = Number(rest[11]) + Number(rest[12]);
    return { name: text.slice(text.indexOf('(') + 1, end), parent: Number(rest[1]), ticks };
  } catch {
    return undefined;
  }
}

/** Everything in a folder of proc(5) whose name is a number, by that number. */
function statsIn(folder) {
  const all = {};
  for (const id of readdirSync(folder).filter((each) => /^\d+$/.test(each))) {
    const stat = statOf(`${folder}/${id}/stat`);
    if (stat) all[id] = stat;
  }
  return all;
}

/** All processes: id -> {name, parent, ticks}. */
export const processes = () => statsIn('/proc');

/** All threads of a process: id -> {name, ticks}. */
export const threadsOf = (pid) => statsIn(`/proc/${String(pid)}/task`);

/** A process and all that it has started, by id. */
export function familyOf(root) {
  const all = Object.entries(processes());
  const found = [root];
  for (const pid of found) found.push(...all.filter(([, { parent }]) => parent === pid).map(([id]) => Number(id)));
  return found;
}

/** The id of WebKit's process that runs an app's page; undefined while there is none. */
export const webProcessOf = (parent) =>
  Object.entries(processes()).find(
    ([, each]) => each.name.startsWith('WebKitWebProces') && each.parent === parent,
  )?.[0];

/** What is resident of a process, in MB: all of it, or 'Pss' with shared pages by their share. 0 when it has ended. */
export function memoryOf(pid, kind = 'Rss') {
  try {
    const text = readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
    return Number(new RegExp(`^${kind}:\\s+(\\d+)`, 'm').exec(text)[1]) / 1000;
  } catch {
    return 0;
  }
}
