import { isMonth, monthOf, previousMonth } from '../../domain/billing/months.ts'
import { StartFailure } from '../stack/failure.ts'

/** The given month, else the last one that has ended. @throws StartFailure when it is not a month, or has not ended. */
export function billedMonth(given: string | undefined, now: Date): string {
  const running = monthOf(now)
  if (given === undefined) return previousMonth(running)
  if (!isMonth(given))
    throw new StartFailure(`"${given}" is not a month`, 'Give a month such as --month 2026-10')
  if (given >= running)
    throw new StartFailure(
      `${given} has not ended`,
      'Give a month that has ended; the usage of the current month is billed after it',
    )
  return given
}
