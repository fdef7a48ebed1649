// Samples -> a picture (SVG, as text): memory above, descriptors and connections below, over the operations done. Pure.

import type { Sample } from './sampler.ts';
import type { Point, SoakResult } from './soak.ts';
import { connectionsOf, operationsOf, sessionsOf } from './tally.ts';
import { heldBytes } from './verdict.ts';

interface Line {
  readonly label: string;
  readonly colour: string;
  readonly when: 'underLoad' | 'atRest';
  readonly read: (sample: Sample) => number;
}

interface Panel {
  /** What the vertical axis counts, with its unit. */
  readonly label: string;
  readonly top: number;
  readonly heightPx: number;
  readonly lines: readonly Line[];
}

const WIDTH_PX = 920;
const HEIGHT_PX = 670;
const LEFT_PX = 80;
const RIGHT_PX = 48;
const MIB = 2 ** 20;

const PANELS: readonly Panel[] = [
  {
    label: 'memory (MiB)',
    top: 110,
    heightPx: 230,
    lines: [
      {
        label: 'resident, under load',
        colour: '#1f6fb4',
        when: 'underLoad',
        read: ({ rssBytes }) => rssBytes / MIB,
      },
      { label: 'resident, at rest', colour: '#6fb7e0', when: 'atRest', read: ({ rssBytes }) => rssBytes / MIB },
      {
        label: 'heap and buffers, at rest, collected',
        colour: '#c8501e',
        when: 'atRest',
        read: (sample) => heldBytes(sample) / MIB,
      },
    ],
  },
  {
    label: 'open (count)',
    top: 450,
    heightPx: 160,
    lines: [
      {
        label: 'descriptors, under load',
        colour: '#555555',
        when: 'underLoad',
        read: (sample) => sample.descriptors,
      },
      { label: 'descriptors, at rest', colour: '#2a8a3c', when: 'atRest', read: (sample) => sample.descriptors },
      {
        label: 'of them users’ files, at rest',
        colour: '#9b3fb5',
        when: 'atRest',
        read: (sample) => sample.homeDescriptors,
      },
    ],
  },
];

/** The picture of a run; light background, readable in black and white print by its labels. */
export function plotOf({ before, points, tally, machine, seconds }: Omit<SoakResult, 'options'>): string {
  const most = Math.max(...points.map(({ operations }) => operations), 1);
  const start = { operations: 0, atRest: before };
  const title = `${count(sessionsOf(tally))} sessions, ${count(operationsOf(tally))} operations`;
  const how = `${count(connectionsOf(tally))} connections in ${Math.round(seconds / 60)} minutes; ${machine}`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH_PX} ${HEIGHT_PX}" width="${WIDTH_PX}" height="${HEIGHT_PX}" font-family="Helvetica, Arial, sans-serif" font-size="13">`,
    `<title>${escaped(`${title}: ${how}`)}</title>`,
    `<rect width="${WIDTH_PX}" height="${HEIGHT_PX}" fill="#ffffff"/>`,
    text(LEFT_PX, 30, title, 'font-size="18" font-weight="bold"'),
    text(LEFT_PX, 52, how, 'fill="#555555"'),
    ...PANELS.flatMap((panel) => panelOf(panel, [start, ...points], most)),
    '</svg>',
  ].join('\n')}\n`;
}

/** Samples of one moment; at the start there is no load. */
type Moment = Pick<Point, 'operations' | 'atRest'> & Partial<Pick<Point, 'underLoad'>>;

function panelOf({ label, top, heightPx, lines }: Panel, moments: readonly Moment[], most: number): string[] {
  const widthPx = WIDTH_PX - LEFT_PX - RIGHT_PX;
  const bottom = top + heightPx;
  const drawn = lines.map(({ when, read, ...line }) => ({
    ...line,
    values: moments.flatMap(({ operations, [when]: sample }) =>
      sample === undefined ? [] : [{ operations, value: read(sample) }],
    ),
  }));
  const high = Math.max(...drawn.flatMap(({ values }) => values.map(({ value }) => value)), 1);
  const steps = ticks(high);
  const end = steps.at(-1) ?? high;
  const x = (operations: number): number => LEFT_PX + (operations / most) * widthPx;
  const y = (value: number): number => bottom - (value / end) * heightPx;
  const middle = top + heightPx / 2;
  return [
    ...steps.flatMap((step) => [
      `<line x1="${LEFT_PX}" x2="${WIDTH_PX - RIGHT_PX}" y1="${px(y(step))}" y2="${px(y(step))}" stroke="${step === 0 ? '#333333' : '#dddddd'}"/>`,
      text(LEFT_PX - 8, y(step) + 4, count(step), 'text-anchor="end"'),
    ]),
    ...ticks(most)
      .filter((step) => step <= most)
      .flatMap((step) => [
        `<line x1="${px(x(step))}" x2="${px(x(step))}" y1="${bottom}" y2="${bottom + 5}" stroke="#333333"/>`,
        text(x(step), bottom + 20, count(step), 'text-anchor="middle"'),
      ]),
    text(LEFT_PX + widthPx / 2, bottom + 40, 'operations', 'text-anchor="middle"'),
    text(22, middle, label, `text-anchor="middle" transform="rotate(-90 22 ${middle})"`),
    ...drawn.flatMap(({ label: name, colour, values }, index) => {
      const at = LEFT_PX + index * 260;
      const corners = values.map(({ operations, value }) => `${px(x(operations))},${px(y(value))}`);
      return [
        `<line x1="${at}" x2="${at + 22}" y1="${top - 20}" y2="${top - 20}" stroke="${colour}" stroke-width="3"/>`,
        text(at + 28, top - 16, name),
        `<polyline points="${corners.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ];
    }),
  ];
}

/** Round numbers from 0 to the first that is not below `high`, at most seven of them. */
function ticks(high: number): number[] {
  const power = 10 ** Math.floor(Math.log10(high / 4));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= high / 6) ?? 10);
  return Array.from({ length: Math.ceil(high / step) + 1 }, (_, index) => index * step);
}

function text(x: number, y: number, words: string, attributes = ''): string {
  return `<text x="${px(x)}" y="${px(y)}" ${attributes}>${escaped(words)}</text>`;
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
