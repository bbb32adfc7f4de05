import { describe, expect, it } from 'vitest';
import { redact } from '../../../src/core/helpers/redact.ts';

describe('a redacted text', () => {
  it.each<[string, string]>([
    ['Write to jane.doe+x@mail.example.org now.', 'Write to [e-mail] now.'],
    ['Müller@bücher.example', '[e-mail]'],
    ['Card 4111 1111 1111 1111, or 5500-0000-0000-0004.', 'Card [card], or [card].'],
    ['IBAN DE89 3704 0044 0532 0130 00 and GB82WEST12345698765432', 'IBAN [IBAN] and [IBAN]'],
    ['from 192.168.0.1 to 2001:db8::ff00:42:8329', 'from [IP] to [IP]'],
    ['call +49 30 901820 or (030) 90 18 20 or 555-123-4567', 'call [phone] or [phone] or [phone]'],
    ['sk-proj-abcdefghijklmnop', '[key]'],
    ['AKIAIOSFODNN7EXAMPLE and ghp_abcdefghijklmnopqrstuvwxyz0123456789', '[key] and [key]'],
    ['Authorization: Bearer abc.def-ghi_jkl', 'Authorization: [key]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N', '[key]'],
    ['de89 3704 0044 0532 0130 00', '[IBAN]'],
    ['4111\u00a01111\u00a01111\u00a01111', '[card]'],
    ['postgres://admin:hunter2!@db.example:5432/x', 'postgres://[key]@db.example:5432/x'],
    ['github_pat_11ABCDEFG0123456789_abcdef glpat-abcdefghij0123456789', '[key] [key]'],
    ['hf_abcdefghijklmnopqrstuvwx npm_abcdefghijklmnopqrstuvwxyz0123456789', '[key] [key]'],
    ['SG.abcdefghijklmnop0123.abcdefghijklmnop0123 whsec_abcdefghijklmnop0123', '[key] [key]'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '[private key]'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it.each([
    'Predict churn with 0.75 accuracy under 5 ms.',
    'at 12:30:45 on 2024-01-31',
    'rows 1234567890123456 of 20000000000', // no card: the checksum is wrong
    'version 1.2.3, ratio 3.14159265358979',
    'DE12 3456 7890 1234 5678 90', // no IBAN: the checksum is wrong
    'total_2024, a:b, C::D',
    'x@y',
    'see https://docs.example/a:b and 12:30@noon',
    'in 2024 the rate of hf_1 was 3',
    '1000000 customers; 10000 rows',
  ])('leaves alone: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('is made in time that grows with the text', () => {
    const started = performance.now();
    for (const text of [
      'a@'.repeat(50_000),
      '1 '.repeat(50_000),
      'a.'.repeat(50_000),
      ':'.repeat(100_000),
      '0('.repeat(50_000),
      'DE89 '.repeat(20_000),
      'de89'.repeat(20_000),
      '://a:'.repeat(20_000),
      '://a'.repeat(20_000),
    ])
      redact(text);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
