import { closeSync, openSync, writeSync } from 'node:fs';
import { createRandom } from '../src/core/helpers/random.ts';

const cities = ['Berlin', 'Paris', 'São Paulo', 'Zürich', 'London', 'New York', 'Tokyo', 'Oslo'];

/** Writes a mixed table of 20 columns: 12 numbers, 3 categories, a boolean, 2 dates and times, 2 quoted texts. */
export function writeMixedCsv(path: string, rowCount: number): void {
  const random = createRandom('bench/csv');
  const digits = (n: number, width: number): string => String(n).padStart(width, '0');
  const file = openSync(path, 'w');
  const names = ['id', 'age', 'income', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7', 'visits', 'balance'];
  const others = ['plan', 'city', 'segment', 'active', 'joined', 'seen', 'note', 'company'];
  let lines = [[...names, ...others].join(',')];
  for (let row = 0; row < rowCount; row++) {
    const number = (scale: number, places: number): string =>
      random.next() < 0.03 ? '' : ((random.next() - 0.3) * scale).toFixed(places);
    const day = `20${digits(10 + random.integer(15), 2)}-${digits(1 + random.integer(12), 2)}-${digits(1 + random.integer(28), 2)}`;
    const time = `${digits(random.integer(24), 2)}:${digits(random.integer(60), 2)}:${digits(random.integer(60), 2)}`;
    const code = random.integer(5000);
    lines.push(
      [
        row + 1,
        18 + random.integer(70),
        number(90000, 2),
        ...Array.from({ length: 7 }, () => number(10, 6)),
        random.integer(40),
        number(5000, 2),
        `plan ${random.integer(4)}`,
        cities[random.integer(cities.length)],
        `s${random.integer(300)}`,
        random.next() < 0.4 ? 'yes' : 'no',
        day,
        `${day} ${time}`,
        `"item ${code}, ${code % 7 === 0 ? 'called ""best""' : 'plain'}"`,
        `"Company ${random.integer(200)}, Ltd"`,
      ].join(','),
    );
    if (lines.length === 5000) {
      writeSync(file, `${lines.join('\n')}\n`);
      lines = [];
    }
  }
  if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`);
  closeSync(file);
}
