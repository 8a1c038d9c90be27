import { isMonth, monthOf, previousMonth } from '../../domain/billing/months.ts'
import { StartFailure } from '../stack/failure.ts'

/**
 * The month that a command is about: the one that is given, else the last that has ended.
 * @throws StartFailure when it is no month, or has not ended.
 */
export function billedMonth(given: string | undefined, now: Date): string {
  const running = monthOf(now)
  if (given === undefined) return previousMonth(running)
  if (!isMonth(given)) throw new StartFailure(`"${given}" is not a month`, 'Give one such as --month 2026-10')
  if (given >= running)
    throw new StartFailure(
      `${given} has not ended`,
      'Give a month that has; what is used in this one is billed after it',
    )
  return given
}
