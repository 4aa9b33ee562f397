/** Numbers and times as a person reads them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value) {
  return whole.format(value);
}

/** Three or four digits that matter. */
export function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size >= 10_000) return whole.format(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 1) return value.toFixed(2);
  if (size === 0) return '0';
  if (size >= 0.001) return value.toFixed(size >= 0.1 ? 3 : 4);
  return value.toExponential(1);
}

export function percent(share, digits = 0) {
  return share === null || share === undefined ? '–' : `${(share * 100).toFixed(digits)} %`;
}

export function duration(seconds) {
  if (seconds === undefined || !Number.isFinite(seconds)) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function clock(time) {
  return new Date(time).toLocaleTimeString('en-GB');
}

export function mebibytes(bytes) {
  const size = bytes / 2 ** 20;
  return size >= 1024 ? `${(size / 1024).toFixed(1)} GiB` : `${size.toFixed(size < 10 ? 1 : 0)} MiB`;
}
