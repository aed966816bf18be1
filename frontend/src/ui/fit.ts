import type { Attachment } from 'svelte/attachments';

/**
 * Keeps a row of controls on one line: data-fit says the first of `steps`, the roomiest first, at which everything in it has
 * its place; the last one is taken whatever happens. What a step means is up to the styles. It is measured anew when there is
 * more or less room, and when something in the row comes, goes, or changes its size or its words.
 */
export const fit =
  (steps: readonly string[]): Attachment<HTMLElement> =>
  (row) => {
    const choose = () => {
      // Where the row's own padding begins; a pixel is what rounding may cost.
      const end = (side: HTMLElement) => side.getBoundingClientRect().right + 1;
      for (const step of steps) {
        row.dataset['fit'] = step;
        const room = end(row) - parseFloat(getComputedStyle(row).paddingRight || '0');
        if (Array.from(row.children).every((each) => each.getBoundingClientRect().right <= room)) return;
      }
    };
    choose();
    if (typeof ResizeObserver === 'undefined') return; // where nothing is drawn
    const sizes = new ResizeObserver(choose);
    const watch = () => {
      sizes.disconnect();
      for (const each of [row.parentElement, ...row.children]) if (each) sizes.observe(each);
    };
    const words = new MutationObserver(() => {
      watch();
      choose();
    });
    words.observe(row, { childList: true, subtree: true, characterData: true });
    watch();
    return () => {
      sizes.disconnect();
      words.disconnect();
    };
  };
