/** Words about whose key a room has, in English. */
export const trust = {
  /** What the symbols of a code are called, in the order of session/code.ts. */
  symbols: [
    'dog', 'cat', 'horse', 'cow', 'pig', 'rabbit', 'bear', 'tiger', 'frog', 'monkey', 'chick', 'penguin', 'elephant', 'turtle', 'snake', 'fish',
    'whale', 'octopus', 'butterfly', 'snail', 'cactus', 'tree', 'mushroom', 'sunflower', 'apple', 'banana', 'grapes', 'strawberry', 'cherries', 'watermelon', 'lemon', 'corn',
    'bread', 'pizza', 'cake', 'doughnut', 'coffee', 'moon', 'star', 'rainbow', 'flame', 'umbrella', 'snowman', 'football', 'balloon', 'gift', 'bell', 'guitar',
    'trumpet', 'drum', 'car', 'bicycle', 'train', 'rocket', 'sailboat', 'anchor', 'key', 'padlock', 'hammer', 'clock', 'book', 'paperclip', 'glasses', 'top hat',
  ], // prettier-ignore
  code: 'Code',

  card: {
    changed: 'Not the same as before',
    changedTitle: 'A room of this name was on another computer before. Earshot asks before it joins.',
    verified: 'Code compared',
    known: 'Joined before',
    twin: 'Another room looks like it',
    mixed: 'Mixes alphabets',
  },
  person: {
    twin: 'Somebody else here has a name that looks like this one',
    mixed: 'This name mixes letters of alphabets that look alike',
    twinTag: 'Name twice',
    mixedTag: 'Odd letters',
  },

  changed: {
    title: (host: string) => `Is this still ${host}’s room?`,
    by: {
      names: (host: string, room: string) =>
        `“${room}” of ${host} was on a computer with another key before. Nothing has been sent to this one yet.`,
      room: (host: string, room: string) =>
        `This invite or entry leads to the room “${room}” of ${host}, but another key answers there. Nothing has been sent to it yet.`,
      address: (host: string, room: string) =>
        `At this address was “${room}” of ${host} before. Now a computer with another key answers there. Nothing has been sent to it yet.`,
    },
    invite: (host: string, room: string) =>
      `This invite names another key for “${room}” of ${host} than the one you know. The computer that answers has the invite’s key. Nothing has been sent to it yet.`,
    inviteWhy:
      'The invite is only as good as the way it came to you: a new computer of the host has a new key, and so has an invite that somebody else made up.',
    inviteTodo: (host: string) =>
      `If ${host} gave you this invite in person, or in a chat that only they can write in, join. Otherwise ask them, by telephone or face to face, for the code of their room.`,
    why: 'It may be harmless: Earshot or the computer was set up anew, or it is another computer of the same name. Or somebody is posing as the host to listen in.',
    todo: (host: string) =>
      `Call ${host} or walk over, and ask for the code of their room: the shield at the top of the room shows it. Do not ask in the room itself.`,
    before: 'Until now',
    now: 'Now',
    compared: 'you compared this code',
    last: (date: string) => `last joined on ${date}`,
    hosted: (room: string, host: string) => `“${room}”, hosted by ${host}`,
    decline: 'Do not join',
    accept: 'Join and remember the new key',
  },

  panel: {
    open: 'Is this the right room?',
    title: (room: string) => `Is this really “${room}”?`,
    guest: (host: string) =>
      `Compare this code with ${host} aloud, by telephone or face to face. If it is the same on both screens, nobody stands in between, and nobody poses as the host.`,
    host: 'This is your code: the same in every room that you start on this computer. Read it out, or have it read to you, by whoever wants to be sure that the room is yours.',
    everybody: 'Everybody in the room sees the same code.',
    same: 'It is the same',
    differs: 'If it differs, leave the room and tell the others: somebody may be listening in.',
    verified: 'You have compared the code. Earshot remembers it for every room of this host.',
    undo: 'Take that back',
  },

  hosts: {
    title: 'Known hosts',
    text: 'Earshot remembers the key of everybody whose room you joined, and warns you when another one answers in its place.',
    none: 'None yet: the first is remembered when you join a room.',
    row: (room: string, last: string) => `“${room}”, last joined on ${last}`,
    since: (date: string) => `Known since ${date}`,
    verified: 'Code compared',
    show: 'Show',
    forget: 'Forget',
    forgetHost: (host: string) => `Forget ${host}`,
    forgetAll: 'Forget all',
    forgetAllSure: 'Forget all: sure?',
  },
};
