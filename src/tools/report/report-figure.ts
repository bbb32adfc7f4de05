import { Html, type HtmlValue, html } from './html.ts';

/**
 * A picture with its caption and, for who can't see it, what it shows in words; `wide` ones scroll sideways rather than shrink
 * to nothing on a phone.
 */
export function figure(svg: string, words: string, caption?: HtmlValue, isWide = false): Html {
  // The marks' own roles and labels would be read one by one.
  const bare = svg.replace(/ (?:role|aria-[a-z]+)="[^"]*"/g, '');
  const picture = isWide ? bare.replace('class="marks"', 'class="marks wide"') : bare;
  const named = html`<svg role="img" aria-label="${words}"`.text;
  return html`<figure${new Html(isWide ? ' tabindex="0"' : '')}>${new Html(picture.replace('<svg', () => named))}${caption && html`<figcaption>${caption}</figcaption>`}</figure>`;
}
