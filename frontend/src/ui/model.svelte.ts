import { createContext } from 'svelte';
import { languageOf, messagesOf } from '../i18n';
import type { RoomFile } from '../app/api';
import type { Chat, ChatView } from '../session/chat';
import type { RoomFiles } from '../session/files';
import type { CheckView, MicrophoneCheck } from '../session/check';
import type { Equipment, EquipmentView } from '../session/equipment';
import type { Checkup, Examiner } from '../session/examiner';
import type { Invitation, Invitations } from '../session/invitations';
import type { Recorder } from '../session/recorder';
import type { RoomController } from '../session/room';
import { screenOf, type View } from '../session/view';

export interface ModelParts {
  room: RoomController;
  examiner: Examiner;
  invitations: Invitations;
  chat: Chat;
  equipment: Equipment;
  check: MicrophoneCheck;
  inWindow?: boolean;
  files: RoomFiles;
  /** The words of a language; others than usual to see whether longer ones have their place. */
  wordsOf?: typeof messagesOf;
}

/** What the components read: what the session says as Svelte state, and the words of the user's language. */
export class Model {
  view: View = $state.raw() as View;
  checkup: Checkup = $state.raw() as Checkup;
  invitation: Invitation | null = $state.raw(null);
  written: ChatView = $state.raw() as ChatView;
  shared: readonly RoomFile[] = $state.raw([]);
  /** Files that somebody is asked whom to send to. */
  sharing: readonly File[] = $state.raw([]);
  devices: EquipmentView = $state.raw() as EquipmentView;
  checked: CheckView = $state.raw() as CheckView;
  /** The check of microphone and loudspeaker is open, over whichever screen. */
  checking = $state(false);
  /** Microphone and loudspeaker are being chosen, in a room. */
  choosing = $state(false);
  /** The chat is open beside the people. */
  chatting = $state(false);
  /** The window was closed in the middle of a call, and the user is asked what is meant. */
  closing = $state(false);
  /** The window is small, above all others. */
  mini = $state(false);
  /** This page is in the app's own window. */
  readonly inWindow: boolean;
  /** The doctor's panel is open, over whichever screen. */
  doctor = $state(false);
  readonly screen = $derived.by(() => screenOf(this.view));
  readonly language = $derived.by(() => languageOf(this.view.state?.profile.language ?? '', navigator.languages));
  /** This page is that of somebody without the app: there is the room, and nothing else. */
  readonly guest = $derived.by(() => this.view.state?.guest === true);
  readonly theme = $derived.by(() => this.view.state?.profile.theme ?? '');
  readonly t = $derived.by(() => this.wordsOf(this.language));
  readonly room: RoomController;
  readonly examiner: Examiner;
  readonly invitations: Invitations;
  readonly chat: Chat;
  readonly recorder: Recorder;
  readonly files: RoomFiles;
  readonly equipment: Equipment;
  readonly check: MicrophoneCheck;
  private readonly wordsOf: typeof messagesOf;
  private readonly cleanups: (() => void)[];

  constructor(parts: ModelParts) {
    const { room, examiner, invitations, chat, files, equipment, check } = parts;
    this.inWindow = parts.inWindow ?? false;
    this.wordsOf = parts.wordsOf ?? messagesOf;
    this.room = room;
    this.examiner = examiner;
    this.invitations = invitations;
    this.chat = chat;
    this.recorder = room.recorder;
    this.files = files;
    this.shared = files.list;
    this.equipment = equipment;
    this.check = check;
    this.devices = equipment.now;
    this.checked = check.view;
    this.view = room.view;
    this.checkup = examiner.checkup;
    this.invitation = invitations.invitation;
    this.written = chat.view;
    this.cleanups = [
      room.subscribe((view) => (this.view = view)),
      examiner.subscribe((checkup) => (this.checkup = checkup)),
      invitations.subscribe((invitation) => (this.invitation = invitation)),
      chat.subscribe((written) => (this.written = written)),
      files.subscribe((shared) => (this.shared = shared)),
      equipment.subscribe((devices) => (this.devices = devices)),
      check.subscribe((checked) => (this.checked = checked)),
    ];
  }

  /** Makes the window small, or as before. */
  makeMini(on: boolean): void {
    this.room.errands.miniWindow(on).then(
      (done) => (this.mini = on && done),
      () => undefined,
    );
  }

  /** Ctrl+Q ends the app, which asks first when there is a call; macOS has its own in the menu. */
  shortcut(event: KeyboardEvent): void {
    if (!this.inWindow || !event.ctrlKey || event.altKey || event.shiftKey || event.code !== 'KeyQ') return;
    event.preventDefault();
    if (this.view.state?.session || this.view.state?.hosting) this.closing = true;
    else void this.room.errands.closeWindow(false);
  }

  /** Ends the following of the session. */
  stop(): void {
    this.cleanups.splice(0).forEach((cleanup) => cleanup());
  }
}

export const [useModel, provideModel] = createContext<Model>();
