import { tick } from 'svelte';
import type { Attachment } from 'svelte/attachments';

/**
 * Keeps a `<dialog>` as `open` says: modal over everything else, the focus in it, and back where it was when it closes. What
 * closes it besides (Escape, a click beside it) comes as the element's `close` event, on which `open` has to become false.
 */
export const modal =
  (open: boolean): Attachment<HTMLDialogElement> =>
  (dialog) => {
    if (!open) {
      dialog.close();
      return;
    }
    let wanted = true;
    // Once what is in it is there to take the focus.
    void tick().then(() => {
      if (wanted && !dialog.open) dialog.showModal();
    });
    return () => {
      wanted = false;
    };
  };
