/** Words about recording, in English. */
export const recording = {
  record: 'Record',
  stop: 'Stop recording',
  starting: 'Starting…',
  askTitle: 'Record this room?',
  askText: (folder: string) =>
    `Everybody here, and whoever is about to enter, sees that you record. Each voice goes into a file of its own, yours too, in ${folder}.`,
  start: 'Record',
  by: (names: string[]) => `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} recording this room`,
  you: 'You are recording this room',
  youAnd: (names: string[]) => `You and ${names.join(', ')} are recording this room`,
  nobody: 'Nobody records any more',
  card: (names: string[]) => `Recorded by ${names.join(', ')}`,
  enterTitle: (room: string) => `“${room}” is being recorded`,
  enterText: (names: string[]) => `${names.join(', ')} will keep what you say there. Enter all the same?`,
  enter: 'Enter',
  folders: 'Files',
  folder: 'Recordings go to',
  downloads: 'Received files go to',
  folderText: 'A whole path on this computer. Leave it empty for the usual folder.',
  change: 'Use this folder',
  show: 'Show in folder',
};
