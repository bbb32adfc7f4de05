import { findAll, type Reading, type Span } from './reading.ts';

const weapons =
  '(?:bombs?|explosives?|weapons?|chemical weapons?|nerve (?:gas|agent)s?|bioweapons?|pathogens?|poison(?:s|ous gas)?|grenades?|malware|ransomware|virus(?:es)?|spyware|keyloggers?|phishing|exploits?)';
const making =
  '(?:design|build|make|making|create|creating|construct|synthesi[sz]e|develop|develops?|improve|optimi[sz]e|produce|write|plan|maximi[sz]e|spread|deploy)';
const group =
  '(?:race|races|racial|ethnicit(?:y|ies)|ethnic(?:s|ally)?|skin colou?r|religions?|religious|faith|muslims?|jews?|jewish|christians?|hindus?|black(?:s| people)?|white(?:s| people)?|asians?|latinos?|hispanics?|arabs?|roma|gays?|lesbians?|homosexuals?|transgender|trans people|sexual (?:orientation|preference)|nationalit(?:y|ies)|immigrants?|foreigners?|refugees?|disabled|disabilit(?:y|ies)|pregnan(?:t|cy)|women|union members?|political (?:opinions?|views|affiliation)|dissidents?|protesters?|caste|gender|minorit(?:y|ies)|names?)';
const against =
  "(?:den(?:y|ied|ying)|refus(?:e|ed|al|ing)|reject(?:ed|ing)?|turn(?:ed|ing)? (?:them |the \\p{L}+ (?:ones )?|\\p{L}+ )?(?:away|down)|keep(?:ing)? (?:them|\\p{L}+) out|exclud(?:e|ed|ing) (?:them|those|people|applicants)|get(?:ting)? rid of|fire them|not hire|avoid hiring|don't hire|never hire|deport\\p{L}*|arrest\\p{L}*|persecut\\p{L}+|harass\\p{L}*|punish\\p{L}*|discriminat(?:e|ing) against|charge (?:them|\\p{L}+) more|blacklist\\p{L}*|weed(?:ing)? out|screen(?:ing)? (?:them )?out|attack (?:them|those)|target (?:them|those) (?:for|with)|round up|evict\\p{L}*|stop them from|lock them|unwanted)";
const plain: readonly string[] = [
  `${making}(?: \\p{L}+){0,5} ${weapons}(?! (?:detector|detection|classifier|filter|scanner))`,
  `(?:${group})(?=[\\s\\S]{0,160}?(?<![\\p{L}])${against}(?![\\p{L}]))`,
  `(?:${against})(?: \\p{L}+){0,5} (?:based on|because of|by|due to|according to)(?: \\p{L}+){0,2} ${group}`,
  `(?:${against})(?: \\p{L}+){0,3} (?:${group.replace('|names?', '').replace('|gender', '')})(?! (?:discrimination|bias))`,
  '(?:stalk|stalking|spy on|track down|find out where)(?: \\p{L}+){0,4} (?:ex|girlfriend|boyfriend|wife|husband|woman|women|neighbou?r|lives?|her home)',
  '(?:commit|get away with|hide|conceal)(?: \\p{L}+){0,3} (?:fraud|murder|crimes?|money laundering|tax evasion)',
  "(?:evade|bypass|fool|circumvent|trick|get (?:past|around|through)|slip (?:past|through)|undetected by)(?: [\\p{L}']+){0,4} (?:police|fraud (?:detection|checks?|controls?|systems?|filters?|rules|team)|spam filters?|content filters?|customs|border control|detection|law enforcement|sanctions)",
  '(?:steal|crack|guess|brute[ -]?force)(?: \\p{L}+){0,4} (?:passwords?|credit cards?|identit(?:y|ies)|pins?|accounts?|credentials)',
  '(?:victims?|people|persons?|children|elderly|users|targets)(?: \\p{L}+){0,6} (?:to|for us to|we can|are easiest to|easy to|easiest to|will fall for)(?: \\p{L}+)? (?:scam|rob|blackmail|kidnap|defraud|groom|manipulate|extort|exploit|our scam)',
  '(?:kill|assassinate|murder|poison|kidnap|torture|blackmail|extort|genocide|ethnic cleansing)(?: \\p{L}+){0,3} (?:people|him|her|them|someone|civilians|children|persons?|neighbou?rs?|as many)',
  '(?:self[ -]harm|suicide) (?:methods?|instructions)|(?:which|what) (?:dose|drug|poison)(?: \\p{L}+){0,4} kills?(?: \\p{L}+)? (?:without|undetected|someone|a person)',
  '(?:drones?|missiles?|rifles?)(?: \\p{L}+){0,4} (?:hit|strike|kill|civilian)|(?:select|choose|pick)(?: \\p{L}+){0,3} (?:targets?) (?:for|to) (?:strike|kill|bomb)\\p{L}*',
];
const caution =
  /(?<![\p{L}])(?:without|not|never|n't|don't|doesn't|mustn't|shouldn't|can't|avoid|prevent\w*|stop|against|protect\w*|fair\w*|unbiased|no one|nobody|whether|predict (?:if|whether)|ignore|ignoring|exclude|excluding|leave out|equal\w*)(?![\p{L}])/u;

/** The words that make a request plainly harmful; nothing where there are none, or where they ask for the opposite. */
export function findHarm(reading: Reading): Span | undefined {
  for (const words of plain) {
    for (const found of findAll(reading, new RegExp(`(?<![\\p{L}])(?:${words})(?![\\p{L}])`, 'gu'))) {
      const sentence = reading.tokens[found.from]!.sentence;
      const text = reading.tokens
        .filter((token) => token.sentence === sentence)
        .map((token) => token.word)
        .join(' ');
      const before = reading.tokens
        .slice(Math.max(0, found.from - 4), found.from)
        .map((token) => token.word)
        .join(' ');
      if (
        /(?<![\p{L}])(?:detect\w*|recogni[sz]e|spot|prevent\w*|filter|fight\w*|combat|protect\w*)(?![\p{L}])/u.test(
          before,
        )
      )
        continue;
      if (
        caution.test(text) &&
        !/(?<![\p{L}])(?:so (?:that )?we can|unwanted|in order to|so as to|to be able to)(?![\p{L}])/u.test(text)
      )
        continue;
      return { from: found.from, to: found.to };
    }
  }
  return undefined;
}
