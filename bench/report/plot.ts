// Results as SVG, by hand: bars with the spread of the rounds, and curves on logarithmic axes. Pure.

import { summarize } from '../measure/statistics.ts';
import { formatNumber } from './format.ts';
import type { Row } from './row.ts';

const WIDTH = 760;
const LABEL_WIDTH = 200;
const VALUE_WIDTH = 130;
const BAR_HEIGHT = 18;
const GROUP_HEAD = 26;
const MARGIN = 16;
const COLOURS = ['#2563eb', '#9ca3af', '#d97706', '#16a34a', '#9333ea', '#dc2626'];

/** Bars for rows of single operations; curves where rows are points of curves. */
export function plot(title: string, rows: readonly Row[]): string {
  const { height, body } = rows.some(({ curve }) => curve !== undefined) ? curves(rows) : bars(rows);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height + 40}" viewBox="0 -40 ${WIDTH} ${height + 40}" font-family="sans-serif" font-size="12">`,
    `<rect x="0" y="-40" width="100%" height="100%" fill="#ffffff"/>`,
    text(MARGIN, -16, title, 'font-size="15" font-weight="bold"'),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

interface Drawing {
  readonly height: number;
  readonly body: readonly string[];
}

/** Every operation has a scale of its own, since their units differ; a thin line spans least and most. */
function bars(rows: readonly Row[]): Drawing {
  const body: string[] = [];
  const colourOf = colours(rows);
  let y = 0;
  for (const operation of new Set(rows.map((row) => row.operation))) {
    const group = rows.filter((row) => row.operation === operation && row.values.length > 0);
    const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / Math.max(1e-9, ...group.flatMap(({ values }) => values));
    const [{ unit, better } = { unit: '', better: 'higher' }] = group;
    body.push(text(MARGIN, y + 16, `${operation} (${unit}, ${better} is better)`, 'font-weight="bold"'));
    y += GROUP_HEAD;
    for (const { subject, values } of group) {
      const { median, least, most } = summarize(values);
      const middle = y + BAR_HEIGHT / 2;
      const x = (value: number): number => LABEL_WIDTH + Math.max(0, value) * scale;
      body.push(
        text(LABEL_WIDTH - 8, middle + 4, subject, 'text-anchor="end"'),
        `<rect x="${LABEL_WIDTH}" y="${y + 2}" width="${round(x(median) - LABEL_WIDTH)}" height="${BAR_HEIGHT - 4}" fill="${colourOf(subject)}"/>`,
        line([x(least), middle], [x(most), middle], '#111827'),
        text(x(most) + 8, middle + 4, formatNumber(median)),
      );
      y += BAR_HEIGHT;
    }
    y += 8;
  }
  return { height: y + MARGIN, body };
}

const CURVE_HEIGHT = 240;
const AXIS_LEFT = 70;
const AXIS_BOTTOM = 44;
const LINE_HEIGHT = 14;

/** One diagram for each curve's name; both axes are logarithmic, so tenfold cost shows as one step. */
function curves(rows: readonly Row[]): Drawing {
  const body: string[] = [];
  const colourOf = colours(rows);
  let top = 0;
  for (const name of new Set(rows.flatMap(({ curve }) => (curve === undefined ? [] : [curve.name])))) {
    const points = rows.flatMap(({ curve, subject, values, unit }) =>
      curve?.name === name ? [{ subject, unit, axis: curve.axis, x: curve.x, y: summarize(values).median }] : [],
    );
    const [first] = points;
    if (first === undefined) continue;
    const xs = logarithmic(
      points.map(({ x }) => x),
      AXIS_LEFT,
      WIDTH - VALUE_WIDTH,
    );
    const ys = logarithmic(
      points.map(({ y }) => y),
      top + CURVE_HEIGHT - AXIS_BOTTOM,
      top + 30,
    );
    body.push(
      text(MARGIN, top + 16, `${name} (${first.unit})`, 'font-weight="bold"'),
      text((AXIS_LEFT + WIDTH - VALUE_WIDTH) / 2, top + CURVE_HEIGHT - 8, first.axis, 'text-anchor="middle"'),
    );
    for (const tick of xs.ticks) {
      body.push(
        text(xs.at(tick), top + CURVE_HEIGHT - AXIS_BOTTOM + 16, tick.toLocaleString('en'), 'text-anchor="middle"'),
      );
    }
    for (const tick of ys.ticks) {
      body.push(
        text(AXIS_LEFT - 8, ys.at(tick) + 4, tick.toLocaleString('en'), 'text-anchor="end"'),
        line([AXIS_LEFT, ys.at(tick)], [WIDTH - VALUE_WIDTH, ys.at(tick)], '#e5e7eb'),
      );
    }
    const ends: { readonly words: string; readonly y: number; readonly colour: string }[] = [];
    for (const subject of new Set(points.map((point) => point.subject))) {
      const own = points.filter((point) => point.subject === subject).sort((a, b) => a.x - b.x);
      const colour = colourOf(subject);
      const path = own.map(({ x, y }) => `${round(xs.at(x))},${round(ys.at(y))}`).join(' ');
      body.push(
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...own.map(({ x, y }) => `<circle cx="${round(xs.at(x))}" cy="${round(ys.at(y))}" r="3" fill="${colour}"/>`),
      );
      const last = own.at(-1) ?? first;
      ends.push({ words: `${subject} ${formatNumber(last.y)}`, y: ys.at(last.y) + 4, colour });
    }
    // Curves that end side by side have their names one below the other.
    let lowest = 0;
    for (const { words, y, colour } of ends.sort((a, b) => a.y - b.y)) {
      lowest = Math.max(lowest + LINE_HEIGHT, y);
      body.push(text(WIDTH - VALUE_WIDTH + 8, lowest, words, `fill="${colour}"`));
    }
    top += CURVE_HEIGHT + MARGIN;
  }
  return { height: top + MARGIN, body };
}

interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** From the power of ten below all values to the one above them. */
function logarithmic(values: readonly number[], start: number, end: number): Scale {
  const positive = values.filter((value) => value > 0).map(Math.log10);
  const low = Math.floor(Math.min(...positive));
  const high = Math.max(low + 1, Math.ceil(Math.max(...positive)));
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const at = (value: number): number => {
    const share = value > 0 ? (Math.log10(value) - low) / (high - low) : 0;
    return start + share * (end - start);
  };
  return { ticks, at };
}

function colours(rows: readonly Row[]): (subject: string) => string {
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  return (subject) => COLOURS[subjects.indexOf(subject) % COLOURS.length] ?? '#000000';
}

type Point = readonly [x: number, y: number];

function line([x1, y1]: Point, [x2, y2]: Point, colour: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"/>`;
}

function text(x: number, y: number, words: string, attributes = ''): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${round(x)}" y="${round(y)}"${attributes === '' ? '' : ` ${attributes}`}>${escaped}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
