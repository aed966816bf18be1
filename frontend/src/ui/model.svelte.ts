import { createContext } from 'svelte';
import { languageOf, messagesOf } from '../i18n';
import type { RoomController } from '../session/room';
import { screenOf, type View } from '../session/view';

/** What the components read: the controller's view as Svelte state, and the words of the user's language. */
export class Model {
  view: View = $state.raw() as View;
  readonly screen = $derived.by(() => screenOf(this.view));
  readonly language = $derived.by(() => languageOf(this.view.state?.profile.language ?? '', navigator.languages));
  readonly theme = $derived.by(() => this.view.state?.profile.theme ?? '');
  readonly t = $derived.by(() => messagesOf(this.language));
  /** Ends the following of the controller. */
  readonly stop: () => void;

  constructor(readonly room: RoomController) {
    this.view = room.view;
    this.stop = room.subscribe((view) => (this.view = view));
  }
}

export const [useModel, provideModel] = createContext<Model>();
