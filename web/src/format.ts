/** Numbers and dates as people read them. */

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A size in bytes with three significant digits, in decimal units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}

const count = new Intl.NumberFormat('en');

/** A number with its noun, such as 1 file or 1,200 entries. */
export const formatCount = (n: number, one: string, many = `${one}s`) => `${count.format(n)} ${n === 1 ? one : many}`;

const dateTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** A moment given in Unix milliseconds, in the reader's own time zone. */
export const formatTime = (milliseconds: number) =>
  Number.isFinite(milliseconds) ? dateTime.format(milliseconds) : '';

/** A position such as 46.84304° N, 91.99392° W; longitudes beyond ±180 are brought back. */
export function formatPosition(longitude: number, latitude: number): string {
  const east = longitude - 360 * Math.round(longitude / 360);
  return `${Math.abs(latitude).toFixed(5)}° ${latitude < 0 ? 'S' : 'N'}, ${Math.abs(east).toFixed(5)}° ${east < 0 ? 'W' : 'E'}`;
}
