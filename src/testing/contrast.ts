/** How well texts can be read, for tests of pages. */

/** The lowest WCAG contrast of any text, in the page and in its charts, against the ground it stands on. */
export const lowestContrast = `(() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const groundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      if (at.tagName === 'svg') {
        const ground = at.querySelector('rect.background') ?? at.querySelector('rect');
        return parse(getComputedStyle(ground).fill);
      }
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3) return colour;
    }
    return [255, 255, 255];
  };
  let lowest = { contrast: 21, text: '' };
  const texts = document.querySelectorAll('h1, h2, h3, p, li, th, td, dt, dd, a, caption, ' +
    'figcaption, strong, span, label, legend, ' +
    'summary, code, button:enabled, input:enabled, select:enabled, svg text');
  for (const element of texts) {
    const { fill, color } = getComputedStyle(element);
    const inChart = element.tagName === 'text';
    const [a, b] = [parse(inChart ? fill : color), groundOf(element)].map(luminance);
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < lowest.contrast)
      lowest = { contrast, text: element.textContent, ground: groundOf(element), fill, color };
  }
  return lowest;
})()`;
