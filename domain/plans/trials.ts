import type { DatabaseConnection } from '../database/connection.ts'
import type { PlanTerms } from '../runs/run-requests.ts'

/** The trial before a purchased plan, if the conversion can still be undone. */
export type TrialBefore =
  | { outcome: 'found'; terms: PlanTerms }
  | { outcome: 'never' }
  /** The purchased plan was billed, and an invoice never changes. */
  | { outcome: 'invoiced' }

export async function findTrialBefore(db: DatabaseConnection, organizationId: string): Promise<TrialBefore> {
  const periods = await db
    .selectFrom('plan_periods')
    .select(['kind', 'licenses', 'trial_ends_at as trialEndsAt', 'starts_at as startsAt'])
    .where('organization_id', '=', organizationId)
    .orderBy('starts_at', 'desc')
    .execute()
  const trialIndex = periods.findIndex(({ kind }) => kind === 'trial')
  const trial = periods[trialIndex]
  const conversion = periods[trialIndex - 1]
  if (trial === undefined || conversion === undefined) return { outcome: 'never' }
  const billed = await db
    .selectFrom('bills')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('status', '=', 'billed')
    .where('closed_at', '>=', conversion.startsAt)
    .where('purchased', '>', 0)
    .executeTakeFirst()
  if (billed !== undefined) return { outcome: 'invoiced' }
  return {
    outcome: 'found',
    terms: {
      kind: 'trial',
      licenses: trial.licenses,
      trialEndsAt: trial.trialEndsAt?.toISOString() ?? null,
    },
  }
}

/** The status of a subscription on these terms at `now`: `expired` for a trial that has ended. */
export function statusUnder({ kind, trialEndsAt }: PlanTerms, now: Date): 'active' | 'expired' {
  return kind === 'trial' && trialEndsAt !== null && new Date(trialEndsAt) <= now ? 'expired' : 'active'
}
