// What is wrong with the places of things on a page, by measuring them in it. Each function runs in the page and returns sentences, or a promise of them.

/** Installs the functions below as window.measure. */
export function install() {
  const controls = 'button, a[href], input, select, textarea, summary, [tabindex="0"]';
  const menus = '[role=dialog], .items.open';
  const name = (one) => {
    const id = one.dataset?.testid ?? one.closest('[data-testid]')?.dataset.testid ?? '';
    const words = (one.getAttribute?.('aria-label') ?? one.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40);
    return `<${one.tagName.toLowerCase()}${id && ` ${id}`}> ${words}`;
  };
  /** Only for whoever listens, or only to make room: this or what it is in is a point of a pixel. */
  const hidden = (one) => {
    for (let box = one; box; box = box.parentElement)
      if (box.matches('.width') || getComputedStyle(box).clipPath.includes('50%')) return true;
    return false;
  };
  const seen = (one) =>
    one.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true, opacityProperty: true }) &&
    !hidden(one);
  /** What the user can reach now: of a modal dialog, if one is open. */
  const layer = () => Array.from(document.querySelectorAll('dialog:modal')).at(-1) ?? document.body;
  const all = (selector) => Array.from(layer().querySelectorAll(selector)).filter(seen);
  /** The part of the page, always in sight, that this is in. */
  const stuck = (one) => {
    for (let box = one; box; box = box.parentElement) if (getComputedStyle(box).position === 'sticky') return box;
    return undefined;
  };
  const ellipsis = (one) => {
    const style = getComputedStyle(one);
    return style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
  };
  const cuts = (value) => value === 'hidden' || value === 'clip';
  const hasText = (one) =>
    Array.from(one.childNodes).some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '');

  /** Where its own words are, without those of what is in it. */
  const ownText = (one) => {
    const range = document.createRange();
    const rects = Array.from(one.childNodes)
      .filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '')
      .flatMap((node) => {
        range.selectNodeContents(node);
        return Array.from(range.getClientRects());
      });
    return {
      left: Math.min(...rects.map(({ left }) => left)),
      right: Math.max(...rects.map(({ right }) => right)),
      top: Math.min(...rects.map(({ top }) => top)),
      bottom: Math.max(...rects.map(({ bottom }) => bottom)),
    };
  };

  window.measure = {
    /** Text that is cut although nothing says that it goes on, or that sticks out of its control. */
    cut() {
      const found = [];
      for (const one of all('*')) {
        if (!hasText(one) || one.closest('svg')) continue;
        const text = ownText(one);
        for (let box = one; box && box !== layer().parentElement; box = box.parentElement) {
          const style = getComputedStyle(box);
          if (ellipsis(box)) break; // says itself that it goes on
          const at = box.getBoundingClientRect();
          const scrolls = /auto|scroll/;
          if (scrolls.test(style.overflowX) || scrolls.test(style.overflowY)) break;
          const isControl = box.matches('button, a, label, summary');
          const outX = Math.max(text.right - at.right, at.left - text.left);
          const outY = Math.max(text.bottom - at.bottom, at.top - text.top);
          if (outX > 1.5 && (cuts(style.overflowX) || isControl))
            found.push(`${name(one)} is ${Math.round(outX)} px wider than ${name(box)}`);
          if (outY > 4 && (cuts(style.overflowY) || isControl))
            found.push(`${name(one)} is ${Math.round(outY)} px higher than ${name(box)}`);
        }
      }
      return [...new Set(found)];
    },

    /** Controls that lie over each other, so that one cannot be hit. */
    overlaps() {
      const found = [];
      const boxes = all(controls)
        .filter((one) => !one.matches('[tabindex="0"], .visually-hidden'))
        .map((one) => ({ one, at: one.getBoundingClientRect() }))
        // What is scrolled out of sight lies under nothing.
        .filter(({ one, at }) =>
          document
            .elementsFromPoint(at.x + at.width / 2, at.y + at.height / 2)
            .slice(0, 1)
            .some((top) => one.contains(top) || (top.contains(one) && top.matches('label'))),
        );
      for (const [i, a] of boxes.entries())
        for (const b of boxes.slice(i + 1)) {
          if (a.one.contains(b.one) || b.one.contains(a.one)) continue;
          // A menu lies over what is below it.
          if (a.one.closest(menus) !== b.one.closest(menus)) continue;
          // What is always in sight lies over what can be scrolled from under it: that it can is for lost() to say.
          if (stuck(a.one) !== stuck(b.one)) continue;
          const x = Math.min(a.at.right, b.at.right) - Math.max(a.at.left, b.at.left);
          const y = Math.min(a.at.bottom, b.at.bottom) - Math.max(a.at.top, b.at.top);
          if (x > 2 && y > 2)
            found.push(`${name(a.one)} and ${name(b.one)} overlap by ${Math.round(x)} x ${Math.round(y)} px`);
        }
      return found;
    },

    /** Anything that makes the page wider than its window. */
    sideways() {
      const found = [];
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth - clientWidth} px wider than its window`);
      for (const one of [layer(), ...all('main, aside, ul, ol, div, table, footer, header')]) {
        const style = getComputedStyle(one);
        if (/auto|scroll/.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1)
          found.push(`${name(one)} scrolls sideways`);
      }
      for (const one of all(controls)) {
        const at = one.getBoundingClientRect();
        if (at.right > innerWidth + 1 || at.left < -1) found.push(`${name(one)} is beside the window`);
      }
      return found;
    },

    /** Controls that cannot be brought into sight: where they are scrolled to, something else is hit. */
    async lost() {
      const found = [];
      const scrolled = Array.from(document.querySelectorAll('*'), (one) => [one, one.scrollTop]);
      const covers = (shown) => {
        const at = shown.getBoundingClientRect();
        const hit = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
        // A menu lies over what is below it, and closes when the focus leaves it.
        if (hit?.closest(menus)) return undefined;
        const itself = hit && (shown.contains(hit) || hit.contains(shown) || hit.closest('label')?.contains(shown));
        return itself ? undefined : (hit ?? document.documentElement);
      };
      for (const one of all(controls)) {
        if (one.disabled || one.closest('fieldset:disabled')) continue;
        // A checkbox or radio button that a drawn one stands for.
        const shown = one.matches('.visually-hidden') ? one.closest('label') : one;
        if (!shown) continue;
        shown.scrollIntoView({ block: 'center', inline: 'center' });
        // The page may answer to having been scrolled.
        if (covers(shown)) await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        if (!shown.isConnected) continue; // and have no use for it any more
        const cover = covers(shown);
        if (cover) found.push(`${name(one)} is covered by ${name(cover)}`);
      }
      for (const [one, top] of scrolled) one.scrollTop = top;
      return found;
    },

    /** Controls smaller than 24 x 24 px with another so near that a circle of 24 px around both would touch (WCAG 2.2, 2.5.8). */
    small() {
      const least = 24;
      const boxes = all('button, a[href], input, select, textarea, summary')
        .filter((one) => !one.matches('p a, .text a')) // in a sentence
        .map((one) => (one.matches('.visually-hidden') ? (one.closest('label') ?? one) : one))
        .map((one) => ({ one, at: one.getBoundingClientRect() }));
      const middle = ({ at }) => [at.x + at.width / 2, at.y + at.height / 2];
      return boxes
        .filter(({ at }) => at.width < least || at.height < least)
        .filter((small) =>
          boxes.some((other) => {
            if (other.one === small.one) return false;
            const [x, y] = middle(small);
            const dx = Math.max(other.at.left - x, x - other.at.right, 0);
            const dy = Math.max(other.at.top - y, y - other.at.bottom, 0);
            return Math.hypot(dx, dy) < least / 2;
          }),
        )
        .map(({ one, at }) => `${name(one)} is only ${Math.round(at.width)} x ${Math.round(at.height)} px`);
    },
  };
}
