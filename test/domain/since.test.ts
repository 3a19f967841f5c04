import { expect } from 'chai';
import { parseSince } from '../../lib/domain/since.ts';

describe('a moment in the past, as --since takes it', () => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  const value = (text: string): number => {
    const parsed = parseSince(text, now);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.value;
  };

  it('is a duration before now, also in days and weeks', () => {
    expect(now - value('90s')).to.equal(90_000);
    expect(now - value('7d')).to.equal(7 * 86_400_000);
    expect(now - value(' 3w ')).to.equal(21 * 86_400_000);
  });

  it('is a date, local where it says no zone', () => {
    expect(value('2026-11-03')).to.equal(new Date(2026, 10, 3).getTime());
    expect(value('2026-11-03 14:30')).to.equal(new Date(2026, 10, 3, 14, 30).getTime());
    expect(value('2026-11-03T14:30+02:00')).to.equal(Date.parse('2026-11-03T12:30:00Z'));
    expect(value('2028-02-29')).to.equal(new Date(2028, 1, 29).getTime());
  });

  for (const text of ['2026-02-29', '2026-02-31', '2026-11-31', '2026-13-01', '2026-11-03 25:00', '2026-00-10'])
    it(`no day of the calendar is refused, and not taken for another one: ${text}`, () => {
      expect(parseSince(text, now)).to.deep.equal({
        ok: false,
        problem: `"${text}" is no date`,
        hint: 'write for example 2026-11-03 or 2026-11-03T14:30',
      });
    });
});
