/** Words about recording, in Korean. */
import type { Messages } from './en';

const people = (names: string[]) => names.map((name) => `${name} 님`).join(', ');

export const recording: Messages['recording'] = {
  record: '녹음',
  stop: '녹음 멈추기',
  starting: '시작하는 중…',
  askTitle: '이 방을 녹음할까요?',
  askText: (folder) =>
    `지금 있는 사람도, 들어오려는 사람도 녹음 중임을 알 수 있어요. 내 목소리까지 한 사람씩 따로 저장해요. 폴더: ${folder}`,
  start: '녹음 시작',
  by: (names) => `녹음 중: ${people(names)}`,
  you: '내가 이 방을 녹음하고 있어요',
  youAnd: (names) => `녹음 중: 나, ${people(names)}`,
  nobody: '이제 아무도 녹음하지 않아요',
  card: (names) => `녹음 중: ${people(names)}`,
  enterTitle: (room) => `‘${room}’ 방은 녹음되고 있어요`,
  enterText: (names) => `녹음하는 사람: ${people(names)}. 들어가서 하는 말도 녹음돼요. 그래도 들어갈까요?`,
  enter: '들어가기',
  folders: '파일',
  folder: '녹음 저장 폴더',
  downloads: '받은 파일 저장 폴더',
  folderText: '이 컴퓨터의 전체 경로를 적어 주세요. 비워 두면 기본 폴더를 써요.',
  change: '이 폴더 쓰기',
  show: '폴더에서 보기',
};
