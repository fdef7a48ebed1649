// Sizes for people: 1023, 1.5K, 20M, as `ls -h` writes them.

const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** The size in at most four characters, in powers of 1024, rounded up as `ls -h` and `df -h` do. */
export function humanSize(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return String(sizeBytes);
  const tenths = Math.ceil(value * 10) / 10;
  if (tenths < 10) return `${tenths.toFixed(1)}${UNITS[unit]}`;
  const whole = Math.ceil(value);
  return whole === 1024 && unit < UNITS.length - 1 ? `1.0${UNITS[unit + 1]}` : `${whole}${UNITS[unit]}`;
}
