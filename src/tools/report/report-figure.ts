import { Html, type HtmlValue, html } from './html.ts';

/** A picture with its caption; `wide` ones scroll sideways rather than shrink to nothing on a phone. */
export function figure(svg: string, caption?: HtmlValue, isWide = false): Html {
  const picture = new Html(isWide ? svg.replace('class="marks"', 'class="marks wide"') : svg);
  return html`<figure>${picture}${caption && html`<figcaption>${caption}</figcaption>`}</figure>`;
}
