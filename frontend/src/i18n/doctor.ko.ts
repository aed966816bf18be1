/** What the doctor found, in Korean. */
import type { doctor as english } from './doctor.en';

export const doctor: typeof english = {
  title: '네트워크 점검',
  open: '네트워크 점검하기',
  missing: '찾는 방이 없나요?',
  checking: '네트워크와 방화벽, 소리 장치를 살펴보는 중…',
  failed: '점검을 마치지 못했어요. 잠시 뒤에 다시 시도해 주세요.',
  again: '다시 점검',
  copyReport: '결과 복사',
  reportCopied: '결과를 복사했어요',
  notCopied: '복사가 허용되지 않았어요. 아래 글을 직접 선택해 복사해 주세요.',
  commandCopied: '명령을 복사했어요',
  notOpened: '여기서는 열 수 없어요. 시스템 설정에서 직접 열어 주세요.',
  more: '자세히',
  findings: {
    all_well: {
      what: '이 컴퓨터에는 문제가 없어요.',
      why: '같은 네트워크에 있는 방은 저절로 나타나요.',
      next: '보여야 할 방이 없다면 다른 네트워크에 있는 방이에요. 방장에게 초대를 받아 주세요.',
    },
    no_network: {
      what: '이 컴퓨터가 네트워크에 연결되어 있지 않아요.',
      why: '방은 Wi-Fi나 랜선을 통해 찾고 들어요. 인터넷은 없어도 돼요.',
      next: 'Wi-Fi나 랜선을 연결하면 방이 저절로 나타나요.',
    },
    only_virtual: {
      what: ({ interfaces }) => `VPN이나 가상 네트워크만 연결되어 있어요(${interfaces}).`,
      why: '주변 컴퓨터로 이어지지 않는 네트워크예요.',
      next: '다른 사람들이 쓰는 Wi-Fi나 랜선에 연결해 주세요.',
    },
    vpn_up: {
      what: (about) => `VPN이 켜져 있어요(${about.interface}).`,
      why: '가까운 컴퓨터로 갈 통신까지 VPN으로 빠져나가 주변의 방이 보이지 않을 수 있어요.',
      next: '찾는 방이 없으면 VPN을 잠시 끄거나, VPN 설정에서 로컬 네트워크 접근을 허용해 주세요.',
    },
    multicast_blocked: {
      what: (about) => `네트워크(${about.interface})에서 방을 찾고 있지만 내가 보낸 것조차 돌아오지 않아요.`,
      why: '방을 찾는 데 쓰는 mDNS(UDP 5353번 포트)를 이 컴퓨터의 방화벽이 막고 있어요.',
      next: '이 컴퓨터의 방화벽에서 Earshot을 허용해 주세요. 그때까지는 초대로 들어갈 수 있어요.',
    },
    multicast_not_possible: {
      what: (about) => `시스템이 이 네트워크(${about.interface})에서 방을 찾지 못하게 해요.`,
      why: '찾지 못하면 방이 저절로 나타나지 않아요.',
      next: '초대로 들어가거나 다른 네트워크를 써 주세요.',
    },
    nobody_heard: {
      what: (about) => `네트워크(${about.interface})는 문제없지만 다른 Earshot이 들리지 않아요.`,
      why: '아직 아무도 켜지 않았거나, 게스트 Wi-Fi처럼 컴퓨터끼리 나눠 놓은 네트워크이거나, 다른 사람들이 다른 네트워크에 있을 수 있어요.',
      next: '방장과 같은 네트워크인지 확인해 보세요. 같은 네트워크라면 초대를 받아 들어가면 돼요.',
    },
    apps_without_rooms: {
      what: ({ count }) => `다른 컴퓨터 ${count}대에 Earshot이 켜져 있고, 방은 아직 없어요.`,
      why: '모두 잘 되고 있어요. 들어갈 방이 없을 뿐이에요.',
      next: '방을 만들어 보세요. 다른 사람들에게 바로 보여요.',
    },
    room_silent: {
      what: ({ address }) => `방이 있다고 알리지만 응답하지 않는 컴퓨터가 있어요(${address}).`,
      why: '그 컴퓨터의 방화벽이 다른 컴퓨터를 막고 있을 가능성이 커요.',
      next: ({ port }) => `방장에게 방화벽에서 Earshot(TCP와 UDP ${port}번 포트)을 허용해 달라고 해 주세요.`,
    },
    unheard: {
      what: ({ name }) => `상대(${name})에게는 내가 보이지만 나에게는 상대가 보이지 않아요.`,
      why: '내가 보내는 것은 나가는데 돌아오는 답을 이 컴퓨터의 방화벽이 막고 있어요.',
      next: '이 컴퓨터의 방화벽에서 Earshot을 허용해 주세요.',
    },
    not_heard_by_others: {
      what: ({ name }) => `상대(${name})에게 직접 물으면 답하지만, 방을 찾는 신호는 상대에게 닿지 않아요.`,
      why: '사이에 있는 네트워크가 찾는 신호(멀티캐스트)를 전해 주지 않아 서로의 방이 보이지 않아요.',
      next: '초대를 주고받거나, 네트워크 관리자에게 컴퓨터 사이의 mDNS를 허용해 달라고 해 주세요.',
    },
    tcp_blocked: {
      what: ({ by, port }) => `다른 컴퓨터(${by})가 이 컴퓨터의 TCP ${port}번 포트에 연결하지 못했어요.`,
      why: '내가 방을 만들어도 아무도 들어올 수 없어요.',
      next: '이 컴퓨터의 방화벽에서 Earshot을 허용해 주세요.',
    },
    udp_blocked: {
      what: ({ by, port }) => `다른 컴퓨터(${by})의 소리가 이 컴퓨터의 UDP ${port}번 포트에 닿지 못했어요.`,
      why: '내가 만든 방에서는 목소리가 더 느린 TCP로 돌아와 늦게 들릴 수 있어요.',
      next: '이 컴퓨터의 방화벽에서 Earshot의 UDP도 허용해 주세요.',
    },
    reachable: {
      what: ({ by, port }) => `다른 컴퓨터(${by})가 이 컴퓨터의 ${port}번 포트에 연결했어요.`,
      why: '내가 만든 방에 다른 사람들이 들어올 수 있어요.',
      next: '따로 할 일은 없어요.',
    },
    nobody_to_ask: {
      what: '다른 컴퓨터에서 이 컴퓨터로 연결되는지는 확인하지 못했어요.',
      why: '확인하려면 이 네트워크에 Earshot을 켠 다른 컴퓨터가 있어야 해요.',
      next: '다른 컴퓨터에서 Earshot을 켠 뒤 다시 점검해 주세요.',
    },
    port_taken: {
      what: ({ port }) => `다른 프로그램이 ${port}번 포트를 쓰고 있어요.`,
      why: '내가 만드는 방은 다른 포트를 쓰게 되고, 방화벽이 그 포트를 막을 수 있어요.',
      next: '그 프로그램을 끄거나, 방화벽에서 포트 대신 Earshot 자체를 허용해 주세요.',
    },
    crowded: {
      what: '보여 줄 수 있는 것보다 많은 방이 알려지고 있어요.',
      why: '누군가 이 네트워크에 없는 방을 마구 알리고 있을 수 있어요.',
      next: '초대로 들어가고, 네트워크 관리자에게 알려 주세요.',
    },
    firewall_blocks: {
      what: ({ product }) => `방화벽(${product})이 다른 컴퓨터를 막고 있어요.`,
      why: '방을 찾지 못하거나, 내가 만든 방에 아무도 들어오지 못할 수 있어요.',
      next: ({ command }) =>
        command === ''
          ? '방화벽에서 Earshot을 허용해 주세요.'
          : '터미널에서 아래 명령을 실행해 주세요. 비밀번호를 물을 수 있어요.',
    },
    firewall_on: {
      what: ({ product }) => `방화벽(${product})이 켜져 있어요.`,
      why: '다른 컴퓨터를 들여보내는지는 알아내지 못했어요.',
      next: '내 방에 들어오지 못하는 사람이 있으면 방화벽에서 Earshot을 허용해 주세요.',
    },
    public_network: {
      what: (about) => `Windows가 이 네트워크(${about.interface})를 공용 네트워크로 보고 있어요.`,
      why: '공용 네트워크에서는 이 컴퓨터를 숨기므로 방을 찾지 못하고, 내 방에도 들어올 수 없어요.',
      next: '믿을 수 있는 네트워크라면 네트워크 설정에서 개인 네트워크로 바꿔 주세요.',
    },
    local_network_denied: {
      what: 'macOS가 Earshot의 로컬 네트워크 사용을 막고 있어요.',
      why: '이 권한이 없으면 방을 찾을 수 없고, 내 방에도 아무도 들어올 수 없어요.',
      next: '시스템 설정의 개인정보 보호 및 보안 > 로컬 네트워크에서 Earshot을 켜 주세요.',
    },
    no_microphone: {
      what: '연결된 마이크가 없어요.',
      why: '다른 사람 목소리는 들리지만 내 목소리는 전해지지 않아요.',
      next: '마이크나 헤드셋을 연결해 주세요. 연결하면 바로 쓸 수 있어요.',
    },
    no_speaker: {
      what: '연결된 스피커나 헤드폰이 없어요.',
      why: '내 목소리는 전해지지만 다른 사람 목소리가 들리지 않아요.',
      next: '헤드폰이나 스피커를 연결해 주세요.',
    },
    microphone_denied: {
      what: 'Earshot이 마이크를 쓸 수 없게 되어 있어요.',
      why: '다른 사람 목소리는 들리지만 내 목소리는 전해지지 않아요.',
      next: '브라우저 주소창이나 시스템의 개인 정보 설정에서 Earshot의 마이크 사용을 허용해 주세요.',
    },
  },
  unknownFinding: {
    what: (code) => `그 밖에 찾아낸 것이 있어요(${code}).`,
    why: '이 화면이 앱보다 오래되어 설명할 말을 몰라요.',
    next: 'Earshot을 다시 시작해 주세요.',
  },
  levels: { problem: '문제', warning: '문제일 수 있음', note: '참고', good: '이상 없음' },
  actions: {
    copy_command: '명령 복사',
    open_firewall: '방화벽 설정 열기',
    allow_in_firewall: 'Earshot 허용',
    open_network: '네트워크 설정 열기',
    open_local_network: '개인정보 보호 설정 열기',
    open_microphone: '마이크 설정 열기',
    open_sound: '소리 설정 열기',
    join_by_address: '초대로 들어가기',
    start_room: '방 만들기',
  },
  networks: '네트워크',
  noNetworks: '없음',
  kinds: { ethernet: '랜선', wifi: '무선(Wi-Fi)', vpn: 'VPN 연결', virtual: '가상 네트워크', loopback: '이 컴퓨터 안' },
  multicast: {
    works: '방 찾기 정상',
    silent: '방 찾기 응답 없음',
    not_sent: '방 찾기 불가',
    unused: '쓰지 않음',
  },
  down: '연결 안 됨',
  apps: (count) => `다른 Earshot ${count}대`,
  rooms: (count) => `방 ${count}개`,
  reachTitle: '이 컴퓨터로 들어오는 연결',
  port: (port) => `${port}번 포트`,
  by: (name) => `확인한 컴퓨터: ${name}`,
  reach: { yes: '연결됨', no: '연결 안 됨', unknown: '확인 못 함' },
  soundTitle: '소리',
  microphone: '마이크',
  speaker: '스피커',
  sound: { yes: '연결됨', no: '없음', unknown: '알 수 없음' },
  somebody: '다른 컴퓨터',
};
