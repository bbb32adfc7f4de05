/** What is found in texts, most specific first, so that a card inside a key is not named twice. */
const patterns: readonly (readonly [what: string, find: RegExp, holds?: (text: string) => boolean])[] = [
  ['private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g],
  [
    'key',
    /\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{8,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{30,}|\bwhsec_[A-Za-z0-9+/]{16,}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[A-Za-z0-9_-]{30,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*|\bBearer\s+[A-Za-z0-9._~+/-]{8,}=*/g,
  ],
  // Name and password of an address, as those of databases have.
  ['key', /(?<=:\/\/)[^\s/:@]{1,100}:[^\s/@]{1,200}(?=@)/g],
  ['e-mail', /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu],
  ['IBAN', /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/gi, isIban],
  ['card', /(?<![\d.])\d(?:[ \u00a0\u2009\u202f–-]?\d){12,18}(?!\.?\d)/g, isCard],
  ['IP', /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\.?\d)/g],
  ['IP', /(?<![\p{L}\p{N}:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\p{L}\p{N}:])/gu, isIpv6],
  ['phone', /(?<![\p{L}\p{N}.])(?:\+|00)\d(?:[ ()./-]{0,2}\d){6,14}(?![\p{L}\p{N}])/gu],
  ['phone', /(?<![\p{L}\p{N}.])\(?0\d{1,4}\)?(?:[ ./-]\d{2,}){2,4}(?![\p{L}\p{N}])/gu],
  ['phone', /(?<![\p{L}\p{N}.])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\p{L}\p{N}])/gu],
];

/**
 * A text without what names or opens: e-mail addresses, phone numbers, card numbers (with a valid checksum), IBANs (with
 * a valid checksum), IP addresses and keys become `[e-mail]`, `[phone]`, and so on. It knows forms, not meanings: a name
 * or a postal address stays.
 */
export function redact(text: string): string {
  let result = text;
  for (const [what, find, holds] of patterns)
    result = result.replace(find, (found) => (holds === undefined || holds(found) ? `[${what}]` : found));
  return result;
}

/** Luhn's checksum (ISO/IEC 7812-1), 13 to 19 digits. */
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0 && /[1-9]/.test(digits);
}

/** The checksum of ISO 13616: the number, letters as 10 to 35 and its first four characters last, is 1 modulo 97. */
function isIban(text: string): boolean {
  const plain = text.replaceAll(' ', '');
  if (plain.length < 15 || plain.length > 34) return false;
  let rest = 0;
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

function isIpv6(text: string): boolean {
  const groups = text.split(':');
  const isShort = text.includes('::');
  return (
    text.split('::').length <= 2 &&
    /\d/.test(text) &&
    (isShort ? groups.length <= 8 : groups.length === 8 && !groups.includes('')) &&
    // A time of day, 12:30:45, has no group that is empty.
    groups.length >= 3
  );
}
