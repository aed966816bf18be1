/**
 * Every word a user reads, in Korean. No particle stands straight after a name: which one is right depends on how the
 * name is pronounced, and names come in every script.
 */
import { doctor } from './doctor.ko';
import { files } from './files.ko';
import { guests } from './guests.ko';
import { recording } from './recording.ko';
import { desktop } from './desktop.ko';
import { sound } from './sound.ko';
import { trust } from './trust.ko';
import { people } from './people.ko';
import type { About, Messages } from './en';

const who = ({ by }: About) => (by === undefined ? '방장이' : `${by} 님이`);
const because = ({ reason }: About) => (reason === undefined ? '' : ` “${reason}”`);

export const ko: Messages = {
  language: '한국어',
  appName: 'Earshot',
  problems: {
    bad_message: '상대 컴퓨터가 이 앱의 말을 이해하지 못했어요. 양쪽 Earshot을 업데이트하고 다시 시도해 주세요.',
    too_large: '방에서 받을 수 있는 크기를 넘었어요. 줄여서 다시 시도해 주세요.',
    unsupported: '이 방에서는 아직 쓸 수 없는 기능이에요. 방장에게 Earshot 업데이트를 부탁해 주세요.',
    unsupported_version: '방의 Earshot 버전이 달라요. 양쪽 모두 최신 버전으로 업데이트한 뒤 다시 들어가 주세요.',
    bad_name: '쓸 수 없는 이름이에요. 글자나 숫자로, 한글은 20자 안팎까지 쓸 수 있어요.',
    bad_offer: '이 앱과 방의 소리를 연결하지 못했어요. Earshot이나 브라우저를 업데이트하고 다시 들어가 주세요.',
    bad_text: '메시지가 비어 있거나 너무 길어요. 한 번에 한글 1,300자쯤까지 보낼 수 있어요.',
    bad_quality: '이 방에서 쓸 수 없는 음질이에요. 설정에서 다른 음질을 골라 주세요.',
    not_joined: '지금은 방에 들어가 있지 않아요. 다시 들어가 주세요.',
    already_joined: '이미 이 방에 있어요. 나갔다가 다시 들어가 주세요.',
    rate_limited: '한꺼번에 너무 많이 요청했어요. 몇 초 뒤에 다시 시도해 주세요.',
    room_full: '방이 가득 찼어요. 자리가 나면 다시 들어가거나, 새 방을 만들어 보세요.',
    expired: '자리를 비운 시간이 길어 자동으로 돌아가지 못했어요. 방에 다시 들어가 주세요.',
    slow: '이 컴퓨터가 방을 따라가지 못했어요. 무거운 프로그램을 닫고 다시 들어가 주세요.',
    replaced: '다른 연결로 다시 들어와서 이 연결은 닫혔어요. 따로 할 일은 없어요.',
    left: '방에서 나왔어요.',
    room_ended: '방장이 방을 끝냈어요. 계속 이야기하려면 새 방을 만들어 보세요.',
    internal: 'Earshot 안에서 문제가 생겼어요. 다시 시도해 보고, 계속되면 앱을 다시 시작해 주세요.',
    forbidden: '방장이나 진행자만 할 수 있어요. 그분들께 부탁해 주세요.',
    nobody: '그분은 이제 여기 없어요. 따로 할 일은 없어요.',
    already_so: '다른 사람이 먼저 처리했어요. 따로 할 일은 없어요.',
    no_key: '손님은 다시 왔을 때 알아볼 수 없어요. 내보내기는 할 수 있어요.',
    list_full: '목록이 가득 찼어요. 먼저 누군가를 목록에서 빼 주세요.',
    bad_reason: '이유가 너무 길어요. 짧은 한 문장이면 돼요.',
    removed: (about) => `${who(about)} 나를 이 방에서 내보냈어요.${because(about)} 착오가 있다면 직접 이야기해 보세요.`,
    banned: (about) =>
      `${who(about)} 나를 이 방에 들어오지 못하게 했어요.${because(about)} 방장만 다시 풀어 줄 수 있어요.`,
    locked: '방이 잠겨 있어서 지금은 새로 들어갈 수 없어요. 안에 있는 사람에게 열어 달라고 해 주세요.',
    refused: (about) =>
      about.by === undefined
        ? '들어가지 못했어요. 30초 뒤에 다시 부탁할 수 있어요.'
        : `${who(about)} 들여보내 주지 않았어요.${because(about)} 30초 뒤에 다시 부탁할 수 있어요.`,
    unanswered: '아무도 대답하지 않았어요. 방장이 자리를 비운 것 같으니 나중에 다시 해 보세요.',
    knocks_full: '기다리는 사람이 많아요. 1분 뒤에 다시 해 주세요.',
    no_guests: '손님을 받지 않는 방이에요. 내 컴퓨터의 Earshot으로 들어와 주세요.',
    no_recording: '녹음할 수 없는 방이에요. 방장이 방 설정에서 허용할 수 있어요.',
    recordings_full: '이 방에서 동시에 녹음할 수 있는 사람이 꽉 찼어요. 녹음하는 분에게 파일을 부탁해 보세요.',
    bad_folder: '그 폴더에는 저장할 수 없어요. 설정에서 다른 폴더를 골라 주세요.',
    file_too_large: '파일이 너무 커요. 1 GB까지 보낼 수 있으니 더 큰 파일은 파일 서버를 이용해 주세요.',
    bad_file_name: '저장할 수 없는 파일 이름이에요. 이름을 바꿔서 다시 보내 주세요.',
    files_full: '보내는 파일이 이미 네 개예요. 하나가 끝나면 다시 보내 주세요.',
    disk_full: '디스크가 가득 찼어요. 공간을 비우고 다시 해 주세요.',
    damaged: '받은 파일이 보낸 것과 달라서 버렸어요. 다시 보내 달라고 해 주세요.',
    file_unreadable: '파일을 읽을 수 없어요. 폴더는 하나의 파일로 묶어서 보내 주세요.',
    recording_saved: ({ detail }) => `녹음을 저장했어요. 폴더: ${detail}`,
    recording_forbidden: ({ detail }) => `방장이 녹음을 꺼서 녹음이 멈췄어요. 그때까지의 녹음: ${detail}`,
    recording_disk_full: ({ detail }) =>
      `디스크가 가득 차서 녹음이 멈췄어요. 통화는 계속돼요. 공간을 비우고 다시 녹음해 주세요. 그때까지의 녹음: ${detail}`,
    recording_failed: ({ detail }) =>
      `파일을 쓸 수 없어서 녹음이 멈췄어요. 통화는 계속돼요. 폴더를 확인하고 다시 녹음해 주세요. 그때까지의 녹음: ${detail}`,
    recording_cut: ({ detail }) => `방과 연결이 끝나서 녹음도 끝났어요. 그때까지의 녹음: ${detail}`,
    ask_first: '오래 자리를 비워 그대로 돌아갈 수 없어요. 다시 들어가면 안에 있는 사람이 들여보내 줄 거예요.',
    unreachable:
      '방이 응답하지 않아요. 방장과 같은 네트워크에 있는지, 방장 컴퓨터의 방화벽이 Earshot을 허용하는지 확인해 주세요.',
    fingerprint_mismatch:
      '이 방이 있던 컴퓨터가 아닌 다른 컴퓨터가 응답했어요. 들어가기 전에 방장에게 새 초대를 받아 주세요.',
    lost: '연결이 끊어졌어요. 네트워크를 확인하고 다시 들어가 주세요.',
    bad_address: '초대도 주소도 아니에요. 초대를 붙여 넣거나 192.168.0.10:7788 같은 주소를 입력해 주세요.',
    not_found: '그런 방이 이제 없어요. 목록에서 고르거나 새 초대를 받아 주세요.',
    ambiguous: '같은 이름의 방이 여럿 있어요. 목록에서 골라 주세요.',
    ports_taken:
      'Earshot에서 쓸 수 있는 포트가 모두 사용 중이에요. 서버 역할을 하는 다른 프로그램을 끄고 다시 시도해 주세요.',
    no_browser:
      '방을 열 브라우저를 찾지 못했어요. Chromium, Chrome, Edge, Firefox 중 하나를 설치하고 다시 시도해 주세요.',
    not_in_room: '들어가 있는 방이 없어요. 먼저 방에 들어가 주세요.',
    pin_needed: 'PIN이 있는 방이에요. 방장에게 PIN을 물어보세요.',
    wrong_pin:
      '이 방의 PIN이 아니에요. 방장에게 다시 확인해 주세요. PIN이 맞는데도 이러면 누군가 이 방을 흉내 내고 있을 수 있어요.',
    pin_later: '틀린 PIN이 너무 여러 번 입력됐어요. 30초쯤 뒤에 다시 시도해 주세요.',
    no_pin: 'PIN이 없는 방이라 찾으시는 방이 맞는지 확인할 수 없어요. 믿을 수 있을 때만 PIN 없이 들어가세요.',
    bad_pin: 'PIN이 너무 짧아요. 네 글자 이상으로 정해 주세요.',
    wrong_pin_tried: ({ detail }) =>
      `누군가 내 방에 틀린 PIN을 입력했어요(${detail}). 아는 사람이 아니라면 다음에는 더 긴 PIN으로 바꿔 주세요.`,
    settings_broken: '설정을 읽지 못해 새 설정으로 시작했어요. 이름을 확인해 주세요. 예전 파일은 따로 남겨 두었어요.',
    settings_mended: ({ detail }) =>
      `읽지 못한 설정 몇 가지를 처음 값으로 되돌렸어요. 예전 파일은 따로 남겨 두었어요. (${detail})`,
    login_unset: '로그인할 때 시작하는 설정을 바꾸지 못했어요. 내 폴더에 쓰기 권한이 있는지 확인해 주세요.',
    bans_broken:
      '내 방에 들어오지 못하게 한 사람 목록을 읽지 못해 지금은 아무도 막지 않아요. 예전 파일은 따로 남겨 두었어요.',
    settings_unsaved: '설정을 저장하지 못했어요. 디스크가 가득 차지 않았는지, 쓰기 권한이 있는지 확인해 주세요.',
    host_changed:
      '알고 있던 방의 자리에서 다른 키가 응답했어요. 들어가기 전에 방장의 확인 코드를 묻거나 새 초대를 받아 주세요.',
    known_broken:
      '알고 있던 방장 가운데 읽지 못한 것이 있어요. 키가 바뀌어도 모를 수 있으니 코드를 다시 확인해 주세요. 예전 파일은 따로 남겨 두었어요.',
    known_unsaved:
      '이 방장을 기억해 두지 못했어요. 키가 바뀌어도 알려 드릴 수 없어요. 디스크가 가득 차지 않았는지, 쓰기 권한이 있는지 확인해 주세요.',
  },
  unknownProblem: (code) => `예상하지 못한 일이 생겼어요(${code}). 다시 시도하거나 Earshot을 업데이트해 주세요.`,
  aboutRoom: (room) => `‘${room}’ 방`,
  dismiss: '닫기',
  cancel: '취소',
  close: '닫기',

  gone: {
    title: 'Earshot이 종료됐어요',
    next: '계속하려면 Earshot을 다시 시작해 주세요. 이 페이지는 닫아도 돼요.',
  },
  noToken: {
    title: '전용 링크로 열어 주세요',
    next: 'Earshot을 열거나, ‘earshot web’ 명령을 실행하면 나오는 링크로 들어와 주세요.',
  },
  loading: 'Earshot을 여는 중…',

  lobby: {
    title: '가까이 있는 방',
    yourName: '내 이름',
    editName: '이름 바꾸기',
    settings: '설정',
    start: '방 만들기',
    starting: '만드는 중…',
    roomName: '방 이름',
    defaultRoom: (name) => `${name} 님의 방`,
    count: (rooms) => `방 ${rooms}개`,
    joinRoom: (room) => `‘${room}’ 방에 들어가기`,
    join: '들어가기',
    joining: '들어가는 중…',
    hostedBy: (host) => `방장 ${host}`,
    nobodyInside: '아직 아무도 없어요',
    inside: (people) => `${people}명이 함께 있어요`,
    full: '가득 참',
    yours: '내 방',
    endYours: '방 끝내기',
    needsPin: 'PIN 필요',
    lock: 'PIN으로 잠그기',
    lockText: 'PIN을 아는 사람만 들어올 수 있어요.',
    pinHint: '네 글자 이상',
    path: {
      good: (ms) => `연결 아주 좋음, ${ms} ms`,
      fair: (ms) => `연결 좋음, ${ms} ms`,
      poor: (ms) => `연결 느림, ${ms} ms`,
    },
    byAddress: '초대나 주소를 받으셨나요?',
    address: '초대 또는 주소',
    addressExample: 'earshot://…',
    addressHelp: '링크나 짧은 초대, 초대가 든 메시지 전체, 192.168.0.10:7788 같은 주소를 넣을 수 있어요.',
    find: '방이나 사람 찾기',
    found: (rooms, of) => `방 ${of}개 중 ${rooms}개`,
    notFound: '그런 이름의 방이나 사람이 없어요.',
    crowded:
      '보여 줄 수 있는 것보다 많은 방이 알려지고 있어요. 누군가 없는 방을 마구 알리는 것일 수 있어요. 찾는 방이 없으면 초대로 들어가 주세요.',
  },

  pin: {
    title: (room) => `‘${room}’ 방의 PIN`,
    label: 'PIN 입력',
    text: '방장이 알고 있어요. PIN 자체는 네트워크로 전송되지 않아요.',
    join: '들어가기',
    cancel: '취소',
    yours: (pin) => `이 방의 PIN: ${pin}`,
  },

  empty: {
    title: '지금은 조용하네요',
    invitation: '첫 방을 만들어 보세요. 같은 네트워크에 있는 사람 모두에게 바로 보이고, 누구나 들어올 수 있어요.',
    listening: (interfaces) => `듣고 있는 네트워크: ${interfaces}`,
    searching: '네트워크를 살펴보는 중…',
    whyTitle: '있어야 할 방이 안 보이나요?',
    why: {
      no_multicast:
        '이 네트워크나 방화벽이 컴퓨터끼리 서로 찾는 것을 막고 있어요. 방장에게 초대를 받아 초대 칸에 붙여 넣어 주세요.',
      nothing:
        '방장이 다른 Wi-Fi나 게스트 네트워크에 있거나, 방화벽이 방을 가리고 있을 수 있어요. 초대를 받아 초대 칸에 붙여 넣어 주세요.',
    },
  },

  room: {
    people: (count) => `${count}명`,
    alone: '아직 혼자예요',
    aloneNext: '같은 네트워크에 있는 사람의 Earshot에는 이 방이 보여요. 안 보이는 사람에게는 초대를 보내 주세요.',
    leave: '나가기',
    controls: '내 마이크와 소리, 방',
    more: '더 보기',
    menu: '메뉴',
    you: '나',
    host: '방장',
    muted: '음소거',
    listener: '듣기만 하는 중',
    reconnecting: '다시 연결하는 중…',
    stage: '지금 말하는 사람',
    nobodySpeaks: '아무도 말하고 있지 않아요',
    everybody: '방에 있는 사람',
    joined: (names) => (names.length > 3 ? `${names.length}명이 들어왔어요` : `${list(names)} 님이 들어왔어요`),
    left: (names) => (names.length > 3 ? `${names.length}명이 나갔어요` : `${list(names)} 님이 나갔어요`),
  },

  chat: {
    title: '채팅',
    unread: (count) => `새 메시지 ${count}개`,
    empty: '아직 쓴 글이 없어요',
    emptyNext: '방에 있는 모두가 볼 수 있고, 나중에 들어온 사람도 방이 끝날 때까지 볼 수 있어요.',
    label: (room) => `‘${room}’ 방에 보낼 메시지`,
    placeholder: '모두에게 메시지 쓰기',
    send: '보내기',
    sending: '보내는 중…',
    refused: '보내지 못했어요.',
    again: '다시 보내기',
    takeBack: '고쳐 쓰기',
    newest: '최근 메시지로',
    tooLong: (over) => `${over}자 넘었어요`,
    opens: (address) => `${address} (브라우저에서 열려요)`,
  },

  invite: {
    button: '초대',
    title: (room) => `‘${room}’ 방에 초대하기`,
    link: '링크',
    copyLink: '링크 복사',
    copied: '복사했어요',
    copiedLink: '링크를 복사했어요. 메시지에 붙여 넣으세요.',
    notCopied: '복사가 허용되지 않았어요. 글을 직접 선택해 복사해 주세요.',
    code: '불러 주거나 입력하기 좋은 짧은 초대',
    copyCode: '짧은 초대 복사',
    qr: '초대 링크의 QR 코드',
    copyMessage: '메시지 복사',
    message: (room, link, code) =>
      `Earshot에서 ‘${room}’ 방에 들어오세요.\n${link}${code ? `\n\nEarshot에 직접 입력해도 돼요: ${code}` : ''}`,
    hint: '다른 네트워크에 있어도 이 컴퓨터에 연결할 수만 있으면 들어올 수 있어요.',
    open: '초대를 가진 사람은 누구나 들어올 수 있어요.',
    withPin: (pin) =>
      pin === ''
        ? '들어오려면 PIN도 알아야 해요.'
        : `들어오려면 PIN도 알아야 해요. 초대에는 들어 있지 않으니 따로 알려 주세요: ${pin}`,
    failed: '초대를 만들지 못했어요. 닫았다가 다시 시도해 주세요.',
    switchTitle: (room) => `‘${room}’ 방으로 옮길까요?`,
    switchText: (from, to) => `지금 ‘${from}’ 방에 있어요. 나가고 ‘${to}’ 방으로 옮길까요?`,
    switchHosting: '내 방은 Earshot이 켜져 있는 동안 다른 사람들을 위해 열려 있어요.',
    switch: '나가고 옮기기',
    stay: (room) => `‘${room}’ 방에 남기`,
  },

  doctor,
  sound,
  trust,
  recording,
  people,
  desktop,
  files,
  guests,

  microphone: {
    on: '마이크 켜짐',
    muted: '음소거됨',
    asking: '마이크 기다리는 중…',
    none: '듣기만 하는 중',
    mute: '마이크 끄기 (M)',
    unmute: '마이크 켜기 (M)',
    retry: '마이크 다시 시도',
    hint: {
      asking: '방의 소리는 벌써 들려요. 마이크 사용을 허용하면 내 목소리도 전해져요.',
      refused: '모두의 목소리를 들을 수 있어요. 말하려면 마이크 사용을 허용해야 해요.',
      missing: '모두의 목소리를 들을 수 있어요. 말하려면 마이크나 헤드셋을 연결해 주세요. 연결하면 바로 쓸 수 있어요.',
      broken: '모두의 목소리를 들을 수 있어요. 말하려면 마이크를 쓰고 있는 다른 프로그램을 닫고 다시 시도해 주세요.',
      nothing:
        '응답하는 마이크가 없어요. 마이크를 연결하고 다시 시도해 주세요. 다른 사람의 소리도 들리지 않으면 이 컴퓨터의 사운드 시스템(PipeWire나 PulseAudio)이 꺼져 있는 거예요.',
      soundless:
        '소리가 오가지 않아요. 이 컴퓨터의 사운드 시스템이 응답하지 않아요. PipeWire나 PulseAudio를 실행하면 소리가 저절로 돌아와요. 브라우저에서 방을 열어도 돼요.',
    },
  },

  status: {
    reconnecting: '방과 연결이 끊어졌어요. 저절로 다시 연결하고 있어요…',
    interrupted: '소리가 잠시 끊겼어요. 다시 잇고 있어요…',
    connecting: '소리를 연결하는 중…',
    poor: '연결이 좋지 않아 말이 끊길 수 있어요. 공유기 가까이로 옮기거나 랜선을 연결해 보세요.',
    failed: '아직 소리가 통하지 않아요. 계속 시도하고 있어요. 오래 걸리면 방장 컴퓨터의 방화벽을 확인해 주세요.',
  },
  soundBlocked: '눌러서 방의 소리 듣기',

  link: {
    title: '연결 상태',
    words: { good: '좋음', fair: '보통', poor: '나쁨', lost: '끊김' },
    measuring: '재는 중…',
    person: '사람',
    roundTrip: '왕복 시간',
    lost: '도중에 사라짐',
    up: '방으로',
    down: '방에서',
    jitter: '들쭉날쭉함',
    concealed: '메운 소리',
    legend:
      '방으로 가다가(↑) 또는 방에서 오다가(↓) 사라진 소리는 다시 보내고, 제때 오지 못한 소리는 짐작해서 메워요. 메운 소리는 1 %까지는 거의 느껴지지 않고, 5 %가 넘으면 알아듣기 힘들어져요.',
    summary: ({ roundTrip, up, down, jitter, concealed }) =>
      `왕복 시간 ${roundTrip}, 사라짐 ↑ ${up} ↓ ${down}, 들쭉날쭉함 ${jitter}, 메운 소리 ${concealed}`,
  },

  quality: {
    title: '내 목소리',
    voice: '목소리 음질',
    voices: { 16000: '절약', 32000: '보통', 64000: '좋음', 96000: '최고' },
    costs: (kilobits, megabytes) => `${kilobits} kbit/s: 1분 동안 말하면 ${megabytes} MB쯤 보내요.`,
    music: '음악',
    musicText: '악기나 녹음을 있는 그대로 스테레오로 보내요. 메아리와 잡음을 없애지 않으니 헤드폰을 쓰는 것이 좋아요.',
    musicInstead: '음악이 켜져 있는 동안은 128 kbit/s: 조용할 때도 1분에 1.2 MB쯤 보내요.',
    lowDelay: '지연 줄이기',
    lowDelayText: '내 소리가 10 ms쯤 빨리 들려요. 대신 패킷이 두 배가 되고 통신량이 절반쯤 늘어요.',
  },

  moderation: {
    open: '방 관리',
    title: '방 관리',
    lock: '방 잠그기',
    lockText: '새로 들어올 수 없어요. 안에 있는 사람은 그대로 있고, 잠시 나갔다 와도 돼요.',
    knock: '들어오기 전에 묻기',
    knockText: '새로 오는 사람은 나나 진행자가 들여보낼 때까지 기다려요.',
    noGuests: '손님 받지 않기',
    noGuestsText: '다시 왔을 때 알아볼 수 있는, 자기 Earshot이 있는 사람만 들어와요.',
    noRecording: '녹음 금지',
    noRecordingText: '이 방에서는 Earshot으로 녹음할 수 없어요. 다른 프로그램까지 막지는 못해요.',
    moderators: '진행자',
    noModerators: '아직 없어요. 사람 메뉴에서 정할 수 있어요.',
    bans: '막은 사람',
    noBans: '내 방에 들어오지 못하게 한 사람이 없어요.',
    unban: '풀어 주기',
    dismissModerator: '그만 맡기기',
    bannedBy: (by) => `막은 사람: ${by}`,
    end: '모두에게 방 끝내기',
    endTitle: '모두에게 방을 끝낼까요?',
    endText: '모두 나가게 되고 방이 닫혀요.',
    menu: (name) => `${name} 님에게 할 수 있는 일`,
    deeds: {
      mute: '모두에게 음소거',
      unmute: '다시 말할 수 있게 하기',
      lower: '손 내려 주기',
      appoint: '진행자로 정하기',
      dismiss: '진행자 그만 맡기기',
      remove: '내보내기…',
      ban: '들어오지 못하게 하기…',
    },
    removeTitle: (name) => `${name} 님을 내보낼까요?`,
    removeText: '지금 방에서 나가게 돼요. 방이 잠겨 있지 않으면 다시 들어올 수 있어요.',
    removeDo: '내보내기',
    banTitle: (name) => `${name} 님을 들어오지 못하게 할까요?`,
    banText: '지금 방에서 나가고, 풀어 줄 때까지 내 방에 들어오지 못해요.',
    banDo: '들어오지 못하게 하기',
    reason: '이유 (그 사람이 읽게 돼요)',
    asks: (name) => `${name} 님이 들어오고 싶어 해요`,
    waiting: '들어오려고 기다리는 사람',
    admit: '들여보내기',
    admitName: (name) => `${name} 님 들여보내기`,
    refuse: '거절',
    refuseName: (name) => `거절: ${name} 님`,
    moderator: '진행자',
    silenced: '방장이 음소거함',
    recording: '녹음 중',
    youAre: (by) => `${by} 님이 모두에게 음소거했어요.`,
    youAreNext: '방장이나 진행자만 풀 수 있어요.',
    askTitle: '들어가도 되는지 묻는 중…',
    askText: '안에 있는 사람이 들여보내 주어야 해요. 그때까지 내 소리는 아무에게도 들리지 않아요.',
    askStop: '그만 묻기',
    ask: '들어가도 되는지 묻기',
    locked: '잠김',
  },

  leaving: {
    title: '이 방은 내 컴퓨터에서 열려 있어요',
    text: '열어 두고 나가면 Earshot이 켜져 있는 동안 다른 사람들은 계속 이야기할 수 있어요. 방을 끝내면 모두 나가게 돼요.',
    keep: '열어 두고 나가기',
    end: '모두에게 방 끝내기',
  },

  instead: {
    text: '이 창에서 소리가 나지 않나요? PipeWire나 PulseAudio가 필요해요.',
    open: '브라우저에서 방 열기',
  },
  elsewhere: {
    title: (room) => `‘${room}’ 방이 다른 창에 열려 있어요`,
    text: '지금은 그 창에서 이야기하고 있어요. 여기서 이야기하려면 방을 옮겨 주세요.',
    move: '여기로 옮기기',
    moving: '옮기는 중…',
  },
  outside: {
    title: (browser) => (browser === '' ? '브라우저에서 방을 열었어요' : `${browser} 브라우저에서 방을 열었어요`),
    text: '이 컴퓨터에서는 이 창으로 소리를 주고받을 수 없어 그곳에서 이야기해요.',
    hosting: '이 창도 열어 두세요. 모두의 방이 이 창에서 돌아가고 있어요.',
    again: '다시 열기',
    back: '방 목록으로',
  },

  settings: {
    title: '설정',
    language: '언어',
    look: '언어와 화면',
    theme: '화면 모드',
    system: '시스템 설정과 같게',
    light: '밝게',
    dark: '어둡게',
    about: '정보',
    aboutText: 'Earshot은 MIT 라이선스를 따르는 자유 소프트웨어예요.',
    licences: '라이선스',
    network: '네트워크',
    openInBrowser: '방을 브라우저에서 열기',
    openInBrowserText: '이 창에서 말하는 데 문제가 있을 때 켭니다. Earshot을 다시 시작하면 적용됩니다.',
    passOn: '네트워크 사이에 방 알리기',
    passOnText:
      '이 컴퓨터가 두 네트워크에 연결되어 있으면 양쪽 사람들이 서로의 방을 볼 수 있어요. 누가 어떤 방을 열었는지만 전하고 목소리는 전하지 않아요.',
  },
};

function list(names: string[]): string {
  return names.join(', ');
}
