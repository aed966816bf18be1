/** What Panel.svelte offers to whoever holds it. */
export interface PanelHandle {
  show(): void;
  close(): void;
}
