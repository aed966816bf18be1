/** Words about microphones, loudspeakers and what is done to sound, in Korean. */
import type { Messages } from './en';

export const sound: Messages['sound'] = {
  title: '마이크와 스피커',
  menu: '마이크와 스피커 고르기',
  devices: '기기',
  microphone: '마이크',
  speaker: '스피커',
  usual: (name) => (name === '' ? '시스템 기본 장치' : `시스템 기본 장치 (${name})`),
  away: (name) => `${name} (연결 안 됨)`,
  unnamed: '마이크 사용을 허용하면 장치 이름이 보여요.',
  speakersElsewhere:
    '이 창에서는 스피커를 고를 수 없어요. 시스템이 쓰는 스피커로 들려요. 바꾸려면 시스템의 소리 설정을 이용해 주세요.',

  cleaning: '다른 사람에게 들리는 내 소리',
  noise: '잡음 없애기',
  levels: { off: '끔', standard: '보통', strong: '강하게' },
  noiseText: {
    off: '주변 소리를 그대로 보내요.',
    standard: '선풍기처럼 한결같은 소리를 없애요.',
    strong: '키보드, 그릇, 거리 소리까지 없애요. 내 목소리가 조금 늦게 전해져요.',
  },
  echo: '울림 없애기',
  echoText: '내 스피커에서 나온 소리가 다른 사람에게 되돌아가지 않게 해요. 헤드폰을 쓰지 않으면 켜 두세요.',
  gain: '소리 크기 고르게',
  gainText: '작은 목소리는 키우고 큰 목소리는 줄여요.',
  musicInstead: '음악이 켜져 있어 소리를 그대로 보내요.',

  told: {
    microphone: {
      gone: (name, now) =>
        now === ''
          ? `연결이 끊긴 마이크: ${name}. 시스템 기본 마이크를 써요.`
          : `연결이 끊긴 마이크: ${name}. 지금 쓰는 마이크: ${now}`,
      back: (name) => `다시 연결된 마이크를 써요: ${name}`,
      moved: (_name, now) => `시스템을 따라 마이크를 바꿨어요: ${now}`,
      echo: () => '울림 없애기를 시작하지 못했어요. 다른 사람에게 자기 목소리가 되돌아가지 않도록 헤드폰을 써 주세요.',
      noise: () => '잡음 없애기를 시작하지 못했어요. 주변 소리가 그대로 전해져요.',
    },
    speaker: {
      gone: (name, now) =>
        now === ''
          ? `연결이 끊긴 스피커: ${name}. 시스템 기본 스피커로 들려요.`
          : `연결이 끊긴 스피커: ${name}. 지금 들리는 곳: ${now}`,
      moved: (_name, now) => `시스템을 따라 스피커를 바꿨어요: ${now}`,
      offered: (name) => `새로 연결된 스피커: ${name}. 소리는 쓰던 곳에서 그대로 들려요.`,
    },
  },
  useIt: '이걸로 듣기',
  unheard: (name) =>
    `마이크에서 아무 소리도 들어오지 않아요: ${name}. 마이크나 줄에 음소거 스위치가 있는지 보거나 다른 마이크를 골라 주세요.`,
  unheardUnnamed:
    '마이크에서 아무 소리도 들어오지 않아요. 마이크나 줄에 음소거 스위치가 있는지 보거나 다른 마이크를 골라 주세요.',
  silenced: (name: string) =>
    `${name}: 이 컴퓨터의 소리 설정이나 마이크 스위치에서 음소거되어 있어서 아무에게도 들리지 않아요. 거기서 켜거나 다른 마이크를 골라 주세요.`,
  chooseAnother: '다른 마이크 고르기',

  offer: {
    title: '먼저 마이크를 확인해 볼까요?',
    text: '내 목소리가 잘 들어가는지, 다른 사람에게 어떻게 들리는지 알 수 있어요. 30초면 돼요.',
    open: '마이크 확인',
    later: '나중에',
  },
  check: {
    open: '마이크와 스피커 확인',
    title: '마이크 확인',
    inRoom: '확인하는 동안 방에서는 음소거돼요.',
    speak: '아무 말이나 해 보세요. 막대가 표시를 넘으면 잘 들리는 거예요.',
    level: '마이크 소리 크기',
    states: {
      waiting: '마이크를 기다리는 중…',
      quiet: '조용해요',
      speaking: '잘 들려요',
      loud: '소리가 너무 커요. 조금 떨어져 보세요.',
    },
    play: '소리 들어 보기',
    playing: '들려주는 중…',
    hear: '내 목소리 듣기',
    hearText:
      '내 목소리가 이 컴퓨터 안의 혼자만의 방을 거쳐, 다른 사람에게 들리는 대로 돌아와요. 헤드폰을 쓰지 않으면 삑 소리가 날 수 있어요.',
    hearing: '그만 듣기',
    starting: '연결하는 중…',
    failed: '내 목소리를 돌려받지 못했어요. 확인 창을 닫았다가 다시 열어 주세요.',
    measuring: '말을 하면 늦어지는 시간을 재요.',
    delay: (milliseconds) => `마이크에서 귀까지 ${milliseconds} ms 걸려요. 소리 장치에서 걸리는 시간은 따로예요.`,
    cannotHear: '이 페이지에서는 내 목소리를 들어 볼 수 없어요.',
    done: '완료',
    refused: '마이크 사용이 허용되지 않았어요. 아래 방법대로 허용한 뒤 다시 시도해 주세요.',
    missing: '마이크가 없어요. 연결하면 바로 쓸 수 있어요.',
    voiceless:
      '이 컴퓨터에서는 이 창으로 소리를 주고받을 수 없어 방이 브라우저에서 열려요. 마이크도 그곳에서 확인해 주세요.',
    outside: '브라우저 열기',
    broken: '마이크를 열 수 없어요. 마이크를 쓰고 있는 다른 프로그램을 닫고 다시 시도해 주세요.',
  },
  allow: {
    chromium: '주소창 왼쪽의 표시를 눌러 마이크를 켠 뒤 다시 시도해 주세요.',
    firefox: '주소창의 줄 그어진 마이크를 눌러 차단을 푼 뒤 다시 시도해 주세요.',
    safari: 'Safari 메뉴의 이 웹사이트 설정에서 마이크를 허용한 뒤 다시 시도해 주세요.',
    mac: '시스템 설정의 개인정보 보호 및 보안에서 마이크를 열고 Earshot을 켠 뒤 Earshot을 다시 시작해 주세요.',
    windows: '설정의 개인 정보 및 보안에서 마이크를 열고 데스크톱 앱의 사용을 허용한 뒤 다시 시도해 주세요.',
    linux: '시스템의 개인 정보 설정에서 마이크가 허용되어 있는지 확인한 뒤 다시 시도해 주세요.',
  },
};
