// The bar of a room at every width, in every language and state: one line, and what matters most always in sight.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openLook } from './look.js';
import { screenNamed } from './screens.js';

const look = await openLook();
after(() => look.close());

const order = ['words', 'icons', 'folded', 'tight'];

describe('the bar is one line at every width', { concurrency: 3 }, () => {
  for (const [i, more] of ['', '&language=ko', '&pseudo', '&muted', '&mode=push-to-talk&language=ko'].entries())
    test(more || 'as it comes', async () => {
      const page = await look.newPage({ size: [1760, 740] });
      await look.show(page, screenNamed('room-3'), more);
      const fits = [];
      // Each at other widths, and all at the narrowest.
      const widths = Array.from({ length: 18 }, (_, step) => 1760 - 80 * step - 16 * i);
      for (const width of [...widths, 320]) {
        await page.setViewportSize({ width, height: 740 });
        await look.settled(page);
        const bar = await page.getByTestId('bar').evaluate((bar) => ({
          fit: bar.dataset.fit,
          height: bar.offsetHeight,
          out: bar.getBoundingClientRect().right - innerWidth,
          seen: ['mute', 'deafen', 'hand', 'leave'].filter((id) => {
            const at = bar.querySelector(`[data-testid=${id}]`).getBoundingClientRect();
            return at.width >= 44 && at.right <= innerWidth;
          }).length,
        }));
        assert.ok(bar.height <= 68 && bar.out <= 0 && bar.seen === 4, `${width} px: ${JSON.stringify(bar)}`);
        fits.push(bar.fit);
      }
      assert.equal(fits[0], 'words');
      assert.deepEqual(
        fits,
        fits.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
        'less room never shows more',
      );
      // And back, without having lost anything.
      await page.setViewportSize({ width: 1760, height: 740 });
      await page.locator('[data-testid=bar][data-fit=words]').waitFor();
    });
});
