import type { Reading } from './reading.ts';
import { splitName } from './words.ts';

const words: Readonly<Record<string, ReadonlySet<string>>> = Object.fromEntries(
  Object.entries({
    en: 'the a an of to and in is are will which who what how that with for from by on at be we i it this not but must should at least under below use using predict please want need model data can do does my our without as than or whether if all each per has have was were their they you me would like classify estimate',
    de: 'der die das den dem ein eine einen einem und oder ist sind wird werden welche welcher wer was wie mit für von aus bei nicht kein keine ohne sage voraus vorhersage vorhersagen ob auf zu im am soll sollen muss mindestens unter als wir ich es bitte modell daten kunden genauigkeit fehler schätze bestimme anhand des eines einer dass kann möchte',
    fr: 'le la les un une des du de et ou est sont sera quel quelle quels quelles qui que comment avec pour par sur dans pas sans prédire prédis prévoir prédiction si au aux moins plus nous je il cette ce ces à partir modèle données précision erreur veux voudrais doit doivent l d estimer classer',
    es: 'el la los las un una unos de del y o es son será qué cual cuál quién como cómo con para por en no sin predecir predice predecir si al menos más nosotros yo este esta estos modelo datos precisión error quiero debe deben clientes que se clasificar estimar menor mayor',
    it: 'il lo la i gli le un una di del della dei delle e o è sono sarà quale quali chi che come con per da su nel nella non senza prevedere prevedi predire se almeno più noi io questo questa modello dati accuratezza errore voglio deve devono clienti stima classifica',
    pt: 'o os as um uma de do da dos das e ou é são será qual quais quem que como com para por em no na não sem prever preveja se pelo menos mais nós eu este esta modelo dados precisão erro quero deve devem clientes estimar classificar',
    nl: 'de het een en of is zijn wordt worden welke wie wat hoe met voor van uit op niet geen zonder voorspel voorspellen als minstens minder meer wij ik dit deze model gegevens klanten nauwkeurigheid fout moet moeten wil kan',
    pl: 'i w na z do nie jest są czy jak które którzy kto co dla przez bez przewidzieć przewiduj model dane klienci co najmniej się od',
    sv: 'och att det en ett som är för med på av inte utan vilka vem hur förutsäg modell data minst kunder ska kommer',
    tr: 've bir bu için ile hangi kim nasıl tahmin et müşteriler model veri en az değil',
  }).map(([language, text]) => [language, new Set(text.split(' '))]),
);

/** The language of a prompt (ISO 639-1), `other` for another script; English where too little says otherwise. */
export function languageOf(reading: Reading, dataWords: ReadonlySet<string>): string {
  // Columns may have names in any script: they say nothing of the language of who writes.
  const own = reading.tokens.filter(({ text }) => !splitName(text).every((word) => dataWords.has(word)));
  const letters =
    own
      .map(({ text }) => text)
      .join('')
      .match(/\p{L}/gu) ?? [];
  const foreign = letters.filter((letter) => !/[\p{Script=Latin}µμ]/u.test(letter)).length;
  if (letters.length > 0 && foreign > letters.length * 0.3) return 'other';
  const counts = new Map<string, number>();
  for (const token of reading.tokens) {
    if (token.kind !== 'word') continue;
    const said = token.text.toLowerCase();
    if (dataWords.has(said) && said.length > 3) continue;
    const parts = said.split(/['’]/u);
    for (const [language, set] of Object.entries(words)) {
      if (set.has(said) || (language !== 'en' && parts.length > 1 && parts.some((part) => set.has(part)))) {
        counts.set(language, (counts.get(language) ?? 0) + (said.length > 5 ? 1.5 : 1));
      }
    }
    if (/[äöüßéèêàçñãõìòùåøłśżęąğş]/u.test(said))
      for (const language of Object.keys(words))
        if (language !== 'en') counts.set(language, (counts.get(language) ?? 0) + 0.3);
  }
  const english = counts.get('en') ?? 0;
  let best = 'en';
  let bestCount = 0;
  for (const [language, count] of counts)
    if (language !== 'en' && count > bestCount) [best, bestCount] = [language, count];
  return bestCount >= 1.8 && bestCount > english * 1.2 ? best : 'en';
}
