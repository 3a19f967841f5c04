const two = (value: number): string => String(value).padStart(2, '0');

/** `12:03:04.123`, local: for lines in the order of time. */
export const toClockTime = (epoch: number): string => {
  const date = new Date(epoch);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};

/** `2026-11-20`, local. */
export const toDay = (epoch: number): string => {
  const date = new Date(epoch);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};

/** `10:02` when it was today, else `2026-11-20 10:02`. */
export const toMoment = (epoch: number, now: number = Date.now()): string => {
  const date = new Date(epoch);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return date.toDateString() === new Date(now).toDateString() ? time : `${toDay(epoch)} ${time}`;
};
